"""Clients of ours: let through to hear why they are not believed, or with nothing in common."""

from dataclasses import replace

from tests.support import certificates
from tests.support.handshakes import handshake

from umbel.core.findings import Severity
from umbel.core.json_values import from_json, to_json
from umbel.identity.chains import Trust
from umbel.identity.handshake import Closer, Ending, HandshakeReport, Role
from umbel.identity.handshake_findings import handshake_findings
from umbel.identity.surroundings import Surroundings

OURS, THEIRS = certificates.authority("Ours"), certificates.authority("Theirs")
AROUND = Surroundings(node="um.example.org", gateway="lync", trust=Trust(anchors=(OURS.der,)))


class TestFindings:
    def test_name_the_fault_of_the_chain_first(self) -> None:
        """It is as grave as an alert: calls are refused, with 403 instead."""
        chain = (certificates.leaf("pool.example.org", issuer=THEIRS).der,)
        report = handshake(Ending.SUCCEEDED, role=Role.SERVER, peers=chain)
        unverified = replace(report, verify_code=20, verify_text="unable to get local issuer")

        found = list(handshake_findings(unverified, AROUND))

        assert found[0].code == "handshake.peer-certificate-refused"
        assert found[0].severity is Severity.ERROR
        assert "unable to get local issuer" in found[0].seen

    def test_name_what_a_client_offered_in_vain(self) -> None:
        """So nobody needs a capture to see what the peer has to be taught."""
        report = handshake(
            Ending.REFUSED_BY_US,
            role=Role.SERVER,
            flights=1,
            detail="we refused what the peer sent: no shared cipher",
        )
        offered = ("TLS_RSA_WITH_RC4_128_SHA", "TLS_EMPTY_RENEGOTIATION_INFO_SCSV")
        old = replace(report, versions_offered=("TLSv1",), ciphers_offered=offered)

        found = next(handshake_findings(old, AROUND))

        assert found.code == "handshake.no-shared-cipher"
        assert found.seen.endswith("the peer offers TLSv1 with TLS_RSA_WITH_RC4_128_SHA")

    def test_name_the_first_of_many_offers(self) -> None:
        """The rest is in the report."""
        report = handshake(Ending.REFUSED_BY_US, role=Role.SERVER, detail="no shared cipher")
        many = replace(report, versions_offered=("TLSv1",), ciphers_offered=("0xFEFE",) * 9)

        assert next(handshake_findings(many, AROUND)).seen.endswith("0xFEFE and 3 more")

    def test_do_not_name_what_we_offered_ourselves(self) -> None:
        """As a client, we know it."""
        report = handshake(Ending.REFUSED_BY_US, role=Role.CLIENT, detail="no shared cipher")
        ours = replace(report, versions_offered=("TLSv1.3",))

        assert next(handshake_findings(ours, AROUND)).seen.endswith("no shared cipher")


class TestReport:
    def test_is_the_same_after_it_was_kept(self) -> None:
        """Every node's last handshakes are in the store, for all to read."""
        report = replace(
            handshake(Ending.CLOSED_BY_PEER, peers=(b"leaf",)),
            versions_offered=("TLSv1.3", "TLSv1.2"),
            ciphers_offered=("TLS_AES_128_GCM_SHA256",),
            closed_by=Closer.PEER,
            closed_after="after our Finished",
            sip_received=1,
            sip_sent=247,
        )

        assert from_json(HandshakeReport, to_json(report)) == report

    def test_is_in_order_only_if_what_was_shown_is_good(self) -> None:
        """A handshake that was finished for the sake of a 403 is trouble still."""
        good = handshake(Ending.SUCCEEDED)
        bad = (replace(good, verify_code=20), handshake(Ending.TIMED_OUT))

        assert good.is_in_order
        assert [report.is_in_order for report in bad] == [False, False]

"""A handshake that was finished only so that the client hears why it is not believed."""

from dataclasses import replace

from tests.support import certificates
from tests.support.handshakes import handshake

from umbel.core.findings import Severity
from umbel.identity.chains import Trust
from umbel.identity.handshake import Ending, Role
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

"""What the answer of a responder says of a certificate, and whether to believe it (RFC 6960)."""

from datetime import timedelta
from functools import partial

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.support.certificates import NOW, Issued, authority, issue, leaf, rsa_key
from tests.support.responder import status_answer

from umbel.core.findings import Finding, Severity
from umbel.identity.chain.certificate import Certificate, read_certificate
from umbel.identity.chain.status import status_request
from umbel.identity.chains import PEERS, Trust, chain_findings
from umbel.identity.handshake import Role

ROOT = authority("Domain Root")
NODE = leaf(issuer=ROOT)
OTHER = leaf("other.domain.local", issuer=ROOT)
GOOD, REVOKED, UNKNOWN = (
    ocsp.OCSPCertStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN,
)


answer = partial(status_answer, about=NODE, issuer=ROOT)


def found(*answers: bytes, chain: Issued = NODE, root: Issued = ROOT) -> list[Finding]:
    trust = Trust(anchors=(root.der,), status_answers=answers)
    return list(chain_findings([chain.der], played=Role.SERVER, whose=PEERS, trust=trust, at=NOW))


def responder(*usages: x509.ObjectIdentifier, issuer: Issued = ROOT) -> Issued:
    return leaf("responder.domain.local", issuer=issuer, usages=usages)


class TestAnAnswer:
    def test_that_all_is_well_leaves_nothing_to_say(self) -> None:
        assert found(answer(GOOD)) == []

    @pytest.mark.parametrize(
        ("reason", "words"),
        [(x509.ReasonFlags.key_compromise, " (keyCompromise), says"), (None, ", says")],
    )
    def test_that_it_was_revoked_says_when_and_why(
        self, reason: x509.ReasonFlags | None, words: str
    ) -> None:
        (finding,) = found(answer(REVOKED, reason=reason))

        assert (finding.code, finding.severity) == ("chain.revoked", Severity.ERROR)
        assert "was revoked by Domain Root on 2026-11-21" + words in finding.seen

    def test_that_nobody_knows_it_leaves_a_doubt(self) -> None:
        (finding,) = found(answer(UNKNOWN))

        assert (finding.code, finding.severity) == ("chain.no-status", Severity.WARNING)
        assert "does not know the peer's certificate node01.domain.local" in finding.seen

    def test_about_another_certificate_says_nothing(self) -> None:
        namesake = authority("Another Root")
        twin = leaf(issuer=namesake)

        assert found(answer(REVOKED, about=OTHER)) == []
        assert found(answer(REVOKED, about=twin, issuer=namesake)) == []

    def test_of_an_authority_with_an_rsa_key_is_read_as_well(self) -> None:
        root = authority("Root with RSA", key=rsa_key())
        node = leaf(issuer=root)

        assert found(answer(GOOD, about=node, issuer=root), chain=node, root=root) == []

    def test_of_an_authority_with_an_edwards_key_is_read_as_well(self) -> None:
        key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
        root = authority("Root with Ed25519", key=key)
        node = leaf(issuer=root)

        assert found(answer(GOOD, about=node, issuer=root), chain=node, root=root) == []


class TestAnAnswerThatCannotBeBelieved:
    def test_is_out_of_date(self) -> None:
        (finding,) = found(answer(GOOD, due=NOW - timedelta(minutes=1)))

        assert "was good until 2026-11-23 11:59 UTC only" in finding.seen
        assert found(answer(GOOD, due=None)) == []

    def test_was_signed_by_somebody_else(self) -> None:
        stranger = responder(ExtendedKeyUsageOID.OCSP_SIGNING, issuer=authority("Stranger"))
        unappointed = responder(ExtendedKeyUsageOID.SERVER_AUTH)

        for signer in (stranger, unappointed, issue("without usages", issuer=ROOT)):
            (finding,) = found(answer(GOOD, signer=signer))
            assert "was not signed by it, nor by a responder of it" in finding.seen

    def test_unless_the_authority_appointed_them(self) -> None:
        appointed = responder(ExtendedKeyUsageOID.OCSP_SIGNING)

        assert found(answer(GOOD, signer=appointed)) == []
        assert found(answer(REVOKED, signer=appointed))[0].code == "chain.revoked"

    def test_is_a_refusal(self) -> None:
        refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
        (finding,) = found(refusal.public_bytes(Encoding.DER))

        assert finding.seen == "the responder says try later"

    @pytest.mark.parametrize("octets", [b"", b"<html>", answer(GOOD)[:-3]])
    def test_is_no_answer_at_all(self, octets: bytes) -> None:
        (finding,) = found(octets)

        assert finding.code == "chain.no-status"


def test_a_question_names_one_certificate() -> None:
    node, root = read_certificate(NODE.der), read_certificate(ROOT.der)
    assert isinstance(node, Certificate)
    assert isinstance(root, Certificate)

    question = ocsp.load_der_ocsp_request(status_request(node, root))

    assert question.serial_number == NODE.certificate.serial_number

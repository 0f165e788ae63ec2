"""Signatures that cannot be right, or cannot be checked."""

from dataclasses import replace

from tests.support.certificates import Issued, authority, leaf, rsa_key

from umbel.identity.chain.certificate import Certificate, read_certificate
from umbel.identity.chain.signatures import Signature, check_signature

ROOT = authority("Domain Root")
_ECDSA_WITH_SHA256 = bytes.fromhex("2a8648ce3d040302")


def read(der: bytes) -> Certificate:
    certificate = read_certificate(der)
    assert isinstance(certificate, Certificate)
    return certificate


class TestASignature:
    def test_of_another_kind_of_key_is_bad(self) -> None:
        forged = leaf(issuer=Issued(certificate=ROOT.certificate, key=rsa_key()))

        assert check_signature(read(forged.der), read(ROOT.der)) is Signature.BAD

    def test_by_an_algorithm_that_nobody_knows_is_unknown(self) -> None:
        strange = leaf(issuer=ROOT).der.replace(
            _ECDSA_WITH_SHA256, _ECDSA_WITH_SHA256[:-1] + b"\x09"
        )

        assert check_signature(read(strange), read(ROOT.der)) is Signature.UNKNOWN

    def test_under_a_key_that_cannot_be_read_is_unknown(self) -> None:
        keyless = replace(read(ROOT.der), public_key=None)

        assert check_signature(read(leaf(issuer=ROOT).der), keyless) is Signature.UNKNOWN

"""What is told of a certificate, and of bytes that are none."""

from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from tests.support.certificates import NOW, Key, authority, issue, leaf, rsa_key, usage

from umbel.identity.certificate_facts import CertificateFacts, certificate_facts, facts_of
from umbel.identity.chain.certificate import Unreadable, read_certificate

ROOT = authority()


def facts(der: bytes) -> CertificateFacts:
    """Read the facts of a certificate that can be read."""
    found = certificate_facts(der)
    assert isinstance(found, CertificateFacts)
    return found


class TestALeaf:
    def test_is_told_by_names_dates_and_usages(self) -> None:
        made = leaf(issuer=ROOT, extensions=[(usage("digital_signature"), True)])
        told = facts(made.der)

        assert (told.subject, told.issuer) == ("CN=node01.domain.local", "CN=Test Root")
        assert told.names.dns_names == ("node01.domain.local",)
        assert told.begins < NOW < told.ends
        assert told.usages == ("digitalSignature",)
        assert told.extended_usages == ("serverAuth", "clientAuth")
        assert told.revocation_lists == ("http://authority.example/list.crl",)
        assert not told.is_authority

    def test_is_told_by_serial_fingerprint_and_pin(self) -> None:
        made = leaf(issuer=ROOT)
        told = facts(made.der)

        assert int(told.serial, 16) == made.certificate.serial_number
        assert told.fingerprint == sha256(made.der).hexdigest()
        assert told.pin == "sha256:" + sha256(made.public_key_info).hexdigest()

    def test_may_have_usages_that_have_no_name_here(self) -> None:
        strange = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")

        assert facts(leaf(issuer=ROOT, usages=[strange]).der).extended_usages == (
            strange.dotted_string,
        )

    def test_may_say_nothing_but_its_name(self) -> None:
        told = facts(issue("node01.domain.local", issuer=ROOT).der)

        assert (told.usages, told.extended_usages, told.revocation_lists) == ((), (), ())


class TestAKey:
    @pytest.mark.parametrize(
        ("key", "told"),
        [
            (None, "EC secp256r1"),
            (rsa_key(), "RSA 2048"),
            (ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)), "Ed25519"),
        ],
    )
    def test_is_told_by_kind_and_size(self, key: Key | None, told: str) -> None:
        assert facts(leaf(issuer=ROOT, key=key).der).key == told

    def test_of_no_known_kind_is_told_as_such(self) -> None:
        """The object identifier of the key is changed to one that nobody gave a meaning."""
        der = leaf(issuer=ROOT).der.replace(
            bytes.fromhex("2a8648ce3d0201"), b"\x2a\x86\x48\xce\x3d\x02\x07"
        )
        read = read_certificate(der)
        assert not isinstance(read, Unreadable)

        assert facts_of(read).key == "of an unknown kind"

    def test_signs_by_an_algorithm_with_a_name(self) -> None:
        assert facts(ROOT.der).signature == "ecdsa-with-SHA256"
        assert facts(ROOT.der).is_authority


def test_bytes_that_are_no_certificate_are_unreadable() -> None:
    assert isinstance(certificate_facts(b"no certificate"), Unreadable)

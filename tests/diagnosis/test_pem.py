"""Files that should hold certificates or keys, and what they hold instead."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from tests.support.certificates import (
    authority,
    distinguished,
    elliptic_key,
    leaf,
    revocation_list,
)

from umbel.core.findings import Severity
from umbel.diagnosis.pem import PemFile, read_pem, unreadable_file

ROOT = authority()
NODE = leaf(issuer=ROOT)
CERTIFICATE = NODE.certificate.public_bytes(Encoding.PEM)
KEY = NODE.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def codes(file: PemFile) -> list[str]:
    return [finding.code for finding in file.findings]


class TestAFileInOrder:
    def test_gives_its_certificates_in_their_order(self) -> None:
        read = read_pem("node.pem", CERTIFICATE + ROOT.certificate.public_bytes(Encoding.PEM))

        assert read.certificates == (NODE.der, ROOT.der)
        assert read.findings == ()

    def test_may_have_the_key_beside_the_certificate(self) -> None:
        """Only the public half is kept of it."""
        read = read_pem("both.pem", b"a remark\n" + KEY + CERTIFICATE)

        assert read.public_keys == (NODE.public_key_info,)
        assert read.certificates == (NODE.der,)

    def test_may_hold_a_revocation_list(self) -> None:
        der = revocation_list(ROOT)
        pem = x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)

        assert read_pem("list.pem", pem).revocation_lists == (der,)


class TestAKeyWithAPassphrase:
    @pytest.mark.parametrize(
        "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS8", "old"]
    )
    def test_is_of_no_use_to_a_service(self, form: PrivateFormat) -> None:
        sealed = NODE.key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"secret"))
        read = read_pem("node.key", sealed)

        assert codes(read) == ["pem.encrypted-key"]
        assert "openssl pkey -in node.key" in read.findings[0].do


class TestADamagedBlock:
    def test_is_named_by_what_it_should_be(self) -> None:
        """Base64 that is none, or that is no certificate."""
        broken = CERTIFICATE.replace(b"MII", b"!!!", 1)
        read = read_pem("node.pem", broken)

        assert codes(read) == ["pem.damaged"]
        assert "its certificate cannot be read" in read.findings[0].seen

    def test_does_not_hide_what_stands_beside_it(self) -> None:
        read = read_pem("both.pem", KEY.replace(b"MIG", b"AAA", 1) + CERTIFICATE)

        assert codes(read) == ["pem.damaged"]
        assert read.certificates == (NODE.der,)


class TestAnotherKindOfFile:
    @pytest.mark.parametrize(
        ("octets", "seen"),
        [
            (b" \n", "it is empty"),
            (NODE.der, "it is binary (DER or PKCS #12)"),
            (CERTIFICATE[:200], "it was cut off"),
            (b"[tls]\n", "it holds no PEM block"),
        ],
    )
    def test_is_told_by_what_it_seems_to_be(self, octets: bytes, seen: str) -> None:
        read = read_pem("node.pem", octets)

        assert codes(read) == ["pem.not-pem"]
        assert seen in read.findings[0].seen

    def test_a_request_is_not_yet_a_certificate(self) -> None:
        builder = x509.CertificateSigningRequestBuilder(distinguished("node01.domain.local"))
        request = builder.sign(elliptic_key("request"), hashes.SHA256())
        read = read_pem("node.csr", request.public_bytes(Encoding.PEM))

        assert codes(read) == ["pem.of-no-use"]
        assert read.findings[0].severity is Severity.ERROR

    def test_parameters_do_no_harm(self) -> None:
        block = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        read = read_pem("node.key", block + KEY)

        assert [finding.severity for finding in read.findings] == [Severity.INFO]
        assert len(read.public_keys) == 1

    def test_one_that_cannot_be_opened_is_a_finding(self) -> None:
        assert codes(unreadable_file("node.key", "Permission denied")) == ["pem.unreadable"]

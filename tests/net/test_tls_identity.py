"""Loading a TLS identity, and every mistake that a person can make with its files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from tests.support.authority import Authority

from umbel.core.errors import Mistake
from umbel.net.tls_identity import TlsIdentity

UM = "um.example.org"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Whoever issues the certificates."""
    return Authority(tmp_path)


def load(certificate: Path, key: Path, trust: Path) -> TlsIdentity:
    return TlsIdentity.load(certificate=certificate, key=key, trust=trust)


def mistake(certificate: Path, key: Path, trust: Path) -> Mistake:
    """Load what cannot be loaded."""
    with pytest.raises(Mistake) as caught:
        load(certificate, key, trust)
    return caught.value


class TestGoodFiles:
    def test_give_the_chain_leaf_first(self, authority: Authority) -> None:
        """As it stands in the file."""
        certificate, key = authority.files(UM)
        identity = load(certificate, key, authority.trust_file())
        (leaf,) = x509.load_pem_x509_certificates(certificate.read_bytes())

        assert identity.chain == (leaf.public_bytes(Encoding.DER),)

    def test_may_be_one_file(self, authority: Authority) -> None:
        """Many tools write certificate and key together."""
        certificate, key = authority.files(UM)
        certificate.write_bytes(key.read_bytes() + certificate.read_bytes())

        assert load(certificate, certificate, authority.trust_file()).chain

    def test_are_not_read_again(self, authority: Authority) -> None:
        """The identity is what was loaded, whatever happens to the files."""
        certificate, key = authority.files(UM)
        identity = load(certificate, key, authority.trust_file())
        certificate.unlink()

        assert identity.server_context(requires_client_certificate=True).get_ca_certs()
        assert identity.client_context.get_ca_certs()


class TestMissingFile:
    def test_is_named(self, authority: Authority, tmp_path: Path) -> None:
        """Each file with what it was to hold."""
        certificate, key = authority.files(UM)
        none, trust = tmp_path / "none.pem", authority.trust_file()

        assert str(mistake(none, key, trust)) == (
            f"{none}: found no such file, expected the node's certificate"
        )
        assert str(mistake(certificate, none, trust)).endswith("expected the private key")
        assert str(mistake(certificate, key, none)).endswith(
            "expected the authorities that peers' certificates come from"
        )

    def test_may_be_a_folder(self, authority: Authority, tmp_path: Path) -> None:
        """Or anything else that cannot be read."""
        _, key = authority.files(UM)

        assert mistake(tmp_path, key, authority.trust_file()).found == "Is a directory"


class TestFileOfAnotherKind:
    @pytest.mark.parametrize(
        ("content", "found"),
        [
            (b"\n", "an empty file"),
            (b"\x30\x82\x01\x0a\x02\x82", "binary data (DER or PKCS #12)"),
            (b"hello\n", "something that is not PEM"),
            (
                b"-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n",
                "PEM that holds certificate request",
            ),
        ],
    )
    def test_is_told_what_it_seems_to_be(
        self, authority: Authority, tmp_path: Path, content: bytes, found: str
    ) -> None:
        """A request instead of a certificate is the commonest."""
        certificate, key = authority.files(UM)
        wrong, trust = tmp_path / "wrong.pem", authority.trust_file()
        wrong.write_bytes(content)

        assert mistake(wrong, key, trust).found == found
        assert mistake(certificate, wrong, trust).found == found

    def test_is_told_how_to_turn_der_into_pem(self, authority: Authority, tmp_path: Path) -> None:
        """Windows exports DER and PKCS #12."""
        certificate, key = authority.files(UM)
        binary = tmp_path / "um.cer"
        leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
        binary.write_bytes(leaf.public_bytes(Encoding.DER))

        assert mistake(binary, key, authority.trust_file()).do.startswith("openssl x509 -in ")


class TestKeyThatDoesNotFit:
    def test_is_told_with_the_subject(self, authority: Authority) -> None:
        """Two certificates of one name are easily mixed up."""
        certificate, _ = authority.files(UM)
        _, other = authority.files(UM)
        told = mistake(certificate, other, authority.trust_file())

        assert told.found.startswith("a key that does not fit the first certificate (")
        assert told.do == "name the key that the certificate was requested with"

    def test_is_told_when_the_certificates_are_in_the_wrong_order(
        self, authority: Authority
    ) -> None:
        """The node's own comes first (RFC 8446 section 4.4.2)."""
        certificate, key = authority.files(UM)
        issuer = authority.trust_file()
        certificate.write_bytes(issuer.read_bytes() + certificate.read_bytes())

        assert mistake(certificate, key, issuer).do == (
            "put the node's own certificate first in the file, its issuers after it"
        )


class TestKeyWithPassphrase:
    def test_is_refused_with_the_command_that_takes_it_off(self, authority: Authority) -> None:
        """Nobody is there to type it when the node starts at night."""
        certificate, key = authority.files(UM)
        unlocked = load_pem_private_key(key.read_bytes(), password=None)
        key.write_bytes(
            unlocked.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            )
        )
        told = mistake(certificate, key, authority.trust_file())

        assert told.found == "a key that is encrypted with a passphrase"
        assert told.do.startswith(f"openssl pkey -in {key} -out ")


class TestWeakKey:
    def test_is_refused_as_openssl_refuses_it(self, authority: Authority, tmp_path: Path) -> None:
        """The machine's policy asks for 2048 bits of RSA."""
        certificate, key = self_signed(tmp_path, rsa.generate_private_key(65537, 1024))
        told = mistake(certificate, key, authority.trust_file())

        assert told.found == "something that OpenSSL refuses (ee key too small)"


def self_signed(folder: Path, key: rsa.RSAPrivateKey) -> tuple[Path, Path]:
    """Make a certificate that a key signs for itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, UM)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    paths = folder / "weak.pem", folder / "weak.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths

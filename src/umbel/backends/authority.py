"""A certificate authority in a folder: a root that issues certificates to nodes (RFC 5280)."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from umbel.core.errors import Mistake

AUTHORITY_LIFETIME = timedelta(days=3650)
NODE_LIFETIME = timedelta(days=365)
CLOCK_SKEW = timedelta(hours=1)
"""A certificate is good from a little before it is made: a peer's clock may be behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFiles:
    """What a node needs for TLS, as files."""

    certificate: Path
    key: Path
    trust: Path


class Authority:
    """The root in a folder, made when it is not there yet."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._folder = folder
        self._now = now
        self._certificate_file = folder / "authority.pem"
        self._key_file = folder / "authority.key"
        if self._certificate_file.exists():
            self._load()
        else:
            self._make()

    def issue(self, name: str, addresses: Sequence[str] = ()) -> NodeFiles:
        """
        Issue a certificate to the node *name*, in files named after it.

        Its common name is the node's own, as Lync demands; the name and *addresses* are its
        alternative names. It serves as server and as client, since a SIP peer is both.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name), *(_ip(address) for address in addresses)]
        certificate = (
            self._builder(name, key.public_key(), NODE_LIFETIME)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
                ),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        files = NodeFiles(
            certificate=self._folder / f"{name}.pem",
            key=self._folder / f"{name}.key",
            trust=self._certificate_file,
        )
        _write_key(files.key, key)
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return files

    def _make(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _subject("Umbel authority")
        certificate = (
            self._builder("Umbel authority", self._key.public_key(), AUTHORITY_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        _write_key(self._key_file, self._key)
        self._certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _load(self) -> None:
        try:
            key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
            certificate = x509.load_pem_x509_certificate(self._certificate_file.read_bytes())
        except (OSError, ValueError) as error:
            raise self._unusable(str(error)) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise self._unusable("a key that is not of an elliptic curve")
        self._key = key
        self._subject = certificate.subject

    def _unusable(self, found: str) -> Mistake:
        return Mistake(
            found,
            expected="the authority that Umbel made there",
            where=str(self._folder),
            do="move the folder away, and another is made",
        )

    def _builder(
        self, name: str, public_key: ec.EllipticCurvePublicKey, lifetime: timedelta
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_subject(name))
            .issuer_name(self._subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - CLOCK_SKEW)
            .not_valid_after(self._now + lifetime)
        )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _ip(address: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_address(address))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a private key that only its owner can read, from its first byte on."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

"""What a person wants to know of a certificate, read once from its bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from .chain.certificate import Certificate, Unreadable, read_certificate
from .names import PresentedNames

_USAGES: Final = (
    ("digital_signature", "digitalSignature"),
    ("content_commitment", "nonRepudiation"),
    ("key_encipherment", "keyEncipherment"),
    ("data_encipherment", "dataEncipherment"),
    ("key_agreement", "keyAgreement"),
    ("key_cert_sign", "keyCertSign"),
    ("crl_sign", "cRLSign"),
)
"""The library's names and those of RFC 5280 section 4.2.1.3."""

_EXTENDED_USAGES: Final = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """A certificate as people compare it: by names, dates, key and fingerprint."""

    names: PresentedNames
    subject: str
    issuer: str
    serial: str
    """Hexadecimal, as authorities and revocation lists give it."""
    begins: datetime
    ends: datetime
    key: str
    """Kind and size of its public key, as ``RSA 2048``."""
    signature: str
    """The algorithm that its issuer signed with."""
    usages: tuple[str, ...]
    extended_usages: tuple[str, ...]
    revocation_lists: tuple[str, ...]
    """Where its CRL distribution points lead."""
    is_authority: bool
    fingerprint: str
    """SHA-256 of the certificate, in hexadecimal."""

    @property
    def pin(self) -> str:
        """Give the SHA-256 of its public key, as rule ``pinned`` names it."""
        return f"sha256:{self.names.public_key_pin}"


def certificate_facts(der: bytes) -> CertificateFacts | Unreadable:
    """Read the facts of a DER certificate."""
    read = read_certificate(der)
    return read if isinstance(read, Unreadable) else facts_of(read)


def facts_of(certificate: Certificate) -> CertificateFacts:
    """Give the facts of a certificate that was read already."""
    parsed = certificate.parsed
    constraints = certificate.find(x509.BasicConstraints)
    return CertificateFacts(
        names=certificate.names,
        subject=certificate.names.subject or "no subject",
        issuer=certificate.issuer,
        serial=f"{parsed.serial_number:x}",
        begins=parsed.not_valid_before_utc,
        ends=parsed.not_valid_after_utc,
        key=_key(certificate),
        signature=_signature(parsed),
        usages=tuple(_usages(certificate.find(x509.KeyUsage))),
        extended_usages=tuple(_extended_usages(certificate.find(x509.ExtendedKeyUsage))),
        revocation_lists=tuple(_places(certificate.find(x509.CRLDistributionPoints))),
        is_authority=constraints is not None and constraints.ca,
        fingerprint=sha256(certificate.der).hexdigest(),
    )


def _key(certificate: Certificate) -> str:
    match certificate.public_key:
        case rsa.RSAPublicKey() as key:
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey() as key:
            return f"EC {key.curve.name}"
        case None:
            return "of an unknown kind"
        case key:
            return type(key).__name__.removesuffix("PublicKey").strip("_")


def _signature(parsed: x509.Certificate) -> str:
    name = parsed.signature_algorithm_oid._name
    try:
        digest = parsed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        digest = None
    return f"{name} with {digest.name}" if digest and digest.name not in name.lower() else name


def _usages(usage: x509.KeyUsage | None) -> Iterator[str]:
    if usage is not None:
        yield from (name for field, name in _USAGES if getattr(usage, field))


def _extended_usages(usages: x509.ExtendedKeyUsage | None) -> Iterator[str]:
    for one in usages or ():
        yield _EXTENDED_USAGES.get(one, one.dotted_string)


def _places(points: x509.CRLDistributionPoints | None) -> Iterator[str]:
    for point in points or ():
        for name in point.full_name or ():
            yield str(name.value)

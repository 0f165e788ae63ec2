"""Certificates for tests of judgement: every byte can be chosen, nothing touches a disk.

The keys are derived from small numbers and ECDSA signs deterministically, so that the same test sees
the same certificate on each run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey
BOTH_ROLES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
SERVER_ONLY = (ExtendedKeyUsageOID.SERVER_AUTH,)
CLIENT_ONLY = (ExtendedKeyUsageOID.CLIENT_AUTH,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def public_key_info(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@cache
def elliptic_key(label: str, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> Key:
    """Derive a key that is the same on each run."""
    return ec.derive_private_key(int.from_bytes(sha256(label.encode()).digest()) >> 8, curve())


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make an RSA key, once in a run."""
    return rsa.generate_private_key(65537, bits)


def distinguished(*common_names: str, organisation: str = "") -> x509.Name:
    """Make a subject of these common names."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common_names]
    if organisation:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(attributes)


def usage(*names: str) -> x509.KeyUsage:
    """Make a key usage of the fields named."""
    fields = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{field: field in names for field in fields})


def distribution_point() -> x509.CRLDistributionPoints:
    """Name a place of a revocation list."""
    place = x509.UniformResourceIdentifier("http://authority.example/list.crl")
    point = x509.DistributionPoint(
        full_name=[place], relative_name=None, reasons=None, crl_issuer=None
    )
    return x509.CRLDistributionPoints([point])


def alternative_names(
    dns: Iterable[str] = (), uris: Iterable[str] = (), ips: Iterable[str] = ()
) -> x509.SubjectAlternativeName:
    """Make alternative names of the usual kinds."""
    return x509.SubjectAlternativeName(
        [
            *map(x509.DNSName, dns),
            *map(x509.UniformResourceIdentifier, uris),
            *(x509.IPAddress(ip_address(text)) for text in ips),
        ]
    )


def issue(
    name: str | x509.Name,
    *,
    issuer: Issued | None = None,
    key: Key | None = None,
    begins: datetime = NOW - timedelta(days=100),
    ends: datetime = NOW + timedelta(days=265),
    extensions: Iterable[x509.ExtensionType | tuple[x509.ExtensionType, bool]] = (),
    pss: bool = False,
    serial: int | None = None,
) -> Issued:
    """Issue a certificate; without an issuer it signs itself. Extensions are critical if paired."""
    subject = distinguished(name) if isinstance(name, str) else name
    key = key or elliptic_key(subject.rfc4514_string())
    signing = key if issuer is None else issuer.key
    text = subject.rfc4514_string() + str(begins)
    builder = x509.CertificateBuilder(
        issuer_name=subject if issuer is None else issuer.certificate.subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=serial or int.from_bytes(sha256(text.encode()).digest()[:15]) | 1,
        not_valid_before=begins,
        not_valid_after=ends,
    )
    for extension in extensions:
        value, critical = extension if isinstance(extension, tuple) else (extension, False)
        builder = builder.add_extension(value, critical)
    return Issued(certificate=_sign(builder, signing, pss=pss), key=key)


def _sign(builder: x509.CertificateBuilder, key: Key, *, pss: bool) -> x509.Certificate:
    match key:
        case ed25519.Ed25519PrivateKey():
            return builder.sign(key, None)
        case ec.EllipticCurvePrivateKey():
            return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
        case rsa.RSAPrivateKey() if pss:
            style = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            return builder.sign(key, hashes.SHA256(), rsa_padding=style)
        case _:
            return builder.sign(key, hashes.SHA256())


def authority(
    name: str = "Test Root",
    *,
    issuer: Issued | None = None,
    path_length: int | None = None,
    key: Key | None = None,
    extensions: Iterable[x509.ExtensionType | tuple[x509.ExtensionType, bool]] = (),
    begins: datetime = NOW - timedelta(days=400),
    ends: datetime = NOW + timedelta(days=3000),
) -> Issued:
    """Issue the certificate of an authority."""
    own_key = key or elliptic_key(name)
    return issue(
        name,
        issuer=issuer,
        key=own_key,
        begins=begins,
        ends=ends,
        extensions=[
            (x509.BasicConstraints(ca=True, path_length=path_length), True),
            (usage("key_cert_sign", "crl_sign"), True),
            x509.SubjectKeyIdentifier.from_public_key(own_key.public_key()),
            *extensions,
        ],
    )


def leaf(
    name: str = "node01.domain.local",
    *,
    issuer: Issued,
    key: Key | None = None,
    dns: Iterable[str] | None = None,
    usages: Iterable[x509.ObjectIdentifier] = BOTH_ROLES,
    begins: datetime = NOW - timedelta(days=100),
    ends: datetime = NOW + timedelta(days=265),
    extensions: Iterable[x509.ExtensionType | tuple[x509.ExtensionType, bool]] = (),
    pss: bool = False,
) -> Issued:
    """Issue a certificate that is fit for both roles, but for what is asked otherwise."""
    return issue(
        name,
        issuer=issuer,
        key=key,
        begins=begins,
        ends=ends,
        pss=pss,
        extensions=[
            (x509.BasicConstraints(ca=False, path_length=None), True),
            alternative_names((name,) if dns is None else dns),
            x509.ExtendedKeyUsage(usages),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            distribution_point(),
            *extensions,
        ],
    )


_RSA_WITH = bytes.fromhex("06092a864886f70d0101")
"""The prefix of sha256WithRSAEncryption (0b), sha1With… (05) and md5With… (04)."""


def signed_anew(issued: Issued, signing: rsa.RSAPrivateKey, digest: hashes.HashAlgorithm) -> bytes:
    """Sign a certificate again with a digest that the library signs with no longer."""
    last = {"sha1": b"\x05", "md5": b"\x04"}[digest.name]
    old, new = _RSA_WITH + b"\x0b", _RSA_WITH + last
    covered = issued.certificate.tbs_certificate_bytes.replace(old, new)
    signature = signing.sign(covered, padding.PKCS1v15(), digest)
    whole = issued.der.replace(old, new)
    return whole[: -len(signature)] + signature


def revocation_list(
    issuer: Issued,
    *revoked: Issued,
    reason: x509.ReasonFlags | None = None,
    updated: datetime = NOW - timedelta(days=1),
    due: datetime = NOW + timedelta(days=6),
    signing: Issued | None = None,
) -> bytes:
    """Issue a revocation list."""
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=issuer.certificate.subject, last_update=updated, next_update=due
    )
    for one in revoked:
        entry = x509.RevokedCertificateBuilder(
            serial_number=one.certificate.serial_number, revocation_date=updated
        )
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    key = (signing or issuer).key
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("revocation lists of tests are signed with elliptic keys")
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

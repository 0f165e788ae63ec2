"""The list of an authority's revoked certificates (RFC 5280 section 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .private_keys import SigningKey, digest_for

GOOD_FOR = timedelta(days=7)
"""Until then another list has to be written: who finds an old one may refuse everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A certificate that is good no longer."""

    serial: int
    at: datetime


def revocation_list(
    root: x509.Certificate, key: SigningKey, revoked: Iterable[Revoked], now: datetime
) -> bytes:
    """Make the list of *root*, DER."""
    builder = (
        x509.CertificateRevocationListBuilder(
            issuer_name=root.subject, last_update=now, next_update=now + GOOD_FOR
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
    )
    for one in revoked:
        entry = x509.RevokedCertificateBuilder(serial_number=one.serial, revocation_date=one.at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, digest_for(key)).public_bytes(Encoding.DER)

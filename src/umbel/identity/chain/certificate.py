"""One certificate of a chain, read as far as it can be read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from umbel.identity.names import PresentedNames, presented_names
from umbel.identity.subject import escape

REFUSALS: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for a certificate that it cannot read."""

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Bytes in a chain that are no certificate that anybody could use."""

    position: int
    """From 0, the leaf."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Certificate:
    """A certificate with its parts at hand. Two are the same when their bytes are."""

    der: bytes
    parsed: x509.Certificate
    names: PresentedNames
    public_key: CertificatePublicKeyTypes | None
    """``None``: of a kind that nothing here knows, or broken."""
    extensions: x509.Extensions
    problem: str = ""
    """Why the extensions could not be read, all or none; empty: they could."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __str__(self) -> str:
        """Give the name that people know it by."""
        common = self.names.common_names
        return escape(common[0]) if common else self.names.subject or "without a subject"

    @property
    def issuer(self) -> str:
        """Give the issuer's name as people write it."""
        return self.parsed.issuer.rfc4514_string() or "an issuer without a name"

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same (RFC 5280 section 3.2)."""
        return self.parsed.subject == self.parsed.issuer

    def find(self, kind: type[_Kind]) -> _Kind | None:
        """Give an extension's value, where there is one."""
        try:
            return self.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None


def read_certificate(der: bytes, position: int = 0) -> Certificate | Unreadable:
    """Read a certificate; only what has no usable outline is unreadable."""
    try:
        parsed = x509.load_der_x509_certificate(der)
        _touch(parsed)
    except REFUSALS as error:
        return Unreadable(position=position, why=str(error))
    extensions, problem = _extensions(parsed)
    return Certificate(
        der=der,
        parsed=parsed,
        names=presented_names(der),
        public_key=_public_key(parsed),
        extensions=extensions,
        problem=problem,
    )


def readable(chain: Iterable[bytes]) -> Iterator[Certificate]:
    """Give those certificates that can be read."""
    for der in chain:
        read = read_certificate(der)
        if isinstance(read, Certificate):
            yield read


def public_key_info(certificate: Certificate) -> bytes | None:
    """Give the SubjectPublicKeyInfo, DER."""
    if certificate.public_key is None:
        return None
    return certificate.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_identifier(certificate: Certificate) -> bytes | None:
    """Give the subject key identifier (RFC 5280 section 4.2.1.2)."""
    extension = certificate.find(x509.SubjectKeyIdentifier)
    return None if extension is None else extension.digest


def issuer_key_identifier(certificate: Certificate) -> bytes | None:
    """Give the identifier of the key that signed it (RFC 5280 section 4.2.1.1)."""
    extension = certificate.find(x509.AuthorityKeyIdentifier)
    return None if extension is None else extension.key_identifier


def _touch(parsed: x509.Certificate) -> None:
    """Read now what the library would otherwise fail on later."""
    _ = parsed.subject, parsed.issuer, parsed.not_valid_before_utc, parsed.not_valid_after_utc


def _extensions(parsed: x509.Certificate) -> tuple[x509.Extensions, str]:
    try:
        return parsed.extensions, ""
    except REFUSALS as error:
        return x509.Extensions([]), str(error)


def _public_key(parsed: x509.Certificate) -> CertificatePublicKeyTypes | None:
    try:
        return parsed.public_key()
    except REFUSALS:
        return None

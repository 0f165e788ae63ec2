"""The names that a certificate presents, exactly as presented (RFC 5280 section 4.2.1.6).

Whether a name is one that anybody could match is for ``judgement`` to say; here nothing is lost,
corrected or refused, and what cannot be read is told in ``unreadable``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from .der import SEQUENCE, Element, MalformedDer, only_element
from .general_names import AlternativeNames, alternative_names
from .name_kind import NameKind
from .subject import Subject, read_subject

_VERSION = 0xA0
_EXTENSIONS = 0xA3
_SUBJECT_AT = 4
"""After serial number, signature algorithm, issuer and validity (RFC 5280 section 4.1)."""
_PUBLIC_KEY_AT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedNames:
    """Every name that may identify a SIP peer, by kind, in the certificate's order."""

    uris: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    common_names: tuple[str, ...] = ()
    service_names: tuple[str, ...] = ()
    """SRV-IDs, such as ``_sip.example.org`` (RFC 4985)."""
    other_names: tuple[str, ...] = ()
    """Alternative names of further kinds, as ``kind: value``."""
    joint_common_names: tuple[str, ...] = ()
    """Those of ``common_names`` that share their RDN with another attribute (RFC 6125, 1.8)."""
    has_alternative_names: bool = False
    """Whether there is a subjectAltName at all, readable or not (RFC 5922 section 7.1)."""
    subject: str = ""
    """The whole subject, as RFC 4514 writes it; for people, not for matching."""
    public_key_pin: str = ""
    """SHA-256 of the SubjectPublicKeyInfo, in hexadecimal."""
    unreadable: tuple[str, ...] = ()
    """What could not be read, each as a sentence with its place."""

    @property
    def alternative_names(self) -> tuple[str, ...]:
        """Give every alternative name that could be read, for people."""
        return (
            *self.dns_names, *self.uris, *self.ip_addresses, *self.service_names, *self.other_names
        )  # fmt: skip


def presented_names(certificate: bytes) -> PresentedNames:
    """Read the names of a DER certificate; one that cannot be read presents none, and says so."""
    try:
        fields = _fields(certificate)
    except MalformedDer as error:
        return PresentedNames(unreadable=(f"the certificate is not DER: {error}",))
    alternative, hidden = _alternative_names(fields)
    subject = _subject(fields[_SUBJECT_AT])
    return PresentedNames(
        uris=alternative.of(NameKind.URI),
        dns_names=alternative.of(NameKind.DNS),
        ip_addresses=alternative.of(NameKind.IP),
        service_names=alternative.of(NameKind.SERVICE),
        other_names=alternative.of(NameKind.OTHER),
        has_alternative_names=alternative.is_present,
        common_names=tuple(subject.common_names),
        joint_common_names=tuple(subject.joint_common_names),
        subject=str(subject),
        public_key_pin=sha256(fields[_PUBLIC_KEY_AT].encoded).hexdigest(),
        unreadable=(*subject.unreadable, *alternative.unreadable, *hidden),
    )


def _fields(certificate: bytes) -> list[Element]:
    """Give the fields of the TBSCertificate after its version."""
    signed = only_element(certificate, SEQUENCE).parts()
    if not signed:
        raise MalformedDer("it is empty")
    fields = signed[0].expect(SEQUENCE).parts()
    if fields and fields[0].tag == _VERSION:
        del fields[0]
    if len(fields) <= _PUBLIC_KEY_AT:
        raise MalformedDer("it ends before its subject and public key")
    fields[_PUBLIC_KEY_AT].expect(SEQUENCE)
    return fields


def _subject(field: Element) -> Subject:
    try:
        return read_subject(field.expect(SEQUENCE).parts())
    except MalformedDer as error:
        return Subject(unreadable=[f"the subject cannot be read: {error}"])


def _alternative_names(fields: Iterable[Element]) -> tuple[AlternativeNames, tuple[str, ...]]:
    """Read the alternative names; where the extensions cannot be read, say so."""
    extensions = [field for field in fields if field.tag == _EXTENSIONS]
    try:
        found = [extension for field in extensions for extension in _extensions_in(field)]
    except MalformedDer as error:
        return AlternativeNames(is_present=True), (f"the extensions cannot be read: {error}",)
    return alternative_names(found), ()


def _extensions_in(field: Element) -> list[Element]:
    return only_element(field.content, SEQUENCE).parts()

"""Alternative names of a certificate, by kind, as they stand (RFC 5280 section 4.2.1.6)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from .der import (
    BOOLEAN,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Element,
    MalformedDer,
    elements,
    object_identifier,
    only_element,
)
from .name_kind import NameKind
from .subject import read_subject, text_of

_SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
_SERVICE_NAME = "1.3.6.1.5.5.7.8.7"
"""id-on-dnsSRV (RFC 4985 section 2)."""
_EXPLICIT = 0xA0


@dataclass(slots=True)
class AlternativeNames:
    """The alternative names of a certificate, as they are being read."""

    is_present: bool = False
    found: list[tuple[NameKind, str]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def of(self, kind: NameKind) -> tuple[str, ...]:
        """Give those of one kind, in the certificate's order."""
        return tuple(name for its_kind, name in self.found if its_kind is kind)

    def take(self, octets: bytes) -> None:
        """Take the value of a subjectAltName extension."""
        try:
            found = only_element(octets, SEQUENCE).parts()
        except MalformedDer as error:
            self.unreadable.append(f"the alternative names cannot be read: {error}")
            return
        for name in found:
            self._take_one(name)

    def _take_one(self, name: Element) -> None:
        what, read = _READERS.get(name.tag, (f"of the unknown kind {name.tag:#04x}", _unknown))
        try:
            self.found.append(read(name))
        except (MalformedDer, ValueError) as error:
            self.unreadable.append(f"an alternative name ({what}) cannot be read: {error}")


def alternative_names(extensions: Iterable[Element]) -> AlternativeNames:
    """
    Read the alternative names among the extensions.

    Two such extensions are an error (RFC 5280 section 4.2) that readers resolve differently, so
    neither is read.
    """
    names = AlternativeNames()
    try:
        values = [
            value
            for kind, value in map(_extension, extensions)
            if kind == _SUBJECT_ALTERNATIVE_NAME
        ]
    except MalformedDer as error:
        return AlternativeNames(is_present=True, unreadable=[f"an extension is malformed: {error}"])
    names.is_present = bool(values)
    if len(values) > 1:
        names.unreadable.append(f"there are {len(values)} sets of alternative names")
    elif values:
        names.take(values[0])
    return names


def _extension(extension: Element) -> tuple[str, bytes]:
    """Give the identifier and the value of an extension, whether or not it is critical."""
    parts = [part for part in extension.expect(SEQUENCE).parts() if part.tag != BOOLEAN]
    if len(parts) != 2:
        raise MalformedDer("it has not one identifier and one value")
    identifier = object_identifier(parts[0].expect(OBJECT_IDENTIFIER).content)
    return identifier, parts[1].expect(OCTET_STRING).content


def _dns_name(name: Element) -> tuple[NameKind, str]:
    return NameKind.DNS, _ascii(name.content)


def _uri(name: Element) -> tuple[NameKind, str]:
    return NameKind.URI, _ascii(name.content)


def _ip_address(name: Element) -> tuple[NameKind, str]:
    return NameKind.IP, str(ip_address(name.content))


def _email(name: Element) -> tuple[NameKind, str]:
    return NameKind.OTHER, f"e-mail address: {_ascii(name.content)}"


def _directory_name(name: Element) -> tuple[NameKind, str]:
    rdns = only_element(name.content, SEQUENCE).parts()
    return NameKind.OTHER, f"directory name: {read_subject(rdns)}"


def _registered_identifier(name: Element) -> tuple[NameKind, str]:
    return NameKind.OTHER, f"registered identifier: {object_identifier(name.content)}"


def _other_name(name: Element) -> tuple[NameKind, str]:
    parts = name.parts()
    if len(parts) != 2:
        raise MalformedDer(f"it has {len(parts)} parts instead of two")
    identifier = object_identifier(parts[0].expect(OBJECT_IDENTIFIER).content)
    inner = list(elements(parts[1].expect(_EXPLICIT).content))
    if len(inner) != 1:
        raise MalformedDer(f"{identifier} has {len(inner)} values instead of one")
    if identifier == _SERVICE_NAME:
        return NameKind.SERVICE, text_of(inner[0])
    return NameKind.OTHER, f"{identifier}: {text_of(inner[0])}"


def _unknown(name: Element) -> tuple[NameKind, str]:
    raise MalformedDer(f"its value is {name.content.hex()}")


def _ascii(octets: bytes) -> str:
    """Decode what should be ASCII; other bytes stay visible and can match nothing."""
    return octets.decode("ascii", "backslashreplace")


_READERS: Mapping[int, tuple[str, Callable[[Element], tuple[NameKind, str]]]] = {
    0xA0: ("other name", _other_name),
    0x81: ("e-mail address", _email),
    0x82: ("DNS name", _dns_name),
    0xA3: ("X.400 address", _unknown),
    0xA4: ("directory name", _directory_name),
    0xA5: ("EDI party name", _unknown),
    0x86: ("URI", _uri),
    0x87: ("IP address", _ip_address),
    0x88: ("registered identifier", _registered_identifier),
}
"""By tag of GeneralName."""

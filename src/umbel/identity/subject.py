"""The subject of a certificate: its common names, and the whole as people read it (RFC 4514)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .der import OBJECT_IDENTIFIER, SEQUENCE, SET, Element, MalformedDer, object_identifier

COMMON_NAME = "2.5.4.3"

_TYPES: Mapping[str, str] = {
    COMMON_NAME: "CN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}

_ENCODINGS: Mapping[int, tuple[str, str]] = {
    12: ("UTF8String", "utf-8"),
    18: ("NumericString", "ascii"),
    19: ("PrintableString", "ascii"),
    20: ("T61String", "latin-1"),
    22: ("IA5String", "ascii"),
    26: ("VisibleString", "ascii"),
    28: ("UniversalString", "utf-32-be"),
    30: ("BMPString", "utf-16-be"),
}
"""By tag. T.61 itself is extinct; what bears its tag is Latin-1 in practice."""

_SPECIAL = frozenset(',+"\\<>;=')
"""What RFC 4514 section 2.4 has escaped."""


@dataclass(slots=True)
class Subject:
    """What a subject says, as it is being read."""

    common_names: list[str] = field(default_factory=list)
    joint_common_names: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """Its RDNs, the first first."""
    unreadable: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return ",".join(reversed(self.written))

    def take(self, rdn: Element) -> None:
        """Take one RDN: usually one attribute, sometimes several joined by a plus."""
        attributes = [_attribute(part) for part in rdn.expect(SET).parts()]
        for kind, value in attributes:
            if kind == COMMON_NAME:
                self._take_common_name(value, is_joint=len(attributes) > 1)
        self.written.append("+".join(_write(kind, value) for kind, value in attributes))

    def _take_common_name(self, value: Element, *, is_joint: bool) -> None:
        try:
            name = text_of(value)
        except MalformedDer as error:
            self.unreadable.append(f"a common name cannot be read: {error}")
            return
        self.common_names.append(name)
        if is_joint:
            self.joint_common_names.append(name)


def read_subject(rdns: Iterable[Element]) -> Subject:
    """Read a subject from its RDNs."""
    subject = Subject()
    for rdn in rdns:
        subject.take(rdn)
    return subject


def text_of(value: Element) -> str:
    """Decode a string by its tag."""
    if value.tag not in _ENCODINGS:
        raise MalformedDer(f"tag {value.tag:#04x} is no kind of text")
    name, encoding = _ENCODINGS[value.tag]
    try:
        return value.content.decode(encoding)
    except UnicodeDecodeError as error:
        raise MalformedDer(f"{value.content!r} is no {name}") from error


def escape(text: str) -> str:
    """Make every character visible: NUL and its like, and bytes that were no text."""
    return "".join(char if char.isprintable() else f"\\{ord(char):02x}" for char in text)


def _attribute(part: Element) -> tuple[str, Element]:
    parts = part.expect(SEQUENCE).parts()
    if len(parts) != 2:
        raise MalformedDer("an attribute has not one type and one value")
    return object_identifier(parts[0].expect(OBJECT_IDENTIFIER).content), parts[1]


def _write(kind: str, value: Element) -> str:
    try:
        text = text_of(value)
    except MalformedDer:
        return f"{_TYPES.get(kind, kind)}=#{value.encoded.hex()}"
    return f"{_TYPES.get(kind, kind)}={_escape_special(text)}"


def _escape_special(text: str) -> str:
    return "".join(f"\\{char}" if char in _SPECIAL else escape(char) for char in text)

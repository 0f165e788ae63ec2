"""Reading DER, as far as the names in a certificate need it (X.690 section 10, RFC 5280 section 4.1).

Strict in form, without an opinion on content: a certificate that a library refuses as a whole still
has names that its owner must be told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BOOLEAN: Final = 0x01
OCTET_STRING: Final = 0x04
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31

_LONG_TAG: Final = 0x1F
_LONG_LENGTH: Final = 0x80
_MOST_LENGTH_OCTETS: Final = 4


class MalformedDer(Exception):
    """The bytes are not DER, or not the structure that is expected there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One tag with its content."""

    tag: int
    """The identifier octet: class, form and number."""
    content: bytes
    encoded: bytes
    """Tag, length and content, as they stand."""

    def expect(self, tag: int) -> "Element":
        """Give the element itself, provided that it is what the structure has there."""
        if self.tag != tag:
            raise MalformedDer(f"tag {self.tag:#04x} stands where {tag:#04x} belongs")
        return self

    def parts(self) -> list["Element"]:
        """Give the elements that a constructed element holds."""
        return list(elements(self.content))


def elements(octets: bytes) -> Iterator[Element]:
    """Read elements that follow each other to the end of *octets*."""
    at = 0
    while at < len(octets):
        content_at, end = _extent(octets, at)
        yield Element(tag=octets[at], content=octets[content_at:end], encoded=octets[at:end])
        at = end


def only_element(octets: bytes, tag: int) -> Element:
    """Read bytes that are one element, of this tag, and nothing after it."""
    found = list(elements(octets))
    if len(found) != 1:
        raise MalformedDer(f"{len(found)} elements stand where one belongs")
    return found[0].expect(tag)


def object_identifier(content: bytes) -> str:
    """Write an object identifier with dots."""
    if not content or content[-1] & 0x80:
        raise MalformedDer("an object identifier ends too early")
    arcs, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(number) for number in (first, arcs[0] - 40 * first, *arcs[1:]))


def _extent(octets: bytes, at: int) -> tuple[int, int]:
    """Give where the content of the element at *at* begins and ends."""
    if octets[at] & _LONG_TAG == _LONG_TAG:
        raise MalformedDer(f"byte {at}: a tag of several octets, which certificates do not use")
    if at + 1 >= len(octets):
        raise MalformedDer(f"byte {at}: a tag without a length")
    length, content_at = _length(octets, at + 1)
    if content_at + length > len(octets):
        raise MalformedDer(f"byte {at}: {length} octets are announced, fewer follow")
    return content_at, content_at + length


def _length(octets: bytes, at: int) -> tuple[int, int]:
    """Read a length in its only DER form; give it and where its content begins."""
    if octets[at] < _LONG_LENGTH:
        return octets[at], at + 1
    count = octets[at] & ~_LONG_LENGTH
    written = octets[at + 1 : at + 1 + count]
    length = int.from_bytes(written)
    if not 1 <= count <= _MOST_LENGTH_OCTETS or len(written) < count:
        raise MalformedDer(f"byte {at}: a length that DER does not have")
    if length < _LONG_LENGTH or written[0] == 0:
        raise MalformedDer(f"byte {at}: a length that is not written in its shortest form")
    return length, at + 1 + count

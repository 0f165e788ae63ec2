"""One line of a session description, kept to the octet (RFC 8866 section 5)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from umbel.core.errors import PeerError

_MOST_LINES: Final = 2000
"""More would be an attack: the longest descriptions of video conferences have some hundred."""

_SHOWN: Final = 80
"""Characters of what was found; a line may be as long as a message."""


class MalformedSdp(PeerError):
    """A session description breaks its grammar; the text says in which line, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A type, one letter, and a value."""

    kind: str
    value: str
    """UTF-8; octets that are none are kept as surrogates."""
    ending: str = "\r\n"
    """As it came: many send a bare line feed, or nothing at the end of the last line."""
    number: int = field(default=0, compare=False)
    """Where it stands in what was parsed, from 1; 0: we wrote it."""

    def __bytes__(self) -> bytes:
        return f"{self.kind}={self.value}{self.ending}".encode("utf-8", "surrogateescape")

    def malformed(self, found: str, expected: str) -> MalformedSdp:
        """Give the error for something in this line."""
        shown = found if len(found) <= _SHOWN else found[:_SHOWN] + "…"
        return MalformedSdp(f"SDP line {self.number}: found {shown!r}, expected {expected}")

    def whole_number(self, text: str, expected: str, most: int = 0xFFFF) -> int:
        """Read a decimal number out of this line, from 0 to *most*."""
        if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most:
            return int(text)
        raise self.malformed(text, f"{expected} from 0 to {most}")


def parse_lines(data: bytes) -> Iterator[Line]:
    """Read the lines one after another; empty ones at the end are dropped."""
    text = data.decode("utf-8", "surrogateescape")
    pieces = text.rstrip("\r\n").split("\n")
    if len(pieces) > _MOST_LINES:
        raise MalformedSdp(f"SDP: found {len(pieces)} lines, expected at most {_MOST_LINES}")
    tail = text[len(text.rstrip("\r\n")) :]
    for number, piece in enumerate(pieces, 1):
        is_last = number == len(pieces)
        value = piece if is_last else piece.removesuffix("\r")
        ending = tail if is_last else piece[len(value) :] + "\n"
        yield _parse_line(value, ending, number)


def _parse_line(text: str, ending: str, number: int) -> Line:
    kind, equals, value = text.partition("=")
    if not equals or len(kind) != 1 or not (kind.isascii() and kind.isalpha()):
        raise MalformedSdp(
            f"SDP line {number}: found {text[:8]!r}, expected a letter, '=' and a value"
        )
    return Line(kind=kind, value=value, ending=ending, number=number)

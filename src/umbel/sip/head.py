"""The head of a message: start-line and header fields, split and unfolded (RFC 3261 section 7)."""

import re
from typing import NoReturn

from .errors import MalformedMessage, MissingHeader
from .grammar import is_token, parse_number, to_octets, to_text
from .header_names import SPELLINGS, spelled
from .limits import Limits

END = b"\r\n\r\n"
"""The empty line after the header fields."""

HIGHEST_LENGTH = 2**31 - 1

_fold = re.compile(r"\r\n[ \t]+")
_stray = re.compile(r"[\r\n]")


def split_head(octets: bytes, limits: Limits) -> tuple[str, list[tuple[str, str]]]:
    """Give start-line and header fields of a head, which stands without its empty line."""
    limits.check_head(len(octets))
    text = to_text(octets)
    if "\r\n " in text or "\r\n\t" in text:
        text = _fold.sub(" ", text)
    lines = text.split("\r\n")
    limits.check_fields(len(lines) - 1)
    if text.count("\r") != len(lines) - 1 or text.count("\n") != len(lines) - 1:
        _refuse_stray(lines)
    fields = []
    for number in range(1, len(lines)):
        name, colon, value = lines[number].partition(":")
        spelling = SPELLINGS.get(name) if colon else None
        fields.append((spelling or _spell(lines[number], number), value.strip(" \t")))
    return lines[0], fields


def _spell(line: str, number: int) -> str:
    """Give the name of a header field that is not spelled as usual."""
    name, colon, _ = line.partition(":")
    name = name.rstrip(" \t")
    if not colon or not is_token(name):
        raise MalformedMessage(
            to_octets(line), at=0, expected="a name and a colon", where=f"header field {number}"
        )
    return spelled(name)


def _refuse_stray(lines: list[str]) -> NoReturn:
    """Refuse a CR or LF that is half of a line's end; one of the *lines* has one."""
    number, line, at = next(
        (number, line, stray.start())
        for number, line in enumerate(lines)
        if (stray := _stray.search(line)) is not None
    )
    raise MalformedMessage(
        to_octets(line[at:]),
        at=len(to_octets(line[:at])),
        expected="CR and LF together, at the end of the line only",
        where=f"header field {number}" if number else "start-line",
    )


def content_length(fields: list[tuple[str, str]]) -> int | None:
    """Give the length that the header fields name; ``None``: they name none."""
    values = [value for name, value in fields if name == "Content-Length"]
    if not values:
        return None
    if len(values) > 1:
        raise MalformedMessage(
            to_octets(values[1]), at=0, expected="no second Content-Length", where="Content-Length"
        )
    return parse_number(values[0], "Content-Length", most=HIGHEST_LENGTH)


def required_content_length(fields: list[tuple[str, str]]) -> int:
    """Give the length that a message in a stream must name (section 18.3)."""
    length = content_length(fields)
    if length is None:
        raise MissingHeader("Content-Length")
    return length

"""The basic rules of RFC 3261 section 25.1, read from text in linear time.

Header values are text decoded from UTF-8, with the octets that are no UTF-8 escaped as surrogates
(PEP 383), so that what is written is, octet by octet, what was read. They are unfolded: white
space is SP and HTAB. Every pattern here is made of possessive runs, which never go back.
"""

import re
from collections.abc import Callable
from typing import NoReturn

from .errors import MalformedMessage

ENCODING = "utf-8"
ESCAPE = "surrogateescape"

TOKEN = r"A-Za-z0-9.!%*_+`'~\-"
"""The characters of a token, as the inside of a character class."""

TOKEN_OR_HOST = TOKEN + r":\[\]"

Run = Callable[[str, int], re.Match[str] | None]
"""Finds the longest run of its characters at a position; ``None``: there is not even one."""


def run_of(characters: str) -> Run:
    """Make a finder for runs of *characters*, given as the inside of a character class."""
    return re.compile(f"[{characters}]++").match


_tokens = run_of(TOKEN)
_tokens_or_hosts = run_of(TOKEN_OR_HOST)
_digits = run_of("0-9")
_spaces = run_of(r" \t")
_plain_quoted = run_of(r'^"\\')
_not_a_token = re.compile(f"[^{TOKEN}]").search
_not_a_token_or_host = re.compile(f"[^{TOKEN_OR_HOST}]").search
_separators: dict[str, Run] = {
    mark: re.compile(rf"[ \t]*+{mark}[ \t]*+").match for mark in (",", ";", "=", "/", ":")
}
_needs_escape = re.compile(r'["\\\x00-\x08\x0a-\x1f\x7f]')


def is_token(text: str) -> bool:
    """Say whether *text* is a token."""
    return bool(text) and _not_a_token(text) is None


def is_token_or_host(text: str) -> bool:
    """Say whether *text* can stand as a parameter's value without quotes."""
    return bool(text) and _not_a_token_or_host(text) is None


def quoted(text: str) -> str:
    """Write *text* as a quoted-string. CR and LF cannot stand in one; they become spaces."""
    plain = text.replace("\r", " ").replace("\n", " ")
    return '"' + _needs_escape.sub(r"\\\g<0>", plain) + '"'


def to_octets(text: str) -> bytes:
    """Give the octets that *text* was read from, or is sent as."""
    return text.encode(ENCODING, ESCAPE)


def to_text(octets: bytes) -> str:
    """Give *octets* as text; those that are no UTF-8 survive as surrogates."""
    return octets.decode(ENCODING, ESCAPE)


class Scanner:
    """A position in a header value, moving forward only."""

    __slots__ = ("_outer", "_outer_at", "at", "text", "where")

    def __init__(self, text: str, where: str = "", outer: "Scanner | None" = None) -> None:
        self.text = text
        self.where = where
        self.at = 0
        self._outer = outer
        """Reads the value that *text* was cut from, and has just read past it."""
        self._outer_at = 0 if outer is None else outer.at - len(text)

    @property
    def is_at_end(self) -> bool:
        """Whether nothing but white space is left, which is then skipped."""
        self.skip_spaces()
        return self.at == len(self.text)

    @property
    def next(self) -> str:
        """The character to be read next; empty at the end."""
        return self.text[self.at : self.at + 1]

    def skip_spaces(self) -> None:
        """Pass over white space."""
        match = _spaces(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def run(self, run: Run) -> str:
        """Read a run of characters; it may be empty."""
        match = run(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def accept(self, separator: str) -> bool:
        """Read *separator* with the white space around it, if it is there."""
        match = _separators[separator](self.text, self.at)
        if match is None:
            return False
        self.at = match.end()
        return True

    def expect(self, separator: str) -> None:
        """Read *separator* with the white space around it."""
        if not self.accept(separator):
            self.fail(repr(separator))

    def expect_end(self, expected: str = "the end") -> None:
        """Make sure that nothing but white space is left."""
        if not self.is_at_end:
            self.fail(expected)

    def token(self, expected: str = "token") -> str:
        """Read a token."""
        return self.run(_tokens) or self.fail(expected)

    def token_or_host(self, expected: str) -> str:
        """Read what may stand as a parameter's value without quotes: a token or a host."""
        return self.run(_tokens_or_hosts) or self.fail(expected)

    def number(self, expected: str, *, most: int) -> int:
        """Read a decimal number of at most *most*; leading zeros are fine."""
        start = self.at
        digits = self.run(_digits)
        significant = digits.lstrip("0")
        if not digits or len(significant) > len(str(most)) or int(significant or "0") > most:
            self.at = start
            self.fail(f"{expected}, a number up to {most}")
        return int(significant or "0")

    def quoted_string(self) -> str:
        """Read a quoted-string; give what it means, without quotes and backslashes."""
        start = self.at
        self.at += 1
        pieces = [self.run(_plain_quoted)]
        while self.next == "\\" and self.at + 1 < len(self.text):
            pieces.append(self.text[self.at + 1])
            self.at += 2
            pieces.append(self.run(_plain_quoted))
        if self.next != '"':
            self.at = start
            self.fail("a quotation mark at the end of the quoted string")
        self.at += 1
        return "".join(pieces)

    def octet_of(self, position: int) -> int:
        """Give the octet that *position* is within the whole value, which errors speak of."""
        octets = len(to_octets(self.text[:position]))
        return octets if self._outer is None else self._outer.octet_of(self._outer_at) + octets

    def fail(self, expected: str) -> NoReturn:
        """Say that something else was expected here."""
        raise MalformedMessage(
            to_octets(self.text[self.at :]),
            at=self.octet_of(self.at),
            expected=expected,
            where=self.where,
        )


def parse_number(text: str, where: str, *, most: int) -> int:
    """Read a value that is one number, such as Max-Forwards."""
    scanner = Scanner(text.strip(" \t"), where)
    number = scanner.number("a number", most=most)
    scanner.expect_end()
    return number


def parse_tokens(text: str, where: str) -> tuple[str, ...]:
    """Read a list of tokens, such as Supported. Empty places in it are passed over."""
    found: list[str] = []
    start = 0
    for part in text.split(","):
        token = part.strip(" \t")
        if is_token(token):
            found.append(token)
        elif token:
            scanner = Scanner(text, where)
            scanner.at = start
            scanner.fail("a token, a comma or the end")
        start += len(part) + 1
    return tuple(found)

"""Header fields as attributes of a message: read when asked for, and kept until they change."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, Self, TypeVar, overload

from umbel.core.remembering import remembering

from .errors import MalformedMessage, MissingHeader
from .grammar import parse_tokens, to_octets
from .headers import Headers

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Parse = Callable[[str, str], T]
"""Reads a value; the second argument names it in errors."""

remembered = remembering(most=512, longest=256)
"""Makes of what reads a line one that still knows those that a dialog, or a gateway, repeats."""


class HasHeaders(Protocol):
    """A request or a response."""

    headers: Headers


class HeaderField(Generic[T_co]):
    """A header field as an attribute; reading it raises ``MalformedMessage`` where it is bad."""

    def __init__(self, name: str, parse: Callable[[list[str]], T_co]) -> None:
        self.name = name
        self.key = name.lower()
        self.parse = parse

    @overload
    def __get__(self, message: None, owner: type) -> Self: ...

    @overload
    def __get__(self, message: HasHeaders, owner: type) -> T_co: ...

    def __get__(self, message: HasHeaders | None, owner: type) -> Self | T_co:
        if message is None:
            return self
        return message.headers.read(self.key, self.parse)


class ListField(HeaderField[list[T]]):
    """A header field of many values. Each reading gives a list of its own."""

    @overload
    def __get__(self, message: None, owner: type) -> Self: ...

    @overload
    def __get__(self, message: HasHeaders, owner: type) -> list[T]: ...

    def __get__(self, message: HasHeaders | None, owner: type) -> Self | list[T]:
        if message is None:
            return self
        return message.headers.read(self.key, self.parse).copy()


def required(name: str, parse: Parse[T]) -> HeaderField[T]:
    """Make an attribute of a header field that every message has, exactly once."""

    def read(lines: list[str]) -> T:
        if not lines:
            raise MissingHeader(name)
        return parse(_only(lines, name), name)

    return HeaderField(name, read)


def optional(name: str, parse: Parse[T]) -> HeaderField[T | None]:
    """Make an attribute of a header field that a message has once or not at all."""

    def read(lines: list[str]) -> T | None:
        return parse(_only(lines, name), name) if lines else None

    return HeaderField(name, read)


def repeated(name: str, parse_many: Parse[Sequence[T]]) -> ListField[T]:
    """Make an attribute of a header field whose lines each hold one value or more."""

    def read(lines: list[str]) -> list[T]:
        if len(lines) == 1:
            return [*parse_many(lines[0], name)]
        return [value for line in lines for value in parse_many(line, name)]

    return ListField(name, read)


def tokens(name: str) -> HeaderField[tuple[str, ...]]:
    """Make an attribute of a header field that lists tokens."""

    parse = remembered(parse_tokens)

    def read(lines: list[str]) -> tuple[str, ...]:
        return tuple(token for line in lines for token in parse(line, name))

    return HeaderField(name, read)


def _only(lines: list[str], name: str) -> str:
    if len(lines) > 1:
        raise MalformedMessage(to_octets(lines[1]), at=0, expected=f"no second {name}", where=name)
    return lines[0]

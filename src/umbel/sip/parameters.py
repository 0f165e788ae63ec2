"""Parameters of URIs and header values: ordered, their names in any case (RFC 3261 section 7.3.1)."""

import re
from collections.abc import ItemsView, Iterator, Mapping
from typing import TypeVar, overload

from .grammar import TOKEN, TOKEN_OR_HOST, Scanner, is_token_or_host, quoted

T = TypeVar("T")


class Quoted(str):
    """A parameter's value that was, or is to be, written in quotes. Compares as the text it is."""

    __slots__ = ()


class Parameters(Mapping[str, str | None]):
    """An immutable mapping of lower-case names to values; ``None`` is a parameter without one."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str | None] | None = None) -> None:
        self._values = {name.lower(): value for name, value in (values or {}).items()}

    @classmethod
    def _of(cls, values: dict[str, str | None]) -> "Parameters":
        """Take over values whose names are in lower case."""
        parameters = cls.__new__(cls)
        parameters._values = values
        return parameters

    def __getitem__(self, name: str) -> str | None:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    @overload
    def get(self, name: str, /) -> str | None: ...

    @overload
    def get(self, name: str, default: T, /) -> str | T | None: ...

    def get(self, name: str, default: T | None = None, /) -> str | T | None:
        """Give the value of *name*; *default* where there is no such parameter."""
        return self._values.get(name.lower(), default)

    def items(self) -> ItemsView[str, str | None]:
        """Give names and values."""
        return self._values.items()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Parameters):
            return self._values == other._values
        return super().__eq__(other)

    def __repr__(self) -> str:
        return f"Parameters({self._values!r})"

    def having(self, values: Mapping[str, str | None]) -> "Parameters":
        """Give the same parameters with *values* added or replaced."""
        return Parameters._of(self._values | {name.lower(): values[name] for name in values})

    def without(self, name: str) -> "Parameters":
        """Give the same parameters but *name*."""
        unwanted = name.lower()
        return Parameters._of({key: self._values[key] for key in self._values if key != unwanted})


_plain = re.compile(
    rf"[ \t]*+;[ \t]*+([{TOKEN}]++)(?:[ \t]*+=[ \t]*+([{TOKEN_OR_HOST}]++))?(?=[ \t]*+(?:[;,]|\Z))"
).match
"""A whole parameter without quotes, which nearly all are."""

NONE = Parameters()
"""No parameters at all."""


def as_parameters(values: Mapping[str, str | None]) -> Parameters:
    """Give *values* as parameters."""
    return values if isinstance(values, Parameters) else Parameters(values)


def read_parameters(scanner: Scanner) -> Parameters:
    """Read ``;name=value`` as often as it comes: *(SEMI generic-param)."""
    if scanner.at == len(scanner.text):
        return NONE
    values: dict[str, str | None] = {}
    while True:
        start = scanner.at
        if (match := _plain(scanner.text, start)) is not None:
            name, value = match.groups()
            scanner.at = match.end()
        elif scanner.accept(";"):
            name, value = _read_parameter(scanner)
        else:
            return Parameters._of(values)
        if values.setdefault(name.lower(), value) != value:
            scanner.at = start
            scanner.fail(f"parameter {name} no more than once")


def _read_parameter(scanner: Scanner) -> tuple[str, str | None]:
    name = scanner.token("parameter name")
    return name, _read_value(scanner) if scanner.accept("=") else None


def _read_value(scanner: Scanner) -> str:
    if scanner.next == '"':
        return Quoted(scanner.quoted_string())
    return scanner.token_or_host("parameter value")


def write_parameters(parameters: Mapping[str, str | None]) -> str:
    """Write ``;name=value`` for each parameter, with quotes where they are needed."""
    return "".join(map(_write, parameters.items()))


def _write(parameter: tuple[str, str | None]) -> str:
    name, value = parameter
    if value is None:
        return f";{name}"
    if isinstance(value, Quoted) or not is_token_or_host(value):
        return f";{name}={quoted(value)}"
    return f";{name}={value}"

"""Values from tables and back: how TOML and JSON become frozen dataclasses, with errors for people.

Works from the dataclass alone: its field names are the keys, its types say what is expected, its
defaults say what may be left out. An unknown key, a wrong type or a missing key is a ``Mistake``.
"""

import dataclasses
import difflib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from .errors import Mistake, Misuse

if TYPE_CHECKING:

    class _Dataclass(Protocol):
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


Value = TypeVar("Value", bound="_Dataclass")

NOTHING = "none"
"""How a table says that there is none of something that has a default: TOML knows no null."""

_NAMES: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def read_table(kind: type[Value], table: Mapping[str, object], where: str) -> Value:
    """Make a *kind* from *table*; *where* names the place of the table for the error."""
    values = _read_fields(kind, table, where)
    for field in dataclasses.fields(kind):
        if field.name not in values and not _has_default(field):
            expected = describe(_types(kind)[field.name])
            raise Mistake(f"no {field.name}", expected=expected, where=where)
    return kind(**values)


def revise(value: Value, table: Mapping[str, object], where: str) -> Value:
    """Give *value* with the fields that *table* holds replaced."""
    return dataclasses.replace(value, **_read_fields(type(value), table, where))


def write_table(value: "_Dataclass") -> dict[str, object]:
    """Give the table that ``read_table`` makes *value* from; what equals its default is left out."""
    table: dict[str, object] = {}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        if content != _default(field):
            table[field.name] = NOTHING if content is None else plain(content)
    return table


def plain(content: object) -> object:
    """Give *content* as TOML and JSON know it."""
    if isinstance(content, StrEnum):
        return content.value
    if isinstance(content, tuple):
        return [plain(item) for item in content]
    if dataclasses.is_dataclass(content) and not isinstance(content, type):
        return write_table(content)
    return content


def describe(expected: object) -> str:
    """Say in words what a value of type *expected* looks like."""
    if get_origin(expected) in (Union, UnionType):
        return " or ".join(
            f'"{NOTHING}"' if part is NoneType else describe(part) for part in get_args(expected)
        )
    if get_origin(expected) is tuple:
        return f"a list, each item {describe(get_args(expected)[0])}"
    if isinstance(expected, type) and issubclass(expected, StrEnum):
        return "one of " + ", ".join(f'"{member.value}"' for member in expected)
    if isinstance(expected, type) and dataclasses.is_dataclass(expected):
        return "a table with " + ", ".join(_types(expected))
    if isinstance(expected, type) and expected in _NAMES:
        return _NAMES[expected]
    raise Misuse(f"a table cannot hold a {expected!r}")


def read_value(expected: object, value: object, where: str) -> object:
    """Take *value* for a field of type *expected*, or say why not."""
    if get_origin(expected) in (Union, UnionType):
        return _read_optional(expected, value, where)
    if get_origin(expected) is tuple:
        return _read_list(get_args(expected)[0], value, where, expected)
    if isinstance(expected, type) and dataclasses.is_dataclass(expected):
        if isinstance(value, Mapping):
            return read_table(expected, value, where)
    elif isinstance(expected, type) and _fits(expected, value):
        return expected(value)
    raise Mistake(_show(value), expected=describe(expected), where=where)


def _fits(expected: type, value: object) -> bool:
    """Say whether *value* is of type *expected*: a whole number is a number, true is none."""
    if issubclass(expected, StrEnum):
        return isinstance(value, str) and value in {member.value for member in expected}
    return type(value) is expected or (expected is float and type(value) is int)


def _read_fields(kind: type, table: Mapping[str, object], where: str) -> dict[str, Any]:
    types = _types(kind)
    for key in table:
        if key not in types:
            raise _unknown(key, types, where)
    return {key: read_value(types[key], value, f"{where}, {key}") for key, value in table.items()}


def _read_optional(expected: object, value: object, where: str) -> object:
    if value is None or value == NOTHING:
        return None
    part = next(part for part in get_args(expected) if part is not NoneType)
    try:
        return read_value(part, value, where)
    except Mistake as mistake:
        if isinstance(value, Mapping):
            raise
        raise Mistake(mistake.found, expected=describe(expected), where=where) from None


def _read_list(item: object, value: object, where: str, expected: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise Mistake(_show(value), expected=describe(expected), where=where)
    return tuple(
        read_value(item, content, f"{where}, item {number}")
        for number, content in enumerate(value, 1)
    )


def _show(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, Mapping):
        return "a table"
    return repr(value)


def _unknown(key: str, types: Mapping[str, object], where: str) -> Mistake:
    near = difflib.get_close_matches(key, types, n=1)
    return Mistake(
        f'the unknown key "{key}"',
        expected="one of " + ", ".join(types),
        where=where,
        do=f'did you mean "{near[0]}"?' if near else "",
    )


@cache
def _types(kind: type) -> Mapping[str, object]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _has_default(field: "dataclasses.Field[Any]") -> bool:
    return (
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    )


def _default(field: "dataclasses.Field[Any]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default

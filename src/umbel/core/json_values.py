"""Frozen dataclasses as JSON knows them and back, for what Umbel writes and reads by itself.

What people write is read by ``tables``, which explains mistakes. Here a value that was written by
an older or a newer Umbel must do: unknown fields are passed over, missing ones get their default.
"""

import dataclasses
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
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

if TYPE_CHECKING:

    class _Dataclass(Protocol):
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


Value = TypeVar("Value", bound="_Dataclass")


class Unreadable(ValueError):
    """JSON that is not of the type that was asked for."""


def to_json(value: object) -> object:
    """Give a dataclass as a dictionary; bytes are base64, times ISO 8601."""
    match value:
        case StrEnum():
            return value.value
        case bytes():
            return b64encode(value).decode("ascii")
        case datetime():
            return value.isoformat()
        case tuple():
            return [to_json(item) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                field.name: to_json(getattr(value, field.name))
                for field in dataclasses.fields(value)
            }
        case _:
            return value


def from_json(kind: type[Value], content: object) -> Value:
    """Make a *kind* of what ``to_json`` gave; ``Unreadable`` where that cannot be."""
    if not isinstance(content, Mapping):
        raise Unreadable(f"found {content!r}, expected a {kind.__name__}")
    types = _types(kind)
    try:
        return kind(**{key: _read(types[key], content[key]) for key in types if key in content})
    except (TypeError, ValueError) as error:
        raise Unreadable(f"{kind.__name__}: {error}") from error


def _read(expected: Any, content: Any) -> Any:
    if get_origin(expected) in (Union, UnionType):
        if content is None:
            return None
        expected = next(part for part in get_args(expected) if part is not NoneType)
    if get_origin(expected) is tuple:
        return _read_tuple(get_args(expected), content)
    if expected is datetime:
        return datetime.fromisoformat(content)
    if expected is bytes:
        return b64decode(content, validate=True)
    if dataclasses.is_dataclass(expected) and isinstance(expected, type):
        return from_json(expected, content)
    if issubclass(expected, StrEnum):
        return expected(content)
    if not isinstance(content, (int, float) if expected is float else expected):
        raise Unreadable(f"found {content!r}, expected {expected.__name__}")
    return content


def _read_tuple(parts: tuple[Any, ...], content: Any) -> tuple[Any, ...]:
    if not isinstance(content, list):
        raise Unreadable(f"found {content!r}, expected a list")
    if parts[-1] is Ellipsis:
        return tuple(_read(parts[0], item) for item in content)
    return tuple(_read(part, item) for part, item in zip(parts, content, strict=True))


@cache
def _types(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}

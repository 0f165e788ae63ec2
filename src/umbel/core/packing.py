"""Values as compact JSON and back: how frozen dataclasses are kept in a store and sent to others.

Like ``tables``, it works from the dataclass alone. It is for programs, so it differs: it knows times
and bytes, leaves out what equals its default, and reads over what it does not know, since a node of
a newer version may have written it.
"""

import base64
import binascii
import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as type_hints

from .errors import Misuse

if TYPE_CHECKING:

    class _Dataclass(Protocol):
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


Value = TypeVar("Value", bound="_Dataclass")

_PLAIN = (str, int, float, bool)


class Unreadable(ValueError):
    """What was kept cannot be read back: another version, or another hand, wrote it."""


def pack(value: "_Dataclass") -> dict[str, object]:
    """Give what JSON can hold of *value*; what equals its default is left out."""
    packed: dict[str, object] = {}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        if content != _default(field):
            packed[field.name] = _packed(content)
    return packed


def unpack(kind: type[Value], packed: object) -> Value:
    """Make the value that ``pack`` was given; raise ``Unreadable`` where that is not possible."""
    if not isinstance(packed, Mapping):
        raise Unreadable(f"{kind.__name__}: found {packed!r}, expected an object")
    types = _types(kind)
    known = {name: _read(types[name], packed[name]) for name in types if name in packed}
    try:
        return kind(**known)
    except TypeError as error:
        raise Unreadable(f"{kind.__name__}: {error}") from error


def _packed(content: object) -> object:
    match content:
        case datetime():
            return content.isoformat()
        case bytes():
            return base64.b64encode(content).decode("ascii")
        case Enum():
            return content.value
        case tuple():
            return [_packed(item) for item in content]
        case None | str() | int() | float():
            return content
        case _ if dataclasses.is_dataclass(content) and not isinstance(content, type):
            return pack(content)
        case _:
            raise Misuse(f"a {type(content).__name__} cannot be packed")


def _read(expected: Any, content: object) -> object:
    if get_origin(expected) in (Union, UnionType):
        part = next(part for part in get_args(expected) if part is not NoneType)
        return None if content is None else _read(part, content)
    if get_origin(expected) is tuple:
        return _read_tuple(get_args(expected), content)
    if dataclasses.is_dataclass(expected) and isinstance(expected, type):
        return unpack(expected, content)
    return _read_one(expected, content)


def _read_tuple(items: tuple[Any, ...], content: object) -> tuple[object, ...]:
    if not isinstance(content, list):
        raise Unreadable(f"found {content!r}, expected a list")
    if items[-1] is Ellipsis:
        return tuple(_read(items[0], item) for item in content)
    if len(items) != len(content):
        raise Unreadable(f"found {len(content)} items, expected {len(items)}")
    return tuple(_read(kind, item) for kind, item in zip(items, content, strict=True))


def _read_one(expected: type, content: object) -> object:
    try:
        if expected is bytes and isinstance(content, str):
            return base64.b64decode(content, validate=True)
        if expected is datetime and isinstance(content, str):
            return datetime.fromisoformat(content)
        if issubclass(expected, Enum):
            return expected(content)
        if expected is float and type(content) is int:
            return float(content)
    except (ValueError, binascii.Error) as error:
        raise Unreadable(f"found {content!r}, expected {expected.__name__}: {error}") from error
    if expected in _PLAIN and type(content) is expected:
        return content
    raise Unreadable(f"found {content!r}, expected {expected.__name__}")


@cache
def _types(kind: type) -> Mapping[str, Any]:
    hints = type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _default(field: "dataclasses.Field[Any]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default

"""Options made from the fields of an object: their types, their help, and what was given."""

import dataclasses
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import click

from umbel.admin.documentation import FieldDoc, field_docs
from umbel.admin.kinds import Kind
from umbel.core.errors import Mistake
from umbel.core.tables import NOTHING, plain
from umbel.directory.objects import KeyMapping


def options_of(kind: Kind) -> Iterator[click.Option]:
    """Give an option for each field but the one that names the object."""
    types, docs = get_type_hints(kind.type), field_docs(kind.type)
    for field in dataclasses.fields(kind.type):
        if field.name != kind.key:
            yield _option(field.name, types[field.name], _help(docs[field.name]))


def given(options: Mapping[str, Any]) -> dict[str, object]:
    """Give the fields that the command line named."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if value is not None and value != ()
    }


def default_of(kind: Kind, name: str) -> object:
    """Give the default of a field, for ``--clear``."""
    clearable = {
        field.name: field.default
        for field in dataclasses.fields(kind.type)
        if field.default is not dataclasses.MISSING
    }
    try:
        return plain(clearable[name.replace("-", "_")])
    except KeyError:
        raise Mistake(
            name,
            expected="one of " + ", ".join(clearable),
            where=f"umbel {kind.noun} set --clear",
        ) from None


def _help(doc: FieldDoc) -> str:
    says = doc.says.replace("`", "")
    if doc.is_required:
        return f"{says}  [needed to add]"
    return f"{says}  [default: {doc.default}]" if doc.default else says


def _option(name: str, expected: object, says: str) -> click.Option:
    flag, inner = "--" + name.replace("_", "-"), _without_none(expected)
    if inner is bool:
        return click.Option([f"{flag}/--no-{flag[2:]}", name], default=None, help=says)
    if get_origin(inner) is tuple and get_args(inner)[0] is KeyMapping:
        says += " One --key for each; --clear keys takes all away."
        return click.Option(["--key", name], multiple=True, type=_KEY_MAPPING, help=says)
    if get_origin(inner) is tuple:
        return click.Option([flag, name], multiple=True, help=f"{says} May be given several times.")
    if inner is int and inner is not expected:
        return click.Option([flag, name], type=_NUMBER_OR_NONE, default=None, help=says)
    return click.Option([flag, name], type=_click_type(inner), default=None, help=says)


def _without_none(expected: object) -> object:
    if get_origin(expected) in (Union, UnionType):
        return next(part for part in get_args(expected) if part is not NoneType)
    return expected


def _click_type(expected: object) -> Any:
    if isinstance(expected, type) and issubclass(expected, StrEnum):
        return click.Choice([member.value for member in expected])
    return expected


class _KeyMappingType(click.ParamType[dict[str, str]]):
    name = "KEY,LABEL,ACTION[,TARGET]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, str]:
        parts = [part.strip() for part in str(value).split(",", 3)]
        if len(parts) < 3:
            self.fail(f'found "{value}", expected {self.name}, as in 1,sales,extension,2001', param)
        return dict(zip(("key", "label", "action", "target"), parts, strict=False))


class _NumberOrNoneType(click.ParamType[int | str]):
    name = f"NUMBER|{NOTHING}"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        if str(value) == NOTHING:
            return NOTHING
        return click.INT.convert(value, param, ctx)


_KEY_MAPPING = _KeyMappingType()
_NUMBER_OR_NONE = _NumberOrNoneType()

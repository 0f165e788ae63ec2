"""``umbel NOUN list|show|add|set|remove``: made from the objects' own fields."""

import dataclasses
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import click

from umbel.admin.kinds import KINDS, Kind, name_of
from umbel.core.errors import Mistake
from umbel.core.tables import NOTHING, plain
from umbel.directory.objects import Configured, KeyMapping

from .output import Row, json_option, show_one, show_rows
from .session import Group, run

SECRETS = ("password",)
"""Fields that are never shown."""


def noun_groups() -> list[click.Group]:
    """Give the group of commands for each kind of object."""
    return [_group(kind) for kind in KINDS]


def _group(kind: Kind) -> click.Group:
    group = Group(kind.noun, help=f"List, show, add, set and remove {_plural(kind)}.")
    for make in (_list, _show, _add, _set, _remove):
        group.add_command(make(kind))
    return group


def _list(kind: Kind) -> click.Command:
    @click.command("list", help=f"List all {_plural(kind)}.")
    @json_option
    @click.pass_context
    def command(ctx: click.Context, as_json: bool) -> None:
        things = run(ctx, lambda admin: admin.list(kind.noun))
        show_rows(
            [row_of(thing) for thing in things],
            (kind.key, *kind.columns),
            as_json=as_json,
            empty=f"No {kind.title} yet. To make one: umbel {kind.noun} add --help",
        )

    return command


def _show(kind: Kind) -> click.Command:
    @click.command("show", help=f"Show everything about one {kind.title}.")
    @click.argument("name")
    @json_option
    @click.pass_context
    def command(ctx: click.Context, name: str, as_json: bool) -> None:
        show_one(row_of(run(ctx, lambda admin: admin.show(kind.noun, name))), as_json=as_json)

    return command


def _add(kind: Kind) -> click.Command:
    @click.command("add", help=f"Create a {kind.title}.")
    @click.argument("name")
    @click.pass_context
    def command(ctx: click.Context, /, name: str, **options: object) -> None:
        settings = _given(options)
        thing = run(ctx, lambda admin: admin.add(kind.noun, name, settings))
        click.echo(f"Added {kind.noun} {name_of(thing)}.")
        if kind.noun == "mailbox":
            click.echo(f"Its subscriber needs a PIN: umbel mailbox pin {name}")

    return _with_options(kind, command)


def _set(kind: Kind) -> click.Command:
    @click.command("set", help=f"Change a {kind.title}; what is not named stays as it is.")
    @click.argument("name")
    @click.option("--clear", multiple=True, metavar="FIELD", help="Set a field to its default.")
    @click.pass_context
    def command(
        ctx: click.Context, /, name: str, clear: tuple[str, ...], **options: object
    ) -> None:
        settings = _given(options) | {field: _default(kind, field) for field in clear}
        change = run(ctx, lambda admin: admin.set(kind.noun, name, settings))
        secret = any(field in SECRETS for field, _, _ in change.fields)
        sentence = change.sentence.partition(":")[0] if secret else change.sentence
        click.echo(sentence if change.fields else "Nothing to change.")

    return _with_options(kind, command)


def _remove(kind: Kind) -> click.Command:
    @click.command("remove", help=f"Remove a {kind.title}.")
    @click.argument("name")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @click.pass_context
    def command(ctx: click.Context, name: str, yes: bool) -> None:
        loss = ", and its messages with it" if kind.noun == "mailbox" else ""
        if not yes:
            click.confirm(f"Remove {kind.noun} {name}{loss}?", abort=True)
        click.echo(run(ctx, lambda admin: admin.remove(kind.noun, name)).sentence)

    return command


def row_of(thing: Configured) -> Row:
    """Give every field of *thing*, secrets hidden."""
    return {
        field.name: "(set)"
        if field.name in SECRETS and getattr(thing, field.name)
        else plain(getattr(thing, field.name))
        for field in dataclasses.fields(thing)
    }


def _plural(kind: Kind) -> str:
    return kind.title.removesuffix("y") + "ies" if kind.title.endswith("y") else _s(kind.title)


def _s(title: str) -> str:
    return title + ("es" if title.endswith("x") else "s")


def _given(options: dict[str, Any]) -> dict[str, object]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if value is not None and value != ()
    }


def _default(kind: Kind, name: str) -> object:
    field = kind.type.__dataclass_fields__.get(name.replace("-", "_"))
    if field is None or field.default is dataclasses.MISSING:
        raise Mistake(
            name,
            expected="one of "
            + ", ".join(
                each.name
                for each in dataclasses.fields(kind.type)
                if each.default is not dataclasses.MISSING
            ),
            where=f"umbel {kind.noun} set --clear",
        )
    return plain(field.default)


def _with_options(kind: Kind, command: click.Command) -> click.Command:
    hints = get_type_hints(kind.type)
    for field in reversed(dataclasses.fields(kind.type)):
        if field.name != kind.key:
            command.params.append(_option(field.name, hints[field.name]))
    return command


def _option(name: str, expected: object) -> click.Option:
    flag = "--" + name.replace("_", "-")
    inner = _without_none(expected)
    if inner is int and inner is not expected:
        return click.Option([flag, name], type=_NUMBER_OR_NONE, default=None)
    expected = inner
    if expected is bool:
        return click.Option([f"{flag}/--no-{flag[2:]}", name], default=None)
    if get_origin(expected) is tuple:
        if get_args(expected)[0] is KeyMapping:
            return click.Option(
                ["--key", name],
                multiple=True,
                type=_KEY_MAPPING,
                help="A key of the menu, several times: KEY,LABEL,ACTION[,TARGET].",
            )
        return click.Option([flag, name], multiple=True, help="May be given several times.")
    return click.Option([flag, name], type=_click_type(expected), default=None)


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

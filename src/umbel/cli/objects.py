"""``umbel NOUN list|show|add|set|remove``: made from the objects' own fields."""

import dataclasses
from collections.abc import Callable
from typing import TypeVar

import click

from umbel.admin.kinds import KINDS, Kind, name_of
from umbel.admin.plan import SECRETS
from umbel.core.tables import plain
from umbel.directory.objects import Configured

from .object_options import default_of, given, options_of
from .output import Row, json_option, show_one, show_rows
from .session import Group, run

_Command = TypeVar("_Command", bound=Callable[..., object])


def noun_groups() -> list[click.Group]:
    """Give the group of commands for each kind of object."""
    return [_group(kind) for kind in KINDS]


def _group(kind: Kind) -> click.Group:
    group = Group(kind.noun, help=f"List, show, add, set and remove {kind.plural}.")
    for make in (_list, _show, _add, _set, _remove):
        group.add_command(make(kind))
    return group


def _named(kind: Kind) -> Callable[[_Command], _Command]:
    """Give a command the argument that names the object; no field is called ``which``."""
    return click.argument("which", metavar=kind.key.upper())


def _list(kind: Kind) -> click.Command:
    @click.command("list", help=f"List all {kind.plural}.")
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
    @_named(kind)
    @json_option
    @click.pass_context
    def command(ctx: click.Context, which: str, as_json: bool) -> None:
        show_one(row_of(run(ctx, lambda admin: admin.show(kind.noun, which))), as_json=as_json)

    return command


def _add(kind: Kind) -> click.Command:
    @click.command("add", help=f"Add {kind.one}.")
    @_named(kind)
    @json_option
    @click.pass_context
    def command(ctx: click.Context, /, which: str, as_json: bool, **options: object) -> None:
        thing = run(ctx, lambda admin: admin.add(kind.noun, which, given(options)))
        if as_json:
            show_one(row_of(thing), as_json=True)
            return
        click.echo(f"Added {kind.noun} {name_of(thing)}.")
        if kind.noun == "mailbox":
            click.echo(f"Its subscriber needs a PIN: umbel mailbox pin {which}")

    command.params[1:1] = options_of(kind)
    return command


def _set(kind: Kind) -> click.Command:
    @click.command("set", help=f"Change {kind.one}; what is not named stays as it is.")
    @_named(kind)
    @click.option("--clear", multiple=True, metavar="FIELD", help="Set a field to its default.")
    @json_option
    @click.pass_context
    def command(
        ctx: click.Context,
        /,
        which: str,
        clear: tuple[str, ...],
        as_json: bool,
        **options: object,
    ) -> None:
        settings = {field.replace("-", "_"): default_of(kind, field) for field in clear}
        change = run(ctx, lambda admin: admin.set(kind.noun, which, settings | given(options)))
        if as_json and change.after is not None:
            show_one(row_of(change.after), as_json=True)
            return
        click.echo(change.sentence if change.fields else "Nothing to change.")

    command.params[1:1] = options_of(kind)
    return command


def _remove(kind: Kind) -> click.Command:
    @click.command("remove", help=f"Remove {kind.one}.")
    @_named(kind)
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @json_option
    @click.pass_context
    def command(ctx: click.Context, which: str, yes: bool, as_json: bool) -> None:
        loss = ", and its messages with it" if kind.noun == "mailbox" else ""
        if not yes:
            click.confirm(f"Remove {kind.noun} {which}{loss}?", abort=True, err=as_json)
        change = run(ctx, lambda admin: admin.remove(kind.noun, which))
        if as_json and change.before is not None:
            show_one(row_of(change.before), as_json=True)
            return
        click.echo(f"Removed {kind.noun} {which}.")

    return command


def row_of(thing: Configured) -> Row:
    """Give every field of *thing*, secrets hidden."""
    return {
        field.name: "(set)"
        if field.name in SECRETS and getattr(thing, field.name)
        else plain(getattr(thing, field.name))
        for field in dataclasses.fields(thing)
    }

"""``umbel events``: what an administrator should know."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import click

from umbel.admin.administration import Administration
from umbel.core.errors import Mistake
from umbel.core.event_catalogue import all_kinds, by_number
from umbel.core.event_fields import MEANINGS
from umbel.core.events import Event, EventKind, Level
from umbel.core.log_levels import NEEDED

from .ago import time_ago
from .findings import paragraph
from .output import Row, json_option, print_json, print_json_line, show_one, show_rows, words
from .session import follow as go_on
from .session import run

FOLLOW_EVERY = 1.0
"""Seconds between two looks at the store."""

_LABEL, _FIELD = 10, 14
"""The widths of what stands before an explanation, and before that of a field."""
_MARKS = {Level.INFORMATION: " ", Level.WARNING: "!", Level.ERROR: "✗"}

Query = Callable[[Administration, datetime | None], Awaitable[Sequence[Event]]]


@click.group(invoke_without_command=True)
@click.option("--number", type=int, help="Only events of this number.")
@click.option("--level", type=click.Choice([level.value for level in Level]), help="At least.")
@click.option("--since", metavar="AGO", help="Only events of the last 30m, 12h, 7d …")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="At most so many, the newest.",
)
@click.option("--follow", is_flag=True, help="Go on with what happens from now on, until Ctrl-C.")
@json_option
@click.pass_context
def events(
    ctx: click.Context,
    number: int | None,
    level: str | None,
    since: str | None,
    limit: int,
    follow: bool,
    as_json: bool,
) -> None:
    """Show what an administrator should know, newest last.

    With --follow --json each event is one line.
    """
    if ctx.invoked_subcommand is not None:
        return
    start = time_ago(since, "umbel events --since") if since else None
    least = Level(level) if level else None

    async def query(admin: Administration, from_: datetime | None) -> Sequence[Event]:
        return await admin.events(number=number, level=least, since=from_, limit=limit)

    if follow:
        go_on(ctx, lambda admin: _follow(admin, query, start, as_json=as_json))
        return
    found = run(ctx, lambda admin: query(admin, start))
    if as_json:
        print_json([event_row(event) for event in found])
        return
    for event in found:
        _print_event(event)
    if not found:
        click.echo("No events.")


@events.command()
@click.argument("number", type=int, required=False)
@json_option
def explain(number: int | None, as_json: bool) -> None:
    """Say what an event's NUMBER means and what to do about it; without one, list all kinds."""
    if number is None:
        rows = [_kind_row(kind) for kind in all_kinds()]
        show_rows(rows, ("number", "level", "category", "sentence"), as_json=as_json, empty="")
        return
    kind = by_number(number)
    if kind is None:
        raise Mistake(
            str(number),
            expected="the number of an event",
            where="umbel events explain",
            do="umbel events explain lists them",
        )
    if as_json:
        show_one(_kind_row(kind), as_json=True)
        return
    _print_kind(kind)


def _print_kind(kind: EventKind) -> None:
    for name, value in _kind_row(kind).items():
        if name != "fields":
            for number, line in enumerate(words(value).splitlines()):
                label = "" if number else name
                click.echo("\n".join(paragraph(label, line, indent=0, label_width=_LABEL)))
    click.echo("fields")
    for name in kind.fields:
        meaning = MEANINGS[name].replace("`", "")
        click.echo("\n".join(paragraph(name, meaning, label_width=_FIELD)))


def event_row(event: Event) -> Row:
    """Give an event as JSON has it."""
    return {
        "at": event.at,
        "number": event.kind.number,
        "level": event.kind.level,
        "category": event.kind.category,
        "node": event.node,
        "sentence": event.sentence,
        "do": event.cure,
        "fields": dict(event.fields),
    }


async def _follow(
    admin: Administration, query: Query, start: datetime | None, *, as_json: bool
) -> None:
    """Print what was, and then what comes, each once."""
    seen: list[Event] = []
    while True:
        found = await query(admin, start)
        for event in found:
            if event not in seen:
                print_json_line(event_row(event)) if as_json else _print_event(event)
        seen = list(found) or seen
        start = seen[-1].at if seen else start or datetime.now(UTC)
        await asyncio.sleep(FOLLOW_EVERY)


def _kind_row(kind: EventKind) -> Row:
    return {
        "number": kind.number,
        "level": kind.level,
        "category": kind.category,
        "logged": f"from level {NEEDED[kind.level].value} on",
        "origin": "Exchange UM" if kind.is_exchanges else "Umbel",
        "sentence": kind.sentence,
        "do": kind.do or "Nothing needs to be done.",
        "fields": {name: MEANINGS[name] for name in kind.fields},
    }


def _print_event(event: Event) -> None:
    mark = _MARKS[event.kind.level]
    click.echo(f"{words(event.at)} {mark} {event.kind.number}  {event.sentence}")
    if event.cure and event.kind.level is not Level.INFORMATION:
        click.echo(f"{'':28}→ {event.cure}")

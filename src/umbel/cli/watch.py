"""``umbel events`` and ``umbel calls``: what happened, and what happens now."""

import dataclasses
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from umbel.admin.administration import Administration
from umbel.core.errors import Mistake
from umbel.core.event_catalogue import by_number
from umbel.core.events import Event, Level
from umbel.directory.records import CallRecord

from .output import Row, json_option, print_json, show_one, show_rows, words
from .session import run

FOLLOW_EVERY = 1.0
"""Seconds between two looks at the store."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@click.group(invoke_without_command=True)
@click.option("--number", type=int, help="Only events of this number.")
@click.option("--level", type=click.Choice([level.value for level in Level]), help="At least.")
@click.option("--since", metavar="AGO", help="Only events of the last 30m, 12h, 7d …")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--follow", is_flag=True, help="Go on with what happens from now on.")
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
    """Show what an administrator should know, newest last."""
    if ctx.invoked_subcommand is not None:
        return
    start = _ago(since) if since else None

    async def query(admin: Administration) -> Sequence[Event]:
        return await admin.events(
            number=number, level=Level(level) if level else None, since=start, limit=limit
        )

    found = list(run(ctx, query))
    if as_json and not follow:
        print_json([event_row(event) for event in found])
        return
    for event in found:
        _print_event(event)
    if not found and not follow:
        click.echo("No events.")
    if follow:
        seen = found
        while True:
            time.sleep(FOLLOW_EVERY)
            start = seen[-1].at if seen else datetime.now(UTC)
            seen = [*seen[-limit:], *_print_new(list(run(ctx, query)), seen)]


@events.command()
@click.argument("number", type=int)
@json_option
def explain(number: int, as_json: bool) -> None:
    """Say what an event's number means and what to do about it."""
    kind = by_number(number)
    if kind is None:
        raise Mistake(str(number), expected="the number of an event", where="umbel events explain")
    row = {
        "number": kind.number,
        "level": kind.level,
        "category": kind.category,
        "sentence": kind.sentence,
        "do": kind.do or "Nothing needs to be done.",
    }
    show_one(row, as_json=as_json)


@click.command()
@click.argument("call", required=False)
@click.option("--recent", is_flag=True, help="Also calls that have ended.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@json_option
@click.pass_context
def calls(ctx: click.Context, call: str | None, recent: bool, limit: int, as_json: bool) -> None:
    """Show the calls that go on now, with each one's flow and what the caller hears; or one CALL."""
    if call is not None:
        record = run(ctx, lambda admin: admin.call(call))
        show_one(call_row(record), as_json=as_json)
        return

    async def query(admin: Administration) -> Sequence[CallRecord]:
        return await (admin.recent_calls(limit) if recent else admin.live_calls())

    columns = ["id", "node", "state", "caller", "dialled", "flow", "seconds", "caption"]
    show_rows(
        [call_row(record) for record in run(ctx, query)],
        columns,
        as_json=as_json,
        empty="No calls." if recent else "No calls now. Past ones: umbel calls --recent",
    )


@click.group()
def node() -> None:
    """Show the nodes that serve from this store."""


@node.command("list")
@json_option
@click.pass_context
def list_nodes(ctx: click.Context, as_json: bool) -> None:
    """List the nodes and when each was last seen."""
    found = run(ctx, lambda admin: admin.nodes())
    show_rows(
        [dataclasses.asdict(record) for record in found],
        ("name", "version", "started", "heartbeat", "listeners"),
        as_json=as_json,
        empty="No node has served from this store yet: umbel serve",
    )


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


def call_row(record: CallRecord) -> Row:
    """Give a call as tables and JSON have it."""
    end = record.ended or datetime.now(UTC)
    row = dataclasses.asdict(record)
    row["caller"] = record.caller or "anonymous"
    row["seconds"] = round((end - record.started).total_seconds(), 1)
    return row


def _print_event(event: Event) -> None:
    level = {Level.INFORMATION: " ", Level.WARNING: "!", Level.ERROR: "✗"}[event.kind.level]
    click.echo(f"{words(event.at)} {level} {event.kind.number}  {event.sentence}")
    if event.cure and event.kind.level is not Level.INFORMATION:
        click.echo(f"{'':24}→ {event.cure}")


def _print_new(found: list[Event], seen: list[Event]) -> list[Event]:
    new = [event for event in found if event not in seen]
    for event in new:
        _print_event(event)
    return new


def _ago(text: str) -> datetime:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None:
        raise Mistake(
            f'"{text}"',
            expected="a number with s, m, h or d, as in 12h",
            where="umbel events --since",
        )
    return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})

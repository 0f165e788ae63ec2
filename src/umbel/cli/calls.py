"""``umbel calls``: what happens now, and what happened."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from umbel.admin.administration import Administration
from umbel.directory.records import CallRecord, CallState

from .output import (
    Row,
    clock_time,
    json_option,
    print_json,
    print_json_line,
    show_one,
    show_rows,
    words,
)
from .session import follow as go_on
from .session import run

FOLLOW_EVERY = 0.5
"""Seconds between two looks at the store."""


@click.command()
@click.argument("call", required=False)
@click.option("--follow", is_flag=True, help="Go on, a line for each change, until Ctrl-C.")
@click.option("--recent", is_flag=True, help="Past calls as well, the newest first.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="With --recent: at most so many.",
)
@json_option
@click.pass_context
def calls(
    ctx: click.Context, call: str | None, follow: bool, recent: bool, limit: int, as_json: bool
) -> None:
    """Show the calls that go on now, with what each caller hears; or everything about one CALL.

    With --follow --json each change is one line.
    """
    if call is not None:
        record = run(ctx, lambda admin: admin.call(call))
        show_one(call_row(record), as_json=as_json)
    elif follow:
        go_on(ctx, lambda admin: _follow(admin, as_json=as_json))
    elif recent:
        rows = [call_row(each) for each in run(ctx, lambda admin: admin.recent_calls(limit))]
        columns = ("id", "started", "caller", "dialled", "flow", "seconds", "status", "reason")
        show_rows(rows, columns, as_json=as_json, empty="No calls.")
    else:
        _show_live(run(ctx, lambda admin: admin.live_calls()), as_json=as_json)


def call_row(record: CallRecord) -> Row:
    """Give a call as tables and JSON have it."""
    end = record.ended or datetime.now(UTC)
    row = dataclasses.asdict(record)
    row["caller"] = record.caller or "anonymous"
    row["seconds"] = round((end - record.started).total_seconds(), 1)
    return row


def _show_live(records: Sequence[CallRecord], *, as_json: bool) -> None:
    """Print each call on two lines: what it is, and what its caller hears."""
    if as_json:
        print_json([call_row(record) for record in records])
        return
    for record in records:
        row = call_row(record)
        click.echo(f"{_what(record)}, {words(row['seconds'])} s, at {record.node}")
        if record.caption:
            click.echo(f"    hears: {record.caption}")
    if not records:
        click.echo("No calls now. Past ones: umbel calls --recent. To wait: umbel calls --follow")


def _what(record: CallRecord) -> str:
    name = f" {record.caller_name}" if record.caller_name else ""
    flow = record.flow or record.state.value
    return f"{record.id}  {record.caller or 'anonymous'}{name} → {record.dialled}  {flow}"


async def _follow(admin: Administration, *, as_json: bool) -> None:
    """Print a line whenever a call begins, changes or ends."""
    last: dict[str, CallRecord] = {}
    while True:
        live = {record.id: record for record in await admin.live_calls()}
        for call in [*live, *(last.keys() - live.keys())]:
            record = live.get(call) or await admin.call(call)
            if record != last.get(call):
                print_json_line(call_row(record)) if as_json else _print_change(record)
        last = live
        await asyncio.sleep(FOLLOW_EVERY)


def _print_change(record: CallRecord) -> None:
    ended = record.state is CallState.ENDED
    says = f"ended: {record.status} {record.reason}" if ended else record.caption or "is offered"
    click.echo(f"{clock_time(datetime.now(UTC))}  {_what(record)}: {says}")

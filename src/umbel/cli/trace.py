"""``umbel trace``: what passed on the wire, as a ladder or as a file for Wireshark."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import BinaryIO

import click

from umbel.app.settings import Settings
from umbel.core.errors import Mistake
from umbel.trace.capture import Capture
from umbel.trace.entry import Kept
from umbel.trace.ladder import Ladder
from umbel.trace.repeats import Repeats
from umbel.trace.rows import rows
from umbel.trace.selection import Selection

from .ago import time_ago
from .output import json_option, print_json, print_json_line
from .session import settings_of

FOLLOW_EVERY = 0.3
"""Seconds between two looks at what is kept."""

Show = Callable[[Sequence[Kept]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for, by the options of the command."""

    what: str
    since: datetime | None
    is_following: bool
    is_full: bool
    as_json: bool
    file: str
    with_secrets: bool


@click.command()
@click.argument("what", metavar="CALL|GATEWAY|all")
@click.option("--since", metavar="AGO", help="Only what passed in the last 30m, 12h, 7d …")
@click.option("--follow", "is_following", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--full", "is_full", is_flag=True, help="Each message whole, under its arrow.")
@click.option(
    "--pcapng",
    "file",
    default="",
    metavar="FILE",
    help="Write it for Wireshark; - is standard output.",
)
@click.option("--secrets", "with_secrets", is_flag=True, help="With --pcapng: the TLS secrets too.")
@json_option
@click.pass_context
def trace(ctx: click.Context, /, since: str | None, **options: object) -> None:
    """Show the SIP messages of a call, of a gateway, or all, with the TLS facts of each connection.

    CALL is what umbel calls prints, or a Call-ID; the legs of a transfer come together. Messages
    are kept on the machine of the node that sent or got them, for as long as [trace] says.
    Credentials, PINs and SRTP keys are not in them.

    \b
    umbel trace all --follow --pcapng - | wireshark -k -i -
    """
    start = time_ago(since, "umbel trace --since") if since else None
    request = Request(since=start, **options)  # type: ignore[arg-type]  # as click has read them
    _check(request)
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(settings_of(ctx), request))


def _check(request: Request) -> None:
    if request.with_secrets and not request.file:
        raise Mistake("--secrets", expected="--pcapng FILE with it", where="umbel trace")
    if request.file and (request.as_json or request.is_full):
        raise Mistake(
            "--pcapng with another form", expected="one form at a time", where="umbel trace"
        )


async def _run(settings: Settings, request: Request) -> None:
    from umbel.app.kept_trace import kept_trace, what_is_wanted

    kept = kept_trace(settings)
    news = kept.news()
    wanted = await what_is_wanted(settings, request.what, news, request.since or _start(request))
    selection = Selection(wanted)
    with _shown(request) as show:
        show(selection.take(news))
        while request.is_following:
            await pause()
            if chosen := selection.take(kept.news()):
                show(chosen)


async def pause() -> None:
    """Wait for what comes."""
    await asyncio.sleep(FOLLOW_EVERY)


def _start(request: Request) -> datetime | None:
    """Say from when on: whoever follows everything has not asked for what was."""
    return datetime.now(UTC) if request.is_following and request.what == "all" else None


# --- the three forms ------------------------------------------------------------------------


@contextmanager
def _shown(request: Request) -> Iterator[Show]:
    if request.file:
        with _written(request) as show:
            yield show
    elif request.as_json:
        yield _as_json(request)
    else:
        yield _as_ladder(request)


def _as_ladder(request: Request) -> Show:
    ladder = Ladder(is_full=request.is_full)

    def show(kept: Sequence[Kept]) -> None:
        for line in ladder.draw(kept):
            click.echo(line)
        if not kept and not request.is_following:
            click.echo("Nothing passed. Everything that is kept: umbel trace all")

    return show


def _as_json(request: Request) -> Show:
    repeats = Repeats()

    def show(kept: Sequence[Kept]) -> None:
        if not request.is_following:
            print_json(list(rows(kept, repeats)))
            return
        for row in rows(kept, repeats):
            print_json_line(row)

    return show


@contextmanager
def _written(request: Request) -> Iterator[Show]:
    capture = Capture(f"Umbel {version('umbel')}", with_secrets=request.with_secrets)
    with _opened(request.file) as file:
        file.write(capture.begin())

        def show(kept: Sequence[Kept]) -> None:
            for block in capture.take(kept):
                file.write(block)
            file.flush()

        try:
            yield show
        finally:
            click.echo(_summary(capture, request), err=True)


def _summary(capture: Capture, request: Request) -> str:
    text = f"{capture.messages} SIP messages written to {request.file}."
    if not request.with_secrets:
        return text
    if capture.secrets:
        return f"{text} TLS secrets of {capture.secrets} connections: whoever has them reads along."
    return f"{text} No TLS secrets were kept; to keep them from now on: [trace] secrets = true"


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdout.buffer
        return
    try:
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise Mistake(
            error.strerror or str(error), expected="a file that can be written", where=name
        ) from error
    with os.fdopen(file, "wb") as opened:
        yield opened

"""``umbel serve`` and ``umbel try``."""

import asyncio
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import click

from .session import FINDINGS, settings_of

Result = TypeVar("Result")


@click.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Take calls until SIGTERM or Ctrl-C."""
    from umbel.app.log import configure_log
    from umbel.app.node import running_node

    async def work() -> None:
        async with running_node(settings):
            await asyncio.get_running_loop().create_future()

    settings = settings_of(ctx)
    configure_log(settings.log.format)
    _run_until_asked_to_stop(work())


@click.command("try")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("umbel-try"),
    show_default=True,
    help="Where everything of the system is kept.",
)
@click.option("--once", is_flag=True, help="Exit after the proof; 0 only if it succeeded.")
@click.option("--log", is_flag=True, help="Show the node's log as well.")
@click.option(
    "--incident", is_flag=True, help="Play the story of two servers with one certificate."
)
@click.pass_context
def try_system(ctx: click.Context, folder: Path, once: bool, log: bool, incident: bool) -> None:
    """Run a complete system on this machine, which proves itself by a call.

    With --incident it plays, and explains, the trouble that Umbel was made to end: every step for
    real, and the exit code is 0 only if each came true.
    """
    folder = folder.absolute()
    if incident:
        _play_incident(ctx, folder / "incident", log=log)
        return
    _say(f"A complete system, all of it in {folder}: setting up …")
    # What follows takes most of a second to import; the newcomer has something to read by now.
    from umbel.app.log import configure_log
    from umbel.app.settings import LogFormat
    from umbel.app.trial.system import try_umbel

    configure_log(LogFormat.AUTO, quiet=not log)
    succeeded = _run_until_asked_to_stop(
        try_umbel(folder, once=once, say=_say, programs=_programs())
    )
    if succeeded is None:
        _say(f"\nStopped. The same command starts it again; to remove it: rm -r {folder}")
    if succeeded is False or (once and succeeded is None):
        ctx.exit(FINDINGS)


def _play_incident(ctx: click.Context, folder: Path, *, log: bool) -> None:
    _say(f"The incident, all of it in {folder}: setting the stage …")
    from umbel.app.log import configure_log
    from umbel.app.settings import LogFormat
    from umbel.app.trial.incident.play import play_incident

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("w", encoding="utf-8") as file:
        configure_log(LogFormat.PRETTY, stream=sys.stderr if log else file)
        came_true = _run_until_asked_to_stop(play_incident(folder, say=_say))
    if not came_true:
        _say(f"What the nodes said: {folder / 'log'}")
        ctx.exit(FINDINGS)


def _say(text: str) -> None:
    """Print lines; on a terminal what is too long goes on under where it began."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        text = "\n".join(_hanging(line, width) for line in text.split("\n"))
    click.echo(text)


def _hanging(line: str, width: int) -> str:
    if line.startswith("    │ "):
        return _wrapped(line.removeprefix("    │ "), width, "    │ ")
    mark = ": " if line.startswith("    ") else "• "
    indent = len(line.partition(mark)[0] + mark) if mark in line else 0
    return _wrapped(line, max(width, indent + 20), "", " " * indent)


def _wrapped(line: str, width: int, first: str, further: str | None = None) -> str:
    """Wrap a line; *first* stands before it, *further* before the lines that go on with it."""
    wrapped = textwrap.wrap(
        line,
        width,
        initial_indent=first,
        subsequent_indent=first if further is None else further,
        break_on_hyphens=False,
    )
    return "\n".join(wrapped or [first])


def _programs() -> Path | None:
    """Give the folder of this ``umbel`` where a terminal would not find it by its name."""
    here = Path(sys.argv[0]).absolute().parent
    found = shutil.which("umbel", path=os.environ.get("PATH"))
    return None if found and Path(found).absolute().parent == here else here


def _run_until_asked_to_stop(work: Coroutine[None, None, Result]) -> Result | None:
    """Run *work* to its end, or until a signal; ``None`` after a signal."""

    async def supervised() -> Result | None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return None

    return asyncio.run(supervised())

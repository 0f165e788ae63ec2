"""``umbel serve`` and ``umbel try``."""

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import click

from umbel.app.log import configure_log
from umbel.app.node import running_node
from umbel.app.settings import LogFormat, Settings
from umbel.app.trial.system import try_umbel

from .session import FINDINGS, settings_of

Result = TypeVar("Result")


@click.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Take calls until SIGTERM or Ctrl-C."""
    settings = settings_of(ctx)
    configure_log(settings.log.format)
    _run_until_asked_to_stop(_serve(settings))


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
@click.pass_context
def try_system(ctx: click.Context, folder: Path, once: bool, log: bool) -> None:
    """Run a complete system on this machine, which proves itself by a call."""
    configure_log(LogFormat.AUTO, quiet=not log)
    succeeded = _run_until_asked_to_stop(try_umbel(folder.absolute(), once=once, say=click.echo))
    if succeeded is False:
        ctx.exit(FINDINGS)


async def _serve(settings: Settings) -> None:
    async with running_node(settings):
        await asyncio.get_running_loop().create_future()


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

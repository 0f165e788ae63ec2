"""The command line of ``script/bench``."""

import asyncio
import json
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Final, ParamSpec

import click

from . import comparing, media, plot, report, signalling, site, target
from .building import CACHE, NotPossible, build
from .comparing import Results
from .machine import Cores, describe
from .programs import ProgramFailed
from .progress import say

_PRIORITY: Final = -10
"""Of all that takes part, where the system allows it: then others disturb less."""
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)

Arguments = ParamSpec("Arguments")


@click.group()
def main() -> None:
    """Measure what Umbel carries: each figure a ratio, both sides of it taken in one run.

    docs/performance.md says how to read what is told.
    """


def _split(_: click.Context, option: click.Parameter, value: str) -> list[str]:
    words = [word.strip() for word in value.split(",") if word.strip()]
    possible = _CHOICES[option.name or ""]
    for word in words:
        if word not in possible:
            raise click.BadParameter(f"found {word!r}, expected some of {', '.join(possible)}")
    return words


_CHOICES: Final = {
    "calls": ("both", "playing", "recording"),
    "over": ("rtp", "srtp"),
    "sockets": ("shared", "own"),
}


def _output(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Add the options that every measurement has."""
    for decorate in (
        click.option("--out", type=_FOLDER, default=CACHE, help="Folder of plot and results."),
        click.option("--markdown", is_flag=True, help="Tables for docs/performance.md."),
        click.option("--json", "as_json", is_flag=True, help="One object with every figure."),
        click.option("--quick", is_flag=True, help="In some minutes, and rougher."),
        click.option("--core", default=0, show_default=True, help="The core that is measured."),
        click.option("--most", default=4000, show_default=True, help="Calls, at most."),
        click.option("--over", default="rtp,srtp", callback=_split, help="rtp, srtp."),
    ):
        command = decorate(command)
    return command


@main.command("media")
@click.option("--calls", default="both,playing,recording", callback=_split, help="What they do.")
@click.option("--sockets", default="shared,own", callback=_split, help="shared, own.")
@click.option("--asterisk/--no-asterisk", default=True, help="A whole node beside it as well.")
@_output
def media_command(
    *,
    calls: list[str],
    sockets: list[str],
    asterisk: bool,
    over: list[str],
    most: int,
    core: int,
    quick: bool,
    as_json: bool,
    markdown: bool,
    out: Path,
) -> None:
    """Calls held by the media engine, and by a C loop that shows the limit of the machine.

    Then, but not with --quick, what script/bench asterisk measures: all in one run.
    """
    if quick:
        calls, sockets, asterisk = calls[:1], sockets[:1], False
    pace = media.QUICK if quick else media.THOROUGH

    async def work() -> Results:
        bench = media.Bench(programs=build(), cores=_cores(core), pace=pace, most=most)
        series = await media.measure(bench, media.kinds(calls, over, sockets))
        results = Results(series=series, ratios=media.ratios(series))
        if asterisk:
            results.add(await _beside_asterisk(bench, over))
        return results

    _tell("media", _run(work()), out, as_json=as_json, markdown=markdown)


async def _beside_asterisk(bench: media.Bench, over: list[str]) -> Results:
    """Compare with Asterisk where it can be had; without it the rest is worth telling."""
    pace = signalling.THOROUGH
    whole = signalling.Bench(programs=bench.programs, cores=bench.cores, pace=pace, most=bench.most)
    try:
        return await comparing.against_asterisk(whole, over)
    except NotPossible as error:
        say(f"Without Asterisk: {error}")
        return Results()


@main.command("signalling")
@_output
def signalling_command(
    over: list[str], most: int, core: int, quick: bool, as_json: bool, markdown: bool, out: Path
) -> None:
    """Calls, OPTIONS and TLS handshakes a second of a whole node, and its delay under load."""
    pace = signalling.QUICK if quick else signalling.THOROUGH

    async def work() -> Results:
        bench = signalling.Bench(programs=build(), cores=_cores(core), pace=pace, most=most)
        return await comparing.signal(bench, over)

    _tell("signalling", _run(work()), out, as_json=as_json, markdown=markdown)


@main.command("asterisk")
@_output
def asterisk_command(
    over: list[str], most: int, core: int, quick: bool, as_json: bool, markdown: bool, out: Path
) -> None:
    """A whole node beside Asterisk, by the same generator: calls held, calls and OPTIONS a second."""
    pace = signalling.QUICK if quick else signalling.THOROUGH

    async def work() -> Results:
        bench = signalling.Bench(programs=build(), cores=_cores(core), pace=pace, most=most)
        return await comparing.against_asterisk(bench, over)

    _tell("asterisk", _run(work()), out, as_json=as_json, markdown=markdown)


@main.command("target")
@click.option("--out", type=click.Path(path_type=Path), help="Write the target's JSON file there.")
@click.option("--folder", type=_FOLDER, help="Of the node; it is made anew.")
@click.option("--port", default=5560, show_default=True, help="UDP and TCP; TLS has the next.")
@click.option("--only-write", is_flag=True, help="Write the file, and start nothing.")
def target_command(out: Path | None, folder: Path | None, port: int, only_write: bool) -> None:
    """Serve as a whole node in the foreground, for a load generator that is not ours."""
    place = site.Place(folder=(folder or CACHE / "target").absolute(), port=port)
    try:
        if out is not None:
            target.write(place, out)
        if not only_write:
            target.serve(place)
    except (NotPossible, site.NotOurs) as error:
        raise click.ClickException(str(error)) from error


def _run(work: Coroutine[None, None, Results]) -> Results:
    try:
        return asyncio.run(_until_terminated(work))
    except asyncio.CancelledError as error:
        raise click.ClickException("it was ended from outside") from error
    except (NotPossible, ProgramFailed) as error:
        raise click.ClickException(str(error)) from error


async def _until_terminated(work: Coroutine[None, None, Results]) -> Results:
    """Let SIGTERM end the work as Ctrl-C does: no server that was started is left running."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _cores(server: int) -> Cores:
    """Give the measured core; the bench itself, and so its generator, goes to another one."""
    possible = os.sched_getaffinity(0)
    others = sorted(possible - {server})
    if server not in possible or not others:
        raise NotPossible("the bench needs two cores: one is measured, one makes the load")
    os.sched_setaffinity(0, {others[-1]})
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    return Cores(server=server, load=others[-1])


def _tell(name: str, results: Results, out: Path, *, as_json: bool, markdown: bool) -> None:
    machine = describe()
    everything = (machine, results.series, results.rates, results.ratios)
    text = json.dumps(report.as_json(*everything), indent=1) + "\n"
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(text, "utf-8")
    if results.series:
        (out / f"{name}.svg").write_text(plot.plot(results.series), "utf-8")
        say(f"The plot: {out / f'{name}.svg'}")
    say(f"Every figure: {out / f'{name}.json'}")
    if as_json:
        click.echo(text, nl=False)
    if markdown or not as_json:
        click.echo(report.as_markdown(*everything), nl=False)

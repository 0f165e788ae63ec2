"""The command line of ``script/bench``."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from . import figures, media, site, target
from .building import CACHE, NotPossible, build
from .machine import Cores, describe
from .programs import ProgramFailed


@click.group()
def main() -> None:
    """Measure what Umbel carries: each figure a ratio, both sides of it taken in one run."""


def _split(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _cores(server: int) -> Cores:
    """Give the measured core; the bench itself, and so its generator, goes to another one."""
    others = sorted(os.sched_getaffinity(0) - {server})
    if not others:
        raise NotPossible("the bench needs two cores: one is measured, one makes the load")
    os.sched_setaffinity(0, {others[-1]})
    return Cores(server=server, load=others[-1])


@main.command("media")
@click.option("--calls", default="both,playing,recording", callback=_split, help="What they do.")
@click.option("--over", default="rtp,srtp", callback=_split, help="rtp, srtp.")
@click.option("--sockets", default="shared,own", callback=_split, help="shared, own.")
@click.option("--most", default=4000, show_default=True, help="Calls, at most.")
@click.option("--core", default=0, show_default=True, help="The core that is measured.")
@click.option("--quick", is_flag=True, help="Under three minutes, and rougher.")
@click.option("--json", "as_json", is_flag=True, help="One object with all figures and ratios.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the plot.")
def media_command(
    calls: list[str],
    over: list[str],
    sockets: list[str],
    most: int,
    core: int,
    quick: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Calls held by the media engine, and by a C loop that shows the limit of the machine."""
    if quick:
        calls, sockets = calls[:1], sockets[:1]
    pace = media.QUICK if quick else media.THOROUGH
    try:
        bench = media.Bench(programs=build(), cores=_cores(core), pace=pace, most=most)
        series = asyncio.run(media.measure(bench, media.kinds(calls, over, sockets)))
    except (NotPossible, ProgramFailed) as error:
        raise click.ClickException(str(error)) from error
    _report(series, media.ratios(series), as_json=as_json, out=out or CACHE)


@main.command("target")
@click.option("--out", type=click.Path(path_type=Path), help="Write the target's JSON file there.")
@click.option("--folder", type=click.Path(path_type=Path), help="Of the node; it is made anew.")
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


def _report(
    series: Sequence[figures.Series],
    ratios: Sequence[figures.Ratio],
    *,
    as_json: bool,
    out: Path,
) -> None:
    whole = {
        "machine": describe(),
        "series": [it.to_json() for it in series],
        "ratios": [it.to_json() for it in ratios],
    }
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(whole, indent=1)
    (out / "media.json").write_text(text + "\n")
    if as_json:
        click.echo(text)
        return
    click.echo("\n".join(figures.series_lines(series)) + "\n")
    click.echo("\n".join(figures.ratio_lines(ratios)))
    sys.stdout.flush()

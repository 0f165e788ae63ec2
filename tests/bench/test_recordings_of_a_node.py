"""What hundreds of callers say at once is in a whole node's files as they said it, bit by bit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.array import UMBEL
from tests.support.program import port_pair, running

from bench import site
from bench.building import Programs
from bench.programs import Generator
from umbel.media import g711, wav
from umbel.media.frame import FRAME
from umbel.media.session import Codec

CALLS = 300
EACH_SECOND = 60
SECONDS = 4.0
"""Of each call; the prompts before the tone and the tone take about one of them, on a busy machine two."""

MOST_CONCEALED = 10
"""Frames at both ends of a recording."""

Samples = NDArray[np.int16]


@asynccontextmanager
async def a_node(folder: Path) -> AsyncIterator[site.Place]:
    place = site.Place(folder=folder, port=port_pair())
    await asyncio.to_thread(site.make_site, place)
    command = (UMBEL, "--settings", place.settings, "serve")
    async with running(*command, log=folder.with_suffix(".log")) as node:
        await node.until("is serving", within=30)
        yield place


async def said(generator: Generator, file: Path) -> Samples:
    """Give what every caller says in a loop, each from another frame on."""
    await generator.ask(f"prompt {file}")
    return g711.decode(Codec.PCMU, file.read_bytes())


def frames_of(recorded: Samples, loop: Samples) -> list[int]:
    """Give which frame of the loop each frame of a recording is; -1: none, and it has none twice."""
    known = {frame.tobytes(): number for number, frame in enumerate(loop.reshape(-1, FRAME))}
    whole = recorded[: len(recorded) // FRAME * FRAME].reshape(-1, FRAME)
    return [known.get(frame.tobytes(), -1) for frame in whole]


def without_ends(frames: list[int]) -> list[int]:
    """Take off what a late tick has concealed at either end: the packets that came after it."""
    heard = [at for at, frame in enumerate(frames) if frame >= 0]
    return frames[heard[0] : heard[-1] + 1]


@pytest.mark.parametrize("transport", ["udp", "tls"])
async def test_every_message_is_what_its_caller_said(
    programs: Programs, tmp_path: Path, transport: str
) -> None:
    is_secure = transport == "tls"
    async with a_node(tmp_path / "node") as place:
        caller = site.SECURE_CALLER if is_secure else site.PLAIN_CALLER
        generator = await Generator.run(
            programs.load,
            *("--most", str(CALLS), "--transport", transport, "--from", caller),
            *("--server", f"127.0.0.1:{place.port + is_secure}"),
            *(["--libsrtp", str(programs.libsrtp)] if is_secure else []),
        )
        try:
            loop = await said(generator, tmp_path / "said")
            command = f"rate {EACH_SECOND} {CALLS / EACH_SECOND} {SECONDS} {site.VOICE_MAIL}"
            tally = await generator.run_calls(command, 30)
        finally:
            await generator.end()

    assert (tally.answered, tally.failed) == (CALLS, 0)
    recordings = [wav.read(file.read_bytes(), file.name) for file in place.audio.rglob("*.wav")]
    assert len(recordings) == CALLS
    beginnings = set()
    for recording in recordings:
        frames = frames_of(recording.samples, loop)
        said_of_it = without_ends(frames)
        assert len(frames) - len(said_of_it) <= MOST_CONCEALED
        assert len(said_of_it) > 50
        first = said_of_it[0]
        assert said_of_it == [
            at % (len(loop) // FRAME) for at in range(first, first + len(said_of_it))
        ]
        beginnings.add(first)
    assert len(beginnings) > CALLS / 4  # They were not all the same words.

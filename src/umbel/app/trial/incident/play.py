"""Setting the stage of the incident, playing it, and telling it on the terminal."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from umbel.app.administration import open_administration
from umbel.app.exchange import ProofFailed
from umbel.app.node import running_node
from umbel.app.trial.system import Captions
from umbel.core.instants import Duration
from umbel.media import g711
from umbel.media.session import Codec
from umbel.net.clock import SystemClock

from .pool import Topology, running_pool
from .stage import ARRAY, NODES, Stage, fill_store, set_stage
from .story import Cast, play
from .witness import Witness

Say = Callable[[str], None]
"""Prints a line."""

SHORT: Duration = 2.0
LONG: Duration = 14.0
"""Seconds of the message that is heard while the certificates are replaced."""

_NOTE = 800
"""Samples of one tone: 100 ms."""

_PROLOGUE = f"""
Two voice mail servers, {NODES[0]} and {NODES[1]}, stand behind one telephone
pool. They share one certificate: common name {ARRAY}, and both servers among the
alternative names. Subscribers hear their mail, callers leave messages. But who asks the attendant
for a colleague is cut off, and both servers log day after day: "This operation has timed out."
Nobody knows why. It happened; it took days to find.

Here it happens again, for real: two nodes, a pool, TLS and audio, all on this machine.
"""


async def play_incident(folder: Path, *, say: Say) -> bool:
    """Play the story in *folder*; say whether every step came true."""
    say(_PROLOGUE)
    captions = Captions(say, is_brief=True)
    try:
        await _play(await asyncio.to_thread(set_stage, folder), captions, say)
    except ProofFailed as failure:
        captions.step(f"FAILED: {failure}")
        return False
    captions.step("Every step came true.")
    return True


async def _play(stage: Stage, captions: Captions, say: Say) -> None:
    music, topology, clock = tones(LONG), Topology(), SystemClock()
    for node in NODES:
        await fill_store(stage, node, ("2001", music[:0]), ("2002", tones(SHORT)), ("2003", music))
    async with AsyncExitStack() as stack:
        logs = {
            node: await stack.enter_async_context(open_administration(stage.settings[node]))
            for node in NODES
        }
        witness = Witness(logs, clock)
        pool = await stack.enter_async_context(running_pool(stage, topology))
        for node in NODES:
            running = running_node(stage.settings[node], watch=captions.take, hosts=stage.hosts)
            await stack.enter_async_context(running)
        await play(
            Cast(
                stage=stage,
                pool=pool,
                topology=topology,
                witness=witness,
                tell=captions.step,
                chapter=lambda title: say(f"\n{title}\n"),
                quote=lambda text: say("\n".join(f"    │ {line}" for line in text.splitlines())),
                heard=captions.until,
                music=music,
            )
        )


def tones(seconds: Duration) -> NDArray[np.int16]:
    """
    Give tones that change every 100 ms and never come again, so that a gap would be found.

    They are as G.711 carries them, so that it changes no sample.
    """
    time = np.arange(_NOTE) / 8000
    pitches = 300 + 2700 * np.modf(np.arange(round(seconds * 10)) * 0.618034)[0]
    notes = [np.sin(2 * np.pi * pitch * time) * np.hanning(_NOTE) * 9000 for pitch in pitches]
    samples = np.concatenate(notes).astype(np.int16)
    return g711.decode(Codec.PCMU, g711.encode(Codec.PCMU, samples))

"""Two thousand calls that speak at once, each its own words: every recording is what was said."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest
from tests.support.choir import CONDUCTOR, Singer, said, sing

from umbel.media import g711
from umbel.media.engine import Close, Closed, Connect, Event, Record, Recorded, RecordingEnded
from umbel.media.frame import FRAME
from umbel.media.g711 import Linear
from umbel.media.session import Codec, MediaSession, SrtpKey, SrtpSuite
from umbel.net.media_engine import MediaEngine
from umbel.net.open_sockets import allow_many_sockets

pytestmark = pytest.mark.soak

CALLS = 2000
SECONDS = 4.0
"""Of the engine's time in which they speak."""
AFTERWARDS = 1.0
"""Seconds until the last packet is heard."""


def singer(number: int) -> Singer:
    """Give a telephone of one kind or another."""
    suites = {3: SrtpSuite.AES_CM_128_HMAC_SHA1_80, 4: SrtpSuite.AES_CM_128_HMAC_SHA1_32}
    suite = suites.get(number % 10)
    return Singer(
        number=number,
        codec=(Codec.PCMU, Codec.PCMA)[number % 2 ^ number // 10 % 2],
        ptime={5: 10, 6: 30, 7: 40}.get(number % 20, 20),
        key=None if suite is None else SrtpKey(suite=suite, master=number.to_bytes(30)),
        is_behind_nat=number % 40 in (8, 3),
    )


SINGERS = [singer(number) for number in range(CALLS)]


@dataclass
class Told:
    """What the engine told of each call."""

    linear: defaultdict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    ended: dict[str, RecordingEnded] = field(default_factory=dict)
    closed: dict[str, Closed] = field(default_factory=dict)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: Event) -> None:
        """Keep an event of a call."""
        match event:
            case Recorded():
                self.linear[event.session].append(event.linear)
            case RecordingEnded():
                self.ended[event.session] = event
            case Closed():
                self.closed[event.session] = event
                if len(self.closed) == CALLS:
                    self.is_over.set()
            case _:
                pass


@pytest.fixture
async def engine() -> AsyncIterator[MediaEngine]:
    allow_many_sockets()
    engine = MediaEngine(range(35_000, 38_000))
    await engine.start()
    yield engine
    await engine.stop()


async def open_calls(engine: MediaEngine, told: Told) -> list[int]:
    """Connect all of them, and the conductor; give their ports."""
    conductor = MediaSession(
        remote_address=CONDUCTOR[0],
        remote_port=CONDUCTOR[1],
        remote_rtcp_port=CONDUCTOR[1] + 1,
        codec=Codec.PCMU,
        payload_type=0,
        silence_suppression=False,  # Every packet is a beat.
    )
    await engine.open("conductor", "127.0.0.1", lambda _: None, CONDUCTOR)
    engine.send(Connect(session="conductor", media=conductor))
    ports = []
    for one in SINGERS:
        peer = None if one.is_behind_nat else one.source
        ports.append(await engine.open(str(one.number), "127.0.0.1", told.take, peer))
        connect = Connect(
            session=str(one.number), media=one.media(), learn_address=one.is_behind_nat
        )
        engine.send(connect)
    return ports


async def spoken(engine: MediaEngine, ports: list[int]) -> list[list[int]]:
    """Let them speak while all are recorded; give the timestamps of all packets."""
    context = get_context("spawn")
    here, there = context.Pipe()
    choir = context.Process(target=sing, args=(SINGERS, ports, SECONDS, there), daemon=True)
    choir.start()
    there.close()
    try:
        await asyncio.to_thread(here.recv)
        for one in SINGERS:
            engine.send(Record(session=str(one.number), recording=1, longest=600, silence=0))
        # What is asked for is done in this order: when this is open, all recordings run.
        await engine.open("last", "127.0.0.1", lambda _: None)
        here.send("begin")
        stamps = await asyncio.to_thread(_received, here)
    finally:
        choir.kill()
        await asyncio.to_thread(choir.join)
        here.close()
    return stamps


def _received(pipe: "Connection[Any, Any]") -> list[list[int]]:
    received: list[list[int]] = pipe.recv()
    return received


def assert_is_exact(one: Singer, stamps: list[int], told: Told) -> None:
    """Compare a recording with what was said, sample by sample."""
    name, silence = str(one.number), g711.SILENCE[one.codec]
    expected = g711.decode(one.codec, said(one, stamps, silence))
    heard = np.frombuffer(b"".join(told.linear[name]), "<i2")
    nothing = g711.decode(one.codec, np.array([silence], np.uint8))[0]
    lead = int(np.argmax(heard != nothing))
    statistics = told.closed[name].statistics

    assert statistics.packets_received == len(stamps)
    assert statistics.packets_lost == statistics.packets_refused == 0
    assert lead % FRAME == 0
    assert different(heard[lead:], expected, int(nothing)) == []
    assert (heard[lead + len(expected) :] == nothing).all()
    assert len(heard) >= lead + len(expected)
    assert told.ended[name].duration == len(heard) / 8000


def different(heard: Linear, expected: Linear, nothing: int) -> list[str]:
    """Give the frames that are not as expected, and in what way."""
    found = []
    for at in range(0, len(expected), FRAME):
        other = expected[at : at + FRAME]
        one = heard[at : at + len(other)]
        if len(one) < len(other) or (one != other).any():
            kinds = ("silence" if (it == nothing).all() else "speech" for it in (one, other))
            found.append(f"frame {at // FRAME}: heard {next(kinds)}, said {next(kinds)}")
    return found


async def test_two_thousand_recordings_are_exact(engine: MediaEngine) -> None:
    told = Told()
    ports = await open_calls(engine, told)
    sung = await spoken(engine, ports)
    await asyncio.sleep(AFTERWARDS)
    load = engine.load
    for one in SINGERS:
        engine.send(Close(session=str(one.number)))
    async with asyncio.timeout(60):
        await told.is_over.wait()

    assert load is not None
    assert load.sessions == CALLS + 2
    for one, stamps in zip(SINGERS, sung, strict=True):
        assert len(stamps) > 1, one
        assert_is_exact(one, stamps, told)

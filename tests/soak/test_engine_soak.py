"""Very many calls of a media engine, after which it holds what it held before: nothing."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest
from tests.support.process_figures import living_objects, memory
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media.engine import Close, Closed, Play, PlayEnded, Record, RecordingEnded, SendKey, Tone
from umbel.media.session import Codec, SrtpKey, SrtpSuite
from umbel.net.media_engine.seating import LINGER

CALLS = int(os.environ.get("UMBEL_SOAK_CALLS", "3000"))
AT_ONCE = 60
WARMING_UP = 1800

pytestmark = [pytest.mark.soak, pytest.mark.timeout(120 + CALLS // 50)]

MOST_GROWN = 12
"""MB. A hundred octets that each of 100,000 calls left behind would be ten."""

KINDS = (
    (Codec.PCMU, None),
    (Codec.PCMA, SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(range(30)))),
    (Codec.PCMU, SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_32, master=bytes(30), mki=b"\1\2")),
    (Codec.PCMA, None),
    (Codec.G722, None),
)


@pytest.fixture
def peers() -> Iterator[list[RtpPeer]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(RtpPeer(codec=codec, sends_with=key, receives_with=key))
            for codec, key in (KINDS[number % len(KINDS)] for number in range(AT_ONCE))
        ]


def live_through(studio: Studio, peers: list[RtpPeer], first: int) -> None:
    """Let a call come from each peer, at once, and do everything that a call can do."""
    names = [str(first + number) for number in range(len(peers))]
    for number, (name, peer) in enumerate(zip(names, peers, strict=True)):
        peer.ssrc, peer.sequence_number = first + number, 1000
        studio.call(peer, name, learn_address=number % 7 == 0)
        studio.do(Play(session=name, play=1, items=(Tone(440, 0.2),)))
        studio.do(Record(session=name, recording=1, longest=60, silence=number % 2))
    for tick in range(4):
        for number, peer in enumerate(peers):
            if tick == 2 and number % 4 == 0:
                peer.audio(bytes(160))  # Lost.
            elif tick == 1 and number % 5 == 1:
                peer.noise()
            elif tick == 3 and number % 6 == 1:
                peer.send(peer.key(b"\x01\x0a\x00\xa0", timestamp=peer.timestamp, marker=True))
            else:
                peer.say(bytes([tick + 1]) * 160)
        if tick == 1:
            studio.do(SendKey(session=names[first % len(names)], key="5", held=0.1))
        studio.tick()
    for name in names[first % 2 :: 2] + names[1 - first % 2 :: 2]:
        studio.do(Close(session=name))
    for peer in peers:
        peer.heard()


def told(studio: Studio) -> Counter[type]:
    """Count what the engine told, and forget it."""
    kinds = Counter(type(event) for event in studio.events)
    refused = sum(it.statistics.packets_refused for it in studio.of(Closed))
    studio.events.clear()
    assert refused == 0
    return kinds


def held(thing: object, path: str = "engine", seen: set[int] | None = None) -> dict[str, int]:
    """Give how much each table has that can be reached from *thing*."""
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, np.ndarray | str | bytes | range):
        return {}
    seen.add(id(thing))
    found = {path: len(thing)} if isinstance(thing, dict | list | set | tuple) else {}
    parts = dict(getattr(thing, "__dict__", {}))
    parts |= {name: getattr(thing, name, None) for name in getattr(thing, "__slots__", ())}
    for name, part in parts.items():
        if type(thing).__module__.startswith("umbel."):
            found |= held(part, f"{path}.{name}", seen)
    return found


def test_many_calls_leave_nothing_behind(peers: list[RtpPeer]) -> None:
    with Studio() as studio:
        kinds: Counter[type] = Counter()
        figures: list[tuple[dict[str, int], int, Counter[str], float]] = []
        calls = 0
        while calls < WARMING_UP + CALLS:
            live_through(studio, peers, calls)
            kinds += told(studio)
            calls += len(peers)
            if calls % 6000 == 0:
                pass
            is_last = calls >= WARMING_UP + CALLS
            if (not figures and calls >= WARMING_UP) or is_last:
                studio.clock.go_on(LINGER)
                studio.tick()
                studio.engine._tables.seating._forget_gone(studio.clock.now())
                sockets = len(os.listdir("/proc/self/fd"))
                tables = held(studio.engine)
                figures.append((tables, sockets, living_objects(), memory(os.getpid())))
        before, after = figures

        assert kinds[Closed] == kinds[PlayEnded] == kinds[RecordingEnded] == calls
        assert after[0] == before[0]
        assert after[1] == before[1]
        assert after[2] - before[2] == Counter()
        assert after[3] - before[3] < MOST_GROWN
        assert after[0]["engine._ports._rows"] == len(studio.engine._ports)
        assert not any(studio.engine._report_at < np.inf)

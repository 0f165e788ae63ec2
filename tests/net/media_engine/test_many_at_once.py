"""Packets that are taken many at once come to the same as if each were looked at alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media.engine import Close, Closed, Event, Record, Recorded
from umbel.net.media_engine.batches import Inbox
from umbel.net.media_engine.hearing import Hearing

Ticks = list[list[tuple[str, int]]]
"""For each tick what comes: what is done with a packet, and which of the three calls it is of."""

DEEDS = ("say", "say", "say", "lose", "twice", "late", "restart", "other-source", "short", "key")


def nothing_at_once(_: Hearing, inbox: Inbox, *_rest: object) -> object:
    return np.arange(inbox.count)


def live(ticks: Ticks) -> list[Event]:
    """Live through it; give all events."""
    with Studio() as studio, RtpPeer() as a, RtpPeer() as b, RtpPeer() as c:
        peers = (a, b, c)
        for number, peer in enumerate(peers):
            studio.call(peer, str(number))
            studio.do(Record(session=str(number), recording=1, longest=0.33, silence=0))
        held: dict[int, list[bytes]] = {}
        for tick in ticks:
            for deed, number in tick:
                act(peers[number], deed, held.setdefault(number, []))
            studio.tick()
        for number in range(3):
            studio.do(Close(session=str(number)))
        return studio.events


def act(peer: RtpPeer, deed: str, held: list[bytes]) -> None:
    audio = bytes([peer.sequence_number % 251]) * (80 if deed == "short" else 160)
    match deed:
        case "lose":
            peer.audio(audio)
        case "twice":
            peer.transmit(peer.send(peer.audio(audio)))
        case "late":
            held.append(bytes(peer.audio(audio)))
            if len(held) > 1:
                peer.transmit(held.pop(0))
        case "restart":
            peer.skip(5_000_000)
            peer.sequence_number = (peer.sequence_number + 20_000) % 65536
            peer.say(audio)
        case "other-source":
            peer.ssrc ^= 1
            peer.say(audio)
        case "key":
            peer.send(peer.key(b"\x01\x0a\x00\xa0", timestamp=peer.timestamp, marker=True))
        case _:
            peer.say(audio)


@repeatable
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 2)), max_size=6), max_size=30
    )
)
def test_whatever_comes(ticks: Ticks) -> None:
    with pytest.MonkeyPatch.context() as patched:
        at_once = comparable(live(ticks))
        patched.setattr(Hearing, "hear", nothing_at_once)
        alone = comparable(live(ticks))

    assert at_once == alone


def comparable(events: list[Event]) -> list[object]:
    """Leave out what differs from run to run: ports. Jitter is compared to a microsecond."""
    found: list[object] = []
    for event in events:
        if isinstance(event, Closed):
            told = event.statistics
            found.append((event.session, told.packets_received, told.packets_lost))
            found.append((told.packets_refused, round(told.jitter, 6)))
        elif isinstance(event, Recorded):
            found.append((event.session, event.linear))
        elif hasattr(event, "key"):
            found.append(event)
    return found

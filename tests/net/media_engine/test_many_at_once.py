"""Packets that are taken many at once come to the same as if each were looked at alone."""

from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media.engine import Close, Closed, Event, Record, Recorded
from umbel.media.rtp import Packet
from umbel.media.session import SrtpKey, SrtpSuite
from umbel.net.media_engine.batches import Inbox
from umbel.net.media_engine.hearing import Hearing

Ticks = list[list[tuple[str, int]]]
"""For each tick what comes: what is done with a packet, and which of the calls it is of."""

DEEDS = (
    *("say", "say", "say", "lose", "twice", "late", "restart", "other-source", "short", "key"),
    *("noise", "forged", "odd", "long"),
)
KEYS = (
    None,
    SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(range(30))),
    SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_32, master=bytes(30), mki=b"sixsix"),
)


def nothing_at_once(_: Hearing, inbox: Inbox, *_rest: object) -> object:
    return np.arange(inbox.count)


def live(ticks: Ticks, keys: Sequence[SrtpKey | None], *, is_shared: bool = False) -> list[Event]:
    """Live through it; give all events. *is_shared*: the last two calls have one address."""
    with Studio() as studio, ExitStack() as stack:
        peers = [stack.enter_context(RtpPeer(sends_with=key, receives_with=key)) for key in keys]
        for number, peer in enumerate(peers):
            peer.ssrc = 1000 * number
            peer.sequence_number = 65530 if peer.is_plain else 100
            studio.call(peer, str(number))
            studio.do(Record(session=str(number), recording=1, longest=0.33, silence=0))
        if is_shared:
            peers[-1].rtp, unused = peers[-2].rtp, peers[-1].rtp
            unused.close()
            studio.connect(peers[-1], str(len(peers) - 1))
        held: dict[int, list[Packet]] = {}
        for tick in ticks:
            for deed, number in tick:
                act(peers[number], deed, held.setdefault(number, []))
            studio.tick()
        for number in range(len(peers)):
            studio.do(Close(session=str(number)))
        return studio.events


def act(peer: RtpPeer, deed: str, held: list[Packet]) -> None:
    length = {"short": 80, "odd": 37, "long": 480}.get(deed, 160)
    audio = bytes([peer.sequence_number % 251]) * length
    match deed:
        case "lose":
            peer.audio(audio)
        case "twice":
            peer.transmit(peer.send(peer.audio(audio)))
        case "late":
            held.append(peer.audio(audio))
            if len(held) > 1:
                peer.send(held.pop(0))
        case "noise":
            peer.noise()
        case "forged":
            packet = bytes(peer.audio(audio))
            peer.transmit(packet[:12] + bytes(12) + packet[24:] if not peer.is_plain else b"\x80")
        case "restart":
            restart(peer)
            peer.say(audio)
        case "other-source":
            peer.ssrc ^= 1
            peer.say(audio)
        case "key":
            peer.send(peer.key(b"\x01\x0a\x00\xa0", timestamp=peer.timestamp, marker=True))
        case _:
            peer.say(audio)


def histories(calls: int) -> st.SearchStrategy[Ticks]:
    deeds = st.tuples(st.sampled_from(DEEDS), st.integers(0, calls - 1))
    return st.lists(st.lists(deeds, max_size=2 * calls), max_size=30)


def restart(peer: RtpPeer) -> None:
    """Let clock and numbers leap: with SRTP not back, which would be another round of them."""
    peer.skip(5_000_000)
    peer.sequence_number = (peer.sequence_number + (20_000 if peer.is_plain else 3100)) % 65536


@repeatable
@given(histories(3))
def test_whatever_comes(ticks: Ticks) -> None:
    assert_are_alike(ticks, (None,) * 3)


@repeatable
@given(histories(3))
def test_whatever_comes_with_srtp(ticks: Ticks) -> None:
    assert_are_alike(ticks, KEYS)


@repeatable
@given(histories(3), st.booleans())
def test_whatever_comes_from_an_address_of_two(ticks: Ticks, is_secret: bool) -> None:
    keys = KEYS[:1] + (KEYS[1:2] * 2 if is_secret else (None,) * 2)
    assert_are_alike(ticks, keys, is_shared=True)


def assert_are_alike(
    ticks: Ticks, keys: Sequence[SrtpKey | None], *, is_shared: bool = False
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        at_once = comparable(live(ticks, keys, is_shared=is_shared))
        patched.setattr(Hearing, "hear", nothing_at_once)
        alone = comparable(live(ticks, keys, is_shared=is_shared))

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

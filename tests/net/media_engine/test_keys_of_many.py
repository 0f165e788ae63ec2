"""Keys of hundreds of calls at once over a bad network: none is lost, none is doubled, none invented."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tests.support import spoken
from tests.support.key_tones import Sounding
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media import g711
from umbel.media.engine import KeyPressed
from umbel.media.frame import FRAME
from umbel.media.rtp import Packet
from umbel.media.session import PLAIN_CODECS, SrtpKey, SrtpSuite
from umbel.media.telephone_event import KEYS, press

CALLS = 240
PRESSES = 6
LOSS = 0.05
TWICE = 0.03
OVERTAKEN = 0.05
LATE = 3
"""Ticks by which a packet may be late at most."""
SECRETS = (None, SrtpSuite.AES_CM_128_HMAC_SHA1_80, SrtpSuite.AES_CM_128_HMAC_SHA1_32)


@dataclass
class Caller:
    """A telephone, and the packets that it sends in each tick."""

    peer: RtpPeer
    keys: str
    ticks: list[list[tuple[Packet, int | None]]] = field(default_factory=list)
    """Each packet with the number of the press that it belongs to."""
    arrived: list[int] = field(default_factory=list)
    """The presses of which something came, in order."""


def key_of(number: int) -> SrtpKey | None:
    suite = SECRETS[number % len(SECRETS)]
    return SrtpKey(suite=suite, master=number.to_bytes(30)) if suite else None


@pytest.fixture
def callers() -> Iterator[list[Caller]]:
    dice = Random(4733)
    with ExitStack() as stack:
        callers = []
        for number in range(CALLS):
            key = key_of(number)
            peer = stack.enter_context(
                RtpPeer(codec=PLAIN_CODECS[number % 2], sends_with=key, receives_with=key)
            )
            peer.ssrc, peer.sequence_number = dice.getrandbits(32), dice.randrange(60_000)
            keys = "".join(dice.choice(KEYS[:12]) for _ in range(PRESSES))
            callers.append(Caller(peer, keys))
        yield callers


def over_a_bad_network(
    sent: list[tuple[Packet, int | None]], dice: Random
) -> list[list[tuple[Packet, int | None]]]:
    """Give what comes in each tick of packets of which one was sent in each."""
    ticks: list[list[tuple[Packet, int | None]]] = [[] for _ in range(len(sent) + LATE + 1)]
    for tick, one in enumerate(sent):
        if tick and dice.random() < LOSS:
            continue
        for _ in range(1 + (dice.random() < TWICE)):
            late = dice.randint(1, LATE) if tick and dice.random() < OVERTAKEN else 0
            ticks[tick + late].append(one)
    return ticks


def dial(caller: Caller, dice: Random) -> None:
    """Press all keys as telephone events, with audio between them."""
    peer = caller.peer
    sent: list[tuple[Packet, int | None]] = [(peer.audio(bytes(FRAME)), None)]
    for number, key in enumerate(caller.keys):
        sent += [(peer.audio(bytes(FRAME)), None) for _ in range(dice.randint(LATE + 1, 10))]
        began = peer.timestamp
        for scheduled in press(key, dice.choice((0.06, 0.1, 0.3))):
            packet = peer.key(bytes(scheduled.event), timestamp=began, marker=scheduled.marker)
            sent.append((packet, number))
            peer.skip(FRAME)
    caller.ticks = over_a_bad_network(sent, dice)


def send(caller: Caller, tick: int) -> None:
    for packet, number in caller.ticks[tick] if tick < len(caller.ticks) else ():
        caller.peer.send(packet)
        if number is not None and number not in caller.arrived:
            caller.arrived.append(number)


def pressed(studio: Studio) -> dict[str, str]:
    keys: defaultdict[str, str] = defaultdict(str)
    for event in studio.of(KeyPressed):
        keys[event.session] += event.key
    return keys


def test_as_events_are_each_told_once(studio: Studio, callers: list[Caller]) -> None:
    dice = Random(5)
    for number, caller in enumerate(callers):
        dial(caller, dice)
        studio.call(caller.peer, str(number))
    for tick in range(max(len(caller.ticks) for caller in callers)):
        for caller in callers:
            send(caller, tick)
        studio.tick()
    told = pressed(studio)

    for number, caller in enumerate(callers):
        assert caller.arrived == list(range(PRESSES))
        assert told[str(number)] == caller.keys


def sounding(caller: Caller, dice: Random) -> list[tuple[Packet, int | None]]:
    """Sound all keys for 100 ms each; give the packets, and which press each has something of."""
    peer = caller.peer
    parts, of = [np.zeros(5 * FRAME)], [np.full(5 * FRAME, -1)]
    for number, key in enumerate(caller.keys):
        pause = 800 + dice.randrange(400)
        parts += [Sounding(level=-dice.randint(5, 25)).key(key, 0.1), np.zeros(pause)]
        of += [np.full(800, number), np.full(pause, -1)]
    wave, press_of = np.concatenate(parts), np.concatenate(of)
    octets = g711.encode(peer.codec, np.rint(wave).astype(np.int16))
    sent: list[tuple[Packet, int | None]] = []
    for start in range(0, len(octets) - FRAME + 1, FRAME):
        number = int(press_of[start : start + FRAME].max())
        packet = peer.audio(octets[start : start + FRAME].tobytes())
        sent.append((packet, None if number < 0 else number))
    return sent


def test_as_tones_are_told_when_another_source_has_lower_numbers(studio: Studio) -> None:
    with RtpPeer() as peer:
        studio.call(peer, media=replace(peer.media(), telephone_event=None))
        for ssrc, sequence_number in ((1, 40000), (2, 100)):
            peer.ssrc, peer.sequence_number = ssrc, sequence_number
            for packet, _ in sounding(Caller(peer, "12"), Random(1)):
                peer.send(packet)
                studio.tick()
            studio.tick(5)

    assert "".join(event.key for event in studio.of(KeyPressed)) == "1212"


def test_as_tones_are_each_told_once_where_enough_of_them_came(
    studio: Studio, callers: list[Caller]
) -> None:
    """Of five packets one may be lost; of what lost more it is only sure that it is not doubled."""
    dice = Random(24)
    lost: list[list[int]] = []
    for number, caller in enumerate(callers):
        sent = sounding(caller, dice)
        kept = [one for one in sent if one is sent[0] or dice.random() >= LOSS]
        gone = [
            press for packet, press in sent if press is not None and (packet, press) not in kept
        ]
        lost.append([gone.count(press) for press in range(PRESSES)])
        caller.ticks = [[one] if one in kept else [] for one in sent]
        media = replace(caller.peer.media(), telephone_event=None)
        studio.call(caller.peer, str(number), media=media)
    for tick in range(max(len(caller.ticks) for caller in callers) + 10):
        for caller in callers:
            send(caller, tick)
        studio.tick()
    told = pressed(studio)

    for number, caller in enumerate(callers):
        heard, gone = told[str(number)], lost[number]
        sure = "".join(key for key, packets in zip(caller.keys, gone, strict=True) if packets < 2)
        assert is_within(sure, heard), (caller.keys, heard, gone)
        assert is_within(heard, caller.keys), (caller.keys, heard, gone)


def is_within(part: str, whole: str) -> bool:
    """Say whether the keys of *part* are, in this order, among those of *whole*."""
    left = iter(whole)
    return all(key in left for key in part)


def test_in_minutes_of_speech_are_none(studio: Studio, callers: list[Caller]) -> None:
    """What the prompts say, to each call another part of it, a packet in a hundred lost."""
    folder = Path(str(resources.files("umbel.speech"))) / "languages" / "en-US" / "clips"
    speech = spoken.clips(folder)
    dice, rows = Random(90), callers[:60]
    length = 700 * FRAME
    for number, caller in enumerate(rows):
        media = replace(caller.peer.media(), telephone_event=None)
        studio.call(caller.peer, str(number), media=media)
    said = []
    for number, caller in enumerate(rows):
        start = number * 977 * FRAME % (len(speech) - length)
        linear = np.rint(speech[start : start + length] * 30000).astype(np.int16)
        said.append(g711.encode(caller.peer.codec, linear).tobytes())
    for start in range(0, length, FRAME):
        for caller, octets in zip(rows, said, strict=True):
            packet = caller.peer.audio(octets[start : start + FRAME])
            if dice.random() >= 0.01:
                caller.peer.send(packet)
        studio.tick()

    assert studio.of(KeyPressed) == []

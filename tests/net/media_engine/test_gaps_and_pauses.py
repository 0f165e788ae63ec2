"""What recordings of many calls hear where nothing came: lost sound goes on, told noise is heard."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.repeatable import repeatable
from tests.support.rtp_peer import COMFORT_NOISE, RtpPeer
from tests.support.studio import Studio

from umbel.media import g711
from umbel.media.engine import Close, Record, Recorded
from umbel.media.frame import FRAME
from umbel.media.g711 import Linear
from umbel.media.session import PLAIN_CODECS, Codec

TICKS = 60
LEVELS = (35, 45, 55, 127)
"""dB below overload."""
OVERLOAD = 32124.0


@pytest.fixture
def peers() -> Iterator[list[RtpPeer]]:
    with ExitStack() as stack:
        codecs = (*PLAIN_CODECS, Codec.G722, *PLAIN_CODECS, *PLAIN_CODECS)
        yield [stack.enter_context(RtpPeer(codec=codec)) for codec in codecs]


def begin(studio: Studio, peers: list[RtpPeer]) -> None:
    for number, peer in enumerate(peers):
        studio.call(peer, str(number))
        studio.do(Record(session=str(number), recording=1, longest=60, silence=0))


def ended(studio: Studio, number: int) -> Linear:
    """Close a call, and give what was recorded of it."""
    studio.do(Close(session=str(number)))
    heard = (it.linear for it in studio.of(Recorded) if it.session == str(number))
    return np.frombuffer(b"".join(heard), "<i2")


def hum(peer: RtpPeer, ticks: int = TICKS) -> NDArray[np.uint8]:
    """Give a voice's hum in the codec of *peer*, a row for each tick."""
    wave = 6000 * np.sin(2 * np.pi * 200 * np.arange(ticks * FRAME) / 8000)
    codec = peer.codec if peer.codec in PLAIN_CODECS else Codec.PCMU
    return g711.encode(codec, np.rint(wave).astype(np.int16)).reshape(ticks, FRAME)


def strength(linear: Linear) -> float:
    return float(np.sqrt(np.square(linear.astype(np.float64)).mean()))


def tell_noise(peer: RtpPeer, level: int) -> None:
    packet = peer.audio(bytes(FRAME))
    peer.send(replace(packet, payload_type=COMFORT_NOISE, payload=bytes([level])))


class TestALostPacket:
    def test_leaves_no_hole_in_its_call_and_nothing_in_others(
        self, studio: Studio, peers: list[RtpPeer]
    ) -> None:
        """Each call of G.711 but the first two loses one of its own."""
        begin(studio, peers)
        said = [hum(peer) for peer in peers]
        for tick in range(TICKS):
            for number, peer in enumerate(peers):
                packet = peer.audio(said[number][tick].tobytes())
                if number < 2 or peer.codec is Codec.G722 or tick != 20 + number:
                    peer.send(packet)
            studio.tick()
        for number, peer in enumerate(peers):
            if peer.codec is Codec.G722:
                continue
            heard = ended(studio, number).reshape(TICKS, FRAME)
            expected = g711.decode(peer.codec, said[number].reshape(-1)).reshape(TICKS, FRAME)
            is_whole = (heard == expected).all(axis=1)
            if number < 2:
                assert is_whole.all()
                continue
            gap = 20 + number
            assert np.flatnonzero(~is_whole).tolist() in ([gap], [gap, gap + 1])
            assert strength(heard[gap]) > strength(expected[gap]) / 2

    @repeatable
    @given(st.sets(st.integers(1, 39), max_size=12), st.sampled_from([80, 160, 240]))
    def test_changes_nothing_of_what_came(self, lost: set[int], length: int) -> None:
        """Of packets of any length, wherever gaps are: but for the frame behind each."""
        octets = np.random.default_rng(1).integers(0, 0x7F, (40, length)).astype(np.uint8)
        with Studio() as studio, RtpPeer() as peer:
            begin(studio, [peer])
            due = 0.0
            for number, one in enumerate(octets):
                packet = peer.audio(one.tobytes())
                if number not in lost:
                    peer.send(packet)
                due += length / FRAME
                studio.tick(int(due))
                due -= int(due)
            studio.tick(10)
            heard = ended(studio, 0)
        expected = g711.decode(Codec.PCMU, octets.reshape(-1))
        lead = int(np.argmax(heard != 0))
        for number in range(40):
            near = {number, number - 1, number - 2, number - 3}
            if not near & lost:
                part = slice(number * length, (number + 1) * length)
                assert (heard[lead:][part] == expected[part]).all()


class TestAPause:
    @pytest.mark.parametrize("level", LEVELS)
    def test_has_the_noise_that_the_sender_told(
        self, studio: Studio, peers: list[RtpPeer], level: int
    ) -> None:
        """And the next call, whose sender told of none, has silence."""
        begin(studio, peers)
        for tick in range(TICKS):
            for number, peer in enumerate(peers):
                if tick < 10 or tick >= 50:
                    peer.say(hum(peer, 1)[0].tobytes())
                elif tick == 10 and number >= 3 and number % 2:
                    tell_noise(peer, level)
                else:
                    peer.skip(FRAME)
            studio.tick()
        for number, peer in enumerate(peers):
            if peer.codec is Codec.G722:
                continue
            heard = ended(studio, number)
            pause, told = heard[15 * FRAME : 45 * FRAME], OVERLOAD * 10 ** (-level / 20)
            if number >= 3 and number % 2 and level < 127:
                assert told / 1.5 < strength(pause) < told * 1.5
            else:
                assert strength(pause) <= 8
            assert len(heard) == TICKS * FRAME
            assert strength(heard[: 10 * FRAME]) > 3000
            assert strength(heard[50 * FRAME :]) > 3000

    def test_of_one_call_leaves_the_others_exact(
        self, studio: Studio, peers: list[RtpPeer]
    ) -> None:
        begin(studio, peers[:2])
        said = hum(peers[1])
        for tick in range(TICKS):
            if tick == 5:
                tell_noise(peers[0], 40)
            elif tick > 5:
                peers[0].skip(FRAME)
            else:
                peers[0].say(bytes(FRAME))
            peers[1].say(said[tick].tobytes())
            studio.tick()
        expected = g711.decode(peers[1].codec, said.reshape(-1))

        assert (ended(studio, 1) == expected).all()

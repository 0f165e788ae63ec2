"""What a peer hears when nothing has been said to it for a while, and when something is said again."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.support.rtp_peer import COMFORT_NOISE, RtpPeer
from tests.support.studio import Studio

from umbel.media.engine import Play, Samples, SendKey
from umbel.media.rtp import Packet
from umbel.media.session import MediaSession, SrtpKey, SrtpSuite

OURS = SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(range(30)))
THEIRS = SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(range(100, 130)))
LINGER = 10
"""Packets of silence before the first pause."""
REST = 10
"""Ticks from one packet to the next."""
WORD = Samples(linear=np.full(5 * 160, 1000, np.int16).tobytes())
SILENCE = b"\xff" * 160


def media(peer: RtpPeer, comfort_noise: int | None = COMFORT_NOISE) -> MediaSession:
    return replace(peer.media(), silence_suppression=True, comfort_noise=comfort_noise)


def say(studio: Studio, play: int = 1, session: str = "a") -> None:
    studio.do(Play(session=session, play=play, items=(WORD,)))


def spacing(packets: list[Packet]) -> set[int]:
    stamps = [packet.timestamp for packet in packets]
    return {after - before for before, after in pairwise(stamps)}


class TestSilenceThatLasts:
    @pytest.mark.parametrize("is_secure", [False, True])
    def test_is_told_as_comfort_noise_now_and_then(
        self, studio: Studio, *, is_secure: bool
    ) -> None:
        ours, theirs = (OURS, THEIRS) if is_secure else (None, None)
        with RtpPeer(sends_with=theirs, receives_with=ours) as peer:
            studio.call(peer, media=media(peer))
            studio.tick(LINGER)
            at_first = peer.heard()
            studio.tick(5 * REST)
            later = peer.heard()

        assert [packet.payload for packet in at_first] == [SILENCE] * LINGER
        assert [packet.payload_type for packet in later] == [COMFORT_NOISE] * 5
        assert {len(packet.payload) for packet in later} == {1}
        assert spacing([*at_first[-1:], *later]) == {REST * 160}
        assert not any(packet.marker for packet in later)
        numbers = [packet.sequence_number for packet in (*at_first, *later)]
        assert numbers == list(range(numbers[0], numbers[0] + LINGER + 5))

    def test_is_a_frame_now_and_then_where_the_peer_knows_no_comfort_noise(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer, media=media(peer, comfort_noise=None))
        studio.tick(LINGER)
        peer.heard()
        studio.tick(5 * REST)

        later = peer.heard()
        assert [packet.payload for packet in later] == [SILENCE] * 5
        assert spacing(later) == {REST * 160}

    def test_is_sent_whole_to_who_wants_no_packet_left_out(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.tick(50)

        assert [packet.payload for packet in peer.heard()] == [SILENCE] * 50

    def test_is_each_calls_own(self, studio: Studio, peer: RtpPeer) -> None:
        with RtpPeer() as other:
            studio.call(peer, media=media(peer))
            studio.call(other, "b")
            studio.tick(LINGER + 2 * REST)

            assert len(peer.heard()) == LINGER + 2
            assert len(other.heard()) == LINGER + 2 * REST

    def test_is_sent_whole_from_when_the_peer_wants_that(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer, media=media(peer))
        studio.tick(LINGER + REST)
        studio.connect(peer, media=replace(media(peer), silence_suppression=False))
        peer.heard()
        studio.tick(20)

        heard = peer.heard()
        assert [packet.payload for packet in heard] == [SILENCE] * 20
        assert [packet.marker for packet in heard] == [True] + [False] * 19


class TestSomethingThatIsSaidAfterwards:
    def test_comes_at_once_and_is_marked_as_a_new_spurt(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer, media=media(peer))
        studio.tick(LINGER + REST + 3)
        before = peer.heard()[-1]
        say(studio)
        studio.tick(5)

        heard = peer.heard()
        assert [packet.marker for packet in heard] == [True] + [False] * 4
        assert {packet.payload_type for packet in heard} == {peer.payload_type}
        assert SILENCE not in [packet.payload for packet in heard]
        assert heard[0].timestamp - before.timestamp == 4 * 160
        assert heard[0].sequence_number - before.sequence_number == 1

    def test_is_followed_by_silence_without_a_gap_for_a_while(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer, media=media(peer))
        studio.tick(LINGER + REST)
        say(studio)
        studio.tick(5)
        peer.heard()
        studio.tick(8)
        say(studio, play=2)
        studio.tick(5)

        heard = peer.heard()
        assert len(heard) == 13
        assert not any(packet.marker for packet in heard)

    def test_may_be_a_key(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=media(peer))
        studio.tick(LINGER + REST + 3)
        peer.heard()
        studio.do(SendKey(session="a", key="5", held=0.1))
        studio.tick(5)

        assert {packet.payload_type for packet in peer.heard()} == {101}

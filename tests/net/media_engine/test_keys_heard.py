"""Keys that come as telephone events: none is lost, none doubled, whatever the network does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media.engine import Close, KeyFromSignalling, KeyPressed
from umbel.media.rtp import Packet
from umbel.media.session import Direction
from umbel.media.telephone_event import KEYS, press


def pressed(peer: RtpPeer, key: str) -> list[Packet]:
    """Make the packets of one press of 100 ms, and let the stream run on meanwhile."""
    began = peer.timestamp
    packets = []
    for scheduled in press(key, 0.1):
        peer.skip(160)
        packets.append(peer.key(bytes(scheduled.event), timestamp=began, marker=scheduled.marker))
    return packets


def keys(studio: Studio) -> str:
    return "".join(event.key for event in studio.of(KeyPressed))


class TestAPress:
    @pytest.mark.parametrize("key", KEYS)
    def test_is_told_once(self, studio: Studio, peer: RtpPeer, key: str) -> None:
        studio.call(peer)
        for packet in pressed(peer, key):
            peer.send(packet)
            studio.tick()

        assert keys(studio) == key

    def test_is_told_in_the_tick_of_its_first_packet(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        peer.send(pressed(peer, "5")[0])

        assert studio.tick() == [KeyPressed(session="a", key="5")]

    def test_whose_packets_all_come_in_one_tick_is_told_once(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        for key in "11":
            for packet in pressed(peer, key):
                peer.send(packet)
        studio.tick()

        assert keys(studio) == "11"

    def test_between_audio_is_told_once(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        for key in "1876":
            peer.say(bytes(160))
            for packet in pressed(peer, key):
                peer.send(packet)
                studio.tick()
            peer.say(bytes(160))
            studio.tick(3)

        assert keys(studio) == "1876"

    def test_during_hold_is_not_for_us(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), direction=Direction.INACTIVE))
        for packet in pressed(peer, "1"):
            peer.send(packet)
        studio.tick()

        assert keys(studio) == ""

    def test_for_which_no_number_was_agreed_on_is_nothing(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer, media=replace(peer.media(), telephone_event=None))
        for packet in pressed(peer, "1"):
            peer.send(packet)
        studio.tick()

        assert keys(studio) == ""

    def test_that_is_cut_short_disturbs_nothing(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        peer.send(peer.key(b"\x01", timestamp=peer.timestamp, marker=True))
        for packet in pressed(peer, "2"):
            peer.send(packet)
        studio.tick()

        assert keys(studio) == "2"

    def test_of_a_hook_flash_is_no_key(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        peer.send(peer.key(b"\x10\x0a\x00\xa0", timestamp=peer.timestamp, marker=True))
        studio.tick()

        assert keys(studio) == ""

    def test_by_signalling_is_told_as_if_it_came_with_the_audio(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)

        assert studio.do(KeyFromSignalling(session="a", key="9")) == [
            KeyPressed(session="a", key="9")
        ]

    def test_is_told_of_its_own_call(self, studio: Studio, peer: RtpPeer) -> None:
        with RtpPeer() as other:
            studio.call(peer, "a")
            studio.call(other, "b")
            for packet in pressed(other, "3"):
                other.send(packet)

            assert studio.tick() == [KeyPressed(session="b", key="3")]


class TestABadNetwork:
    @repeatable
    @given(st.data())
    def test_neither_loses_nor_doubles_a_press(self, data: st.DataObject) -> None:
        """Of each press something arrives: in any order, any of it twice, any number at once."""
        with Studio() as studio, RtpPeer() as peer:
            studio.call(peer)
            for key in "4471":
                packets = pressed(peer, key)
                kept = data.draw(st.lists(st.sampled_from(packets), min_size=1, max_size=10))
                for packet in kept:
                    peer.send(packet)
                    if data.draw(st.booleans()):
                        studio.tick()
                for _ in range(5):
                    peer.say(bytes(160))
            studio.tick(5)
            studio.do(Close(session="a"))

            assert keys(studio) == "4471"

"""Whose packets are taken: only from where signalling said, or learnt once, and authentic."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media import g711, rtcp
from umbel.media.engine import Close, KeyPressed, Open, Opened, Statistics, StopRecording
from umbel.media.rtp import Extension
from umbel.media.session import Codec, SrtpKey, SrtpSuite

KEY = b"\x01\x0a\x00\xa0"
OURS = SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(range(30)))
THEIRS = SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(range(100, 130)))


@pytest.fixture
def stranger() -> Iterator[RtpPeer]:
    with RtpPeer() as stranger:
        yield stranger


def press(peer: RtpPeer) -> bytes:
    return peer.send(peer.key(KEY, timestamp=peer.timestamp, marker=True))


def keys(studio: Studio) -> int:
    return len(studio.of(KeyPressed))


def learnt(studio: Studio, peer: RtpPeer, stranger: RtpPeer) -> None:
    """Call a peer, and hear it first from the address of somebody else."""
    studio.call(peer, learn_address=True)
    stranger.engine = peer.engine
    stranger.say(bytes(160))
    studio.tick()


def statistics(studio: Studio) -> Statistics:
    studio.do(Close(session="a"))
    return studio.closed().statistics


class TestAStranger:
    def test_is_not_heard(self, studio: Studio, peer: RtpPeer, stranger: RtpPeer) -> None:
        studio.call(peer)
        stranger.engine = peer.engine
        studio.record()
        press(stranger)
        stranger.say(bytes(160))
        studio.tick(6)
        studio.do(StopRecording(session="a"))

        assert keys(studio) == 0
        assert studio.recorded() == bytes(6 * 320)
        told = statistics(studio)
        assert (told.packets_received, told.packets_refused) == (0, 2)

    def test_gets_nothing(self, studio: Studio, peer: RtpPeer, stranger: RtpPeer) -> None:
        studio.call(peer)
        stranger.engine = peer.engine
        stranger.say(bytes(160))
        studio.tick(5)

        assert stranger.heard() == []
        assert len(peer.heard()) == 5

    def test_who_floods_does_not_hold_up_the_tick(
        self, studio: Studio, peer: RtpPeer, stranger: RtpPeer
    ) -> None:
        studio.call(peer)
        stranger.engine = peer.engine
        for _ in range(100):
            stranger.say(bytes(160))
        studio.tick()

        assert statistics(studio).packets_refused == 16


class TestAPeerThatFloods:
    def test_is_heard_no_more_than_a_peer_can_have_to_say(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        """What is looked at one by one would cost all calls their tick."""
        studio.call(peer)
        for _ in range(200):
            press(peer)
        studio.tick()

        told = statistics(studio)
        assert (told.packets_received, told.packets_refused) == (64, 136)

    def test_with_audio_is_heard_no_more_either(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        peer.say(bytes(160))
        studio.tick()
        for _ in range(200):
            peer.say(bytes(160))
        studio.tick()

        told = statistics(studio)
        assert (told.packets_received, told.packets_refused) == (65, 136)

    def test_for_long_is_heard_less(self, studio: Studio, peer: RtpPeer) -> None:
        """A burst is what a network does; a flood is not."""
        studio.call(peer)
        for _ in range(50):
            for _ in range(20):
                peer.say(bytes(160))
            studio.tick()

        assert statistics(studio).packets_received == 64 + 49 * 4

    def test_does_not_keep_another_call_of_its_port_from_being_heard(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        with RtpPeer() as quiet:
            studio.call(peer)
            studio.call(quiet, "quiet")
            assert quiet.engine == peer.engine
            for _ in range(30):
                for _ in range(20):
                    peer.say(bytes(160))
                quiet.say(bytes(160))
                studio.tick()
            studio.do(Close(session="quiet"))

            assert studio.closed().statistics.packets_received == 30


class TestBeforeSignallingAgreed:
    def test_nobody_is_heard(self, studio: Studio, peer: RtpPeer) -> None:
        (opened,) = studio.do(Open(session="a", address="127.0.0.1"))
        assert isinstance(opened, Opened)
        peer.engine = ("127.0.0.1", opened.port)
        press(peer)
        peer.report(rtcp.ReceiverReport(ssrc=1))
        studio.tick()

        assert keys(studio) == 0
        assert statistics(studio).packets_refused == 2


class TestAPeerBehindNat:
    def test_is_learnt_from_its_first_packet(
        self, studio: Studio, peer: RtpPeer, stranger: RtpPeer
    ) -> None:
        studio.call(peer, learn_address=True)
        stranger.engine = peer.engine
        press(stranger)
        studio.tick()
        assert keys(studio) == 1

        peer.heard()
        studio.tick(3)
        assert peer.heard() == []
        assert len(stranger.heard()) == 3

    def test_is_learnt_only_once(self, studio: Studio, peer: RtpPeer, stranger: RtpPeer) -> None:
        studio.call(peer, learn_address=True)
        stranger.engine = peer.engine
        peer.say(bytes(160))
        studio.tick()
        press(stranger)
        studio.tick()

        assert keys(studio) == 0
        assert statistics(studio).packets_refused == 1

    def test_keeps_what_was_learnt_when_signalling_repeats_itself(
        self, studio: Studio, peer: RtpPeer, stranger: RtpPeer
    ) -> None:
        learnt(studio, peer, stranger)
        studio.connect(peer, learn_address=True)
        peer.heard()
        press(stranger)
        studio.tick(2)

        assert keys(studio) == 1
        assert len(stranger.heard()) == 2
        assert peer.heard() == []

    def test_is_where_signalling_says_if_it_speaks_from_there(
        self, studio: Studio, peer: RtpPeer, stranger: RtpPeer
    ) -> None:
        learnt(studio, peer, stranger)
        press(peer)
        studio.tick()
        assert keys(studio) == 1

        stranger.heard()
        press(stranger)
        studio.tick(3)
        assert keys(studio) == 1
        assert stranger.heard() == []

    def test_is_learnt_anew_when_signalling_names_another_address(
        self, studio: Studio, peer: RtpPeer, stranger: RtpPeer
    ) -> None:
        studio.call(peer, learn_address=True)
        peer.say(bytes(160))
        studio.tick()
        studio.connect(peer, media=stranger.media(), learn_address=True)
        press(peer)
        studio.tick()

        assert keys(studio) == 1

    def test_is_the_one_that_signalling_names_though_packets_are_still_under_way(
        self, studio: Studio, peer: RtpPeer, stranger: RtpPeer
    ) -> None:
        studio.call(peer, learn_address=True)
        stranger.engine = peer.engine
        peer.say(bytes(160))
        studio.tick()
        studio.connect(peer, media=stranger.media(), learn_address=True)
        peer.say(bytes(160))
        studio.tick()
        peer.heard()
        stranger.heard()
        stranger.ssrc = 77
        press(stranger)
        studio.tick(3)

        assert keys(studio) == 1
        assert (len(stranger.heard()), peer.heard()) == (3, [])

    def test_stays_where_it_was_if_it_goes_on_there_whatever_signalling_names(
        self, studio: Studio, peer: RtpPeer, stranger: RtpPeer
    ) -> None:
        studio.call(peer, learn_address=True)
        peer.say(bytes(160))
        studio.tick()
        studio.connect(peer, media=stranger.media(), learn_address=True)
        for _ in range(60):
            peer.say(bytes(160))
            studio.tick()
        peer.heard()
        studio.tick(3)

        assert len(peer.heard()) == 3

    @pytest.mark.parametrize(
        "rubbish",
        [b"", b"\x80", b"\x00" * 172, b"\x80\x7f" + bytes(170), b"\xa0\x00" + bytes(10)],
    )
    def test_is_not_learnt_from_what_is_no_packet_of_the_stream(
        self, studio: Studio, peer: RtpPeer, stranger: RtpPeer, rubbish: bytes
    ) -> None:
        studio.call(peer, learn_address=True)
        stranger.engine = peer.engine
        stranger.transmit(rubbish)
        studio.tick()
        press(peer)
        studio.tick()

        assert keys(studio) == 1
        assert statistics(studio).packets_refused == 1

    def test_with_srtp_is_not_learnt_from_a_packet_that_is_not_authentic(
        self, studio: Studio, stranger: RtpPeer
    ) -> None:
        with RtpPeer(sends_with=THEIRS, receives_with=OURS) as peer:
            peer.sequence_number = 1
            studio.call(peer, learn_address=True)
            stranger.engine = peer.engine
            press(stranger)
            studio.tick()
            press(peer)
            studio.tick()

            assert keys(studio) == 1
            assert stranger.heard() == []

    def test_with_srtp_is_learnt_from_one_that_is(self, studio: Studio) -> None:
        with (
            RtpPeer(sends_with=THEIRS, receives_with=OURS) as agreed,
            RtpPeer(sends_with=THEIRS, receives_with=OURS) as real,
        ):
            real.sequence_number = 1
            studio.call(agreed, learn_address=True)
            real.engine = agreed.engine
            press(real)
            studio.tick(2)

            assert keys(studio) == 1
            assert len(real.heard()) == 1


class TestAClosedStream:
    def test_takes_nothing_even_where_it_would_learn(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), remote_port=0), learn_address=True)
        press(peer)
        studio.tick()

        assert keys(studio) == 0


class TestAPacket:
    def test_with_sources_extension_and_padding_is_read_as_any(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.record()
        packet = replace(
            peer.audio(bytes(range(160))),
            csrcs=(1, 2),
            extension=Extension(profile=0xBEDE, data=bytes(4)),
        )
        padded = bytearray(bytes(packet) + b"\x00\x00\x00\x04")
        padded[0] |= 0x20
        peer.transmit(bytes(padded))
        studio.tick()
        studio.do(StopRecording(session="a"))

        expected = g711.decode(Codec.PCMU, bytes(range(160))).astype("<i2").tobytes()
        assert studio.recorded() == expected

    def test_of_a_kind_that_was_not_agreed_on_is_counted_and_not_heard(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.record()
        peer.send(replace(peer.audio(bytes(160)), payload_type=96))
        studio.tick()
        studio.do(StopRecording(session="a"))

        assert studio.recorded() == bytes(320)
        assert statistics(studio).packets_received == 1

    def test_far_off_in_its_numbers_waits_for_its_successor(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        peer.say(bytes(160))
        peer.sequence_number = 30000
        press(peer)
        studio.tick()
        assert keys(studio) == 0

        press(peer)
        studio.tick()
        assert keys(studio) == 1

"""What is recorded of a caller: every sample, of the length that passed, whatever the network did."""

from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media import g711
from umbel.media.engine import (
    Close,
    Closed,
    KeyFromSignalling,
    KeyPressed,
    Record,
    Recorded,
    RecordingEnd,
    RecordingEnded,
    StopRecording,
)
from umbel.media.session import PLAIN_CODECS, Codec, Direction

QUIET = bytes(320)
"""A frame of silence as it is recorded."""


def pattern(number: int) -> bytes:
    """Make a frame of octets of all values, another for each *number*."""
    return np.random.default_rng(number).integers(0, 256, 160).astype(np.uint8).tobytes()


def linear(*payloads: bytes, codec: Codec = Codec.PCMU) -> bytes:
    return g711.decode(codec, b"".join(payloads)).astype("<i2").tobytes()


def speech(level: int = 8000) -> bytes:
    wave = np.sin(2 * np.pi * 400 * np.arange(160) / 8000) * level
    return g711.encode(Codec.PCMU, wave.astype(np.int16)).tobytes()


def stop(studio: Studio) -> RecordingEnded:
    studio.do(StopRecording(session="a"))
    (ended,) = studio.of(RecordingEnded)
    return ended


def exchange(studio: Studio, peer: RtpPeer, *payloads: bytes) -> None:
    """Send one packet a tick."""
    for payload in payloads:
        peer.say(payload)
        studio.tick()


class TestARecording:
    @pytest.mark.parametrize("codec", PLAIN_CODECS)
    def test_is_to_the_bit_what_was_sent(self, studio: Studio, codec: Codec) -> None:
        payloads = [pattern(number) for number in range(120)]
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.record()
            exchange(studio, peer, *payloads)
            ended = stop(studio)

            assert studio.recorded() == linear(*payloads, codec=codec)
            assert ended == RecordingEnded(
                session="a", recording=1, ended=RecordingEnd.STOPPED, duration=2.4
            )

    def test_is_handed_over_second_by_second(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, *[speech()] * 130)

        first, *others = (len(part.linear) for part in studio.of(Recorded))
        assert 0 < first <= 16000
        assert others[:1] == [16000]
        assert set(others) == {16000}

    def test_is_handed_over_evenly_with_others_that_began_in_the_same_moment(
        self, studio: Studio
    ) -> None:
        with ExitStack() as stack:
            for number in range(100):
                studio.call(stack.enter_context(RtpPeer()), str(number))
                studio.do(Record(session=str(number), recording=1, longest=60, silence=0))
            ticks = [studio.tick() for _ in range(110)]

        assert max(len(happened) for happened in ticks) == 2
        assert len(studio.of(Recorded)) > 190

    def test_begins_where_it_is_asked_for(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        exchange(studio, peer, *map(pattern, range(10)))
        studio.record()
        exchange(studio, peer, *map(pattern, range(10, 30)))
        stop(studio)

        assert studio.recorded() == linear(*map(pattern, range(10, 30)))

    def test_lasts_as_long_as_it_did_also_when_nothing_comes(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.record()
        studio.tick(77)

        assert stop(studio).duration == 1.54
        assert studio.recorded() == QUIET * 77

    def test_before_anything_was_agreed_on_is_silence(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), remote_port=0))
        studio.record()
        studio.tick(10)

        assert stop(studio).duration == 0.2

    def test_that_is_stopped_at_once_is_empty(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()

        assert stop(studio).duration == 0.0
        assert studio.of(Recorded) == []

    @pytest.mark.parametrize("frames", range(1, 7))
    def test_may_be_shorter_than_the_delay_of_packets(
        self, studio: Studio, peer: RtpPeer, frames: int
    ) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, *map(pattern, range(frames)))
        stop(studio)

        assert studio.recorded() == linear(*map(pattern, range(frames)))

    def test_takes_packets_of_any_length(self, studio: Studio, peer: RtpPeer) -> None:
        payloads = [pattern(number) + pattern(number + 100) for number in range(20)]
        studio.call(peer)
        studio.record()
        for payload in payloads:
            peer.say(payload)
            studio.tick(2)
        stop(studio)

        assert studio.recorded() == linear(*payloads)

    def test_of_one_call_has_nothing_of_another(self, studio: Studio) -> None:
        with RtpPeer() as bell, RtpPeer(codec=Codec.PCMA) as gray:
            studio.call(bell, "bell")
            studio.call(gray, "gray")
            for name in ("bell", "gray"):
                studio.do(Record(session=name, recording=1, longest=60.0, silence=0.0))
            for number in range(60):
                bell.say(pattern(number))
                gray.say(pattern(number + 1000))
                studio.tick()
            for name in ("bell", "gray"):
                studio.do(StopRecording(session=name))

            heard = {"bell": b"", "gray": b""}
            for part in studio.of(Recorded):
                heard[part.session] += part.linear
            assert heard["bell"] == linear(*map(pattern, range(60)))
            assert heard["gray"] == linear(*map(pattern, range(1000, 1060)), codec=Codec.PCMA)


class TestManyCallsAtOnce:
    def test_are_each_recorded_to_the_bit(self, studio: Studio) -> None:
        names = [str(number) for number in range(100)]
        patterns = {name: [pattern(100 * int(name) + n) for n in range(55)] for name in names}
        with ExitStack() as stack:
            peers = {name: stack.enter_context(RtpPeer()) for name in names}
            for name, peer in peers.items():
                studio.call(peer, name)
                studio.do(Record(session=name, recording=1, longest=60.0, silence=0.0))
            for tick in range(55):
                for name, peer in peers.items():
                    peer.say(patterns[name][tick])
                studio.tick()
            for name in names:
                studio.do(Close(session=name))

        heard = dict.fromkeys(names, b"")
        for part in studio.of(Recorded):
            heard[part.session] += part.linear
        assert heard == {name: linear(*patterns[name]) for name in names}
        assert len(studio.engine) == 0


class TestTheNetwork:
    def test_may_bring_packets_in_another_order(self, studio: Studio, peer: RtpPeer) -> None:
        packets = [peer.audio(pattern(number)) for number in range(20)]
        order = [0, 1, 2, 4, 3, 5, 9, 8, 7, 6, *range(10, 20)]
        studio.call(peer)
        studio.record()
        for number in order:
            peer.send(packets[number])
            studio.tick()
        stop(studio)

        assert studio.recorded() == linear(*map(pattern, range(20)))

    def test_may_hold_packets_back_for_80_ms(self, studio: Studio, peer: RtpPeer) -> None:
        packets = [peer.audio(pattern(number)) for number in range(20)]
        studio.call(peer)
        studio.record()
        for number, packet in enumerate(packets):
            if not 10 <= number < 14:
                peer.send(packet)
            if number == 13:
                for held_back in packets[10:14]:
                    peer.send(held_back)
            studio.tick()
        stop(studio)

        assert studio.recorded() == linear(*map(pattern, range(20)))

    def test_may_bring_packets_twice(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        for number in range(20):
            packet = peer.audio(pattern(number))
            peer.send(packet)
            peer.send(packet)
            studio.tick()
        stop(studio)

        assert studio.recorded() == linear(*map(pattern, range(20)))

    def test_loses_no_more_than_it_loses(self, studio: Studio, peer: RtpPeer) -> None:
        """What came is there to the bit, but for the seam of 10 ms at most behind a gap."""
        studio.call(peer)
        studio.record()
        for number in range(20):
            packet = peer.audio(pattern(number))
            if number not in (7, 8, 12):
                peer.send(packet)
            studio.tick()
        stop(studio)

        heard, sent = np.frombuffer(studio.recorded(), "<i2").reshape(20, 160), range(20)
        expected = np.frombuffer(linear(*map(pattern, sent)), "<i2").reshape(20, 160)
        untouched = [number for number in sent if number not in (7, 8, 9, 12, 13)]
        assert (heard[untouched] == expected[untouched]).all()
        assert (heard[[9, 13], 80:] == expected[[9, 13], 80:]).all()

    def test_is_heard_as_a_sound_that_goes_on(self, studio: Studio, peer: RtpPeer) -> None:
        """A packet that is lost leaves no hole, one that is late fills its place itself."""
        tone = np.rint(8000 * np.sin(2 * np.pi * 200 / 8000 * np.arange(50 * 160)))
        octets = g711.encode(Codec.PCMU, tone.astype(np.int16)).reshape(50, 160)
        studio.call(peer)
        studio.record()
        late = peer.audio(octets[0].tobytes())
        for number in range(1, 50):
            packet = peer.audio(octets[number].tobytes())
            if number not in (20, 21, 30):
                peer.send(packet)
            if number == 3:
                peer.transmit(bytes(late))
            studio.tick()
        stop(studio)

        heard = np.frombuffer(studio.recorded(), "<i2").reshape(-1, 160).astype(np.int64)
        levels = np.sqrt((heard**2).mean(axis=1))
        assert (levels[-45:] > 3000).all()

    def test_is_not_mended_where_the_peer_pressed_a_key(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        """The numbers of the key's packets are missing among those of the audio."""
        studio.call(peer)
        studio.record()
        loud = pattern(7)
        for _ in range(10):
            peer.say(loud)
            studio.tick()
        for length in range(1, 6):
            peer.timestamp += 160
            event = bytes((5, 10)) + (length * 160).to_bytes(2)
            peer.send(peer.key(event, timestamp=peer.timestamp, marker=length == 1))
            studio.tick()
        for _ in range(10):
            peer.say(loud)
            studio.tick()
        stop(studio)

        assert studio.recorded().count(QUIET) >= 4

    def test_is_told_in_the_statistics(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        for number in range(20):
            packet = peer.audio(pattern(number))
            if number not in (7, 8, 12):
                peer.send(packet)
            studio.tick()
        studio.do(Close(session="a"))

        statistics = studio.closed().statistics
        assert statistics.packets_received == 17
        assert statistics.packets_lost == 3


class TestAPauseOfThePeer:
    def test_that_sends_nothing_in_silence_is_as_long_as_it_was(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, pattern(1))
        peer.skip(8000)
        studio.tick(50)
        exchange(studio, peer, pattern(2))
        stop(studio)

        assert studio.recorded() == linear(pattern(1)) + QUIET * 50 + linear(pattern(2))

    def test_that_is_comfort_noise_is_silence(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, pattern(1))
        for _ in range(3):
            peer.noise()
            studio.tick()
        exchange(studio, peer, pattern(2))
        stop(studio)

        assert studio.recorded() == linear(pattern(1)) + QUIET * 3 + linear(pattern(2))


class TestAChange:
    def test_of_the_source_begins_where_the_old_one_was(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, *map(pattern, range(10)))
        peer.ssrc, peer.sequence_number, peer.timestamp = 7, 30000, 1 << 30
        exchange(studio, peer, *map(pattern, range(10, 20)))
        stop(studio)

        assert studio.recorded() == linear(*map(pattern, range(20)))

    @pytest.mark.parametrize("is_told_by", ["a key", "comfort noise", "hold"])
    def test_of_the_source_may_begin_with_something_else_than_audio(
        self, studio: Studio, peer: RtpPeer, is_told_by: str
    ) -> None:
        peer.sequence_number = 40000
        studio.call(peer)
        studio.record()
        exchange(studio, peer, *map(pattern, range(10)))
        peer.ssrc, peer.sequence_number, peer.timestamp = 7, 100, 1 << 30
        if is_told_by == "hold":
            held = replace(peer.media(), direction=Direction.INACTIVE)
            studio.connect(peer, media=held)
            peer.say(pattern(10))
        elif is_told_by == "a key":
            peer.send(peer.key(b"\x01\x0a\x00\xa0", timestamp=peer.timestamp, marker=True))
        else:
            peer.noise()
        studio.tick()
        studio.connect(peer)
        exchange(studio, peer, *map(pattern, range(11, 21)))
        stop(studio)

        assert studio.recorded().endswith(linear(*map(pattern, range(11, 21))))

    def test_of_the_codec_loses_nothing(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, *map(pattern, range(10)))
        studio.connect(peer, media=replace(peer.media(), codec=Codec.PCMA, payload_type=8))
        peer.payload_type = 8
        exchange(studio, peer, *map(pattern, range(10, 20)))
        stop(studio)

        before = linear(*map(pattern, range(10)))
        after = linear(*map(pattern, range(10, 20)), codec=Codec.PCMA)
        assert studio.recorded() == before + after

    def test_between_many_sources_is_borne(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        for number in range(30):
            peer.ssrc = number % 6
            exchange(studio, peer, pattern(number))
        ended = stop(studio)
        studio.do(Close(session="a"))

        assert ended.duration == 0.6
        assert studio.closed().statistics.packets_received == 30

    def test_to_hold_is_recorded_as_silence(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), direction=Direction.INACTIVE))
        studio.record()
        exchange(studio, peer, *map(pattern, range(10)))
        stop(studio)

        assert studio.recorded() == QUIET * 10

    def test_to_hold_with_music_records_the_music(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), direction=Direction.RECVONLY))
        studio.record()
        exchange(studio, peer, *map(pattern, range(10)))
        stop(studio)

        assert studio.recorded() == linear(*map(pattern, range(10)))


class TestALateTick:
    def test_takes_all_that_came_meanwhile(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, *map(pattern, range(10)))
        for number in range(10, 16):
            peer.say(pattern(number))
        studio.late_tick(6)
        exchange(studio, peer, *map(pattern, range(16, 30)))

        assert stop(studio).duration == 0.6
        assert studio.recorded() == linear(*map(pattern, range(30)))


class TestSilence:
    def test_ends_it_with_the_silence_in_it(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record(silence=2.0)
        exchange(studio, peer, *[speech()] * 50, *[b"\xff" * 160] * 110)

        (ended,) = studio.of(RecordingEnded)
        assert (ended.ended, ended.duration) == (RecordingEnd.SILENCE, 3.0)
        assert len(studio.recorded()) == 3 * 16000

    def test_ends_it_when_nothing_comes_at_all(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record(silence=1.0)
        studio.tick(60)

        (ended,) = studio.of(RecordingEnded)
        assert (ended.ended, ended.duration) == (RecordingEnd.SILENCE, 1.0)

    def test_does_not_end_it_where_it_is_not_to(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record(silence=0.0)
        studio.tick(1000)

        assert studio.of(RecordingEnded) == []

    def test_does_not_count_what_was_before_the_recording(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.record(silence=1.0)
        studio.tick(40)
        studio.do(StopRecording(session="a"))
        studio.record(silence=1.0)
        studio.tick(40)

        assert [ended.ended for ended in studio.of(RecordingEnded)] == [RecordingEnd.STOPPED]


class TestTheLimit:
    def test_ends_it_at_the_sample(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record(longest=1.005)
        exchange(studio, peer, *[speech()] * 60)

        (ended,) = studio.of(RecordingEnded)
        assert (ended.ended, ended.duration) == (RecordingEnd.LIMIT, 1.005)
        assert len(studio.recorded()) == 8040 * 2

    def test_is_kept_also_by_what_was_in_the_buffer(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record(longest=0.2)
        exchange(studio, peer, *[speech()] * 12)

        assert stop(studio) == RecordingEnded(
            session="a", recording=1, ended=RecordingEnd.LIMIT, duration=0.2
        )

    def test_is_borne_where_the_codec_changes_just_before(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.record(longest=0.3)
        exchange(studio, peer, *[speech()] * 15)
        studio.connect(peer, media=replace(peer.media(), codec=Codec.G722, payload_type=9))
        studio.tick(100)

        (ended,) = studio.of(RecordingEnded)
        assert (ended.ended, ended.duration) == (RecordingEnd.LIMIT, 0.3)

    def test_is_borne_where_each_packet_has_another_source(self, studio: Studio) -> None:
        with RtpPeer(codec=Codec.G722) as peer:
            studio.call(peer)
            studio.record(longest=0.3)
            for _ in range(100):
                peer.ssrc += 1
                exchange(studio, peer, bytes(160))

        (ended,) = studio.of(RecordingEnded)
        assert (ended.ended, ended.duration) == (RecordingEnd.LIMIT, 0.3)


class TestAKey:
    def test_ends_it_and_is_told(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record(stop_keys="#*")
        exchange(studio, peer, *map(pattern, range(20)))
        happened = studio.do(KeyFromSignalling(session="a", key="#"))

        assert happened[0] == KeyPressed(session="a", key="#")
        assert happened[-1] == RecordingEnded(
            session="a", recording=1, ended=RecordingEnd.KEY, duration=0.4, key="#"
        )
        assert studio.recorded() == linear(*map(pattern, range(20)))

    def test_is_not_heard_in_it(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, pattern(1))
        began = peer.timestamp
        for duration in (160, 320, 480):
            event = b"\x05\x0a" + duration.to_bytes(2)
            peer.send(peer.key(event, timestamp=began, marker=duration == 160))
            peer.skip(160)
            studio.tick()
        exchange(studio, peer, pattern(2))
        stop(studio)

        assert studio.recorded() == linear(pattern(1)) + QUIET * 3 + linear(pattern(2))

    def test_that_is_another_does_not_end_it(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record(stop_keys="#")
        studio.do(KeyFromSignalling(session="a", key="1"))

        assert studio.of(RecordingEnded) == []


class TestTheEnd:
    def test_of_the_session_hands_over_what_is_left(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, *map(pattern, range(20)))
        part, ended, closed = studio.do(Close(session="a"))

        assert isinstance(part, Recorded)
        assert part.linear
        assert studio.recorded() == linear(*map(pattern, range(20)))
        assert isinstance(ended, RecordingEnded)
        assert ended.ended is RecordingEnd.STOPPED
        assert isinstance(closed, Closed)

    def test_comes_with_the_next_recording(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record()
        exchange(studio, peer, *map(pattern, range(10)))
        happened = studio.do(Record(session="a", recording=2, longest=60.0, silence=0.0))
        exchange(studio, peer, *map(pattern, range(10, 20)))
        studio.do(StopRecording(session="a"))

        assert [type(event) for event in happened] == [Recorded, RecordingEnded]
        numbers = [event.recording for event in studio.of(Recorded)]
        assert (numbers, set(numbers)) == (sorted(numbers), {1, 2})
        assert studio.recorded() == linear(*map(pattern, range(20)))

    def test_is_told_once(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.record(longest=0.1, stop_keys="#")
        studio.tick(20)
        studio.do(KeyFromSignalling(session="a", key="#"))
        studio.do(StopRecording(session="a"))
        studio.do(Close(session="a"))

        assert len(studio.of(RecordingEnded)) == 1

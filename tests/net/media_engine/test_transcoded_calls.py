"""Calls with G.722 and Opus: what they hear, what is recorded of them, on the way beside G.711."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soxr
from tests.support.free_ports import free_pairs
from tests.support.likeness import Samples, melody
from tests.support.opus import WITH_OPUS
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media import g722, rtcp, wav
from umbel.media.engine import (
    Clip,
    Close,
    KeyFromSignalling,
    KeyPressed,
    PlayEnd,
    PlayEnded,
    Record,
    Recorded,
    RecordingEnd,
    RecordingEnded,
    SendKey,
    Silence,
    StopRecording,
    Tone,
)
from umbel.media.engine import Samples as Audio
from umbel.media.likeness import best_match
from umbel.media.rtp import Packet
from umbel.media.session import Codec, Direction, SrtpKey, SrtpSuite
from umbel.media.telephone_event import TelephoneEvent
from umbel.net.media_engine import libopus
from umbel.net.media_engine.encoding import encode, silent_packet

WORDS = melody(1.5)
BOTH = pytest.mark.parametrize("codec", [Codec.G722, pytest.param(Codec.OPUS, marks=WITH_OPUS)])
LIKE = 0.95


def packets_of(codec: Codec, samples: Samples) -> list[bytes]:
    """Give what a phone sends, 20 ms each."""
    encoded = encode(codec, samples, 8000)
    if isinstance(encoded, tuple):
        return list(encoded)
    octets = encoded.tobytes()
    return [octets[at : at + 160] for at in range(0, len(octets), 160)]


def decoded(codec: Codec, packets: list[Packet]) -> Samples:
    """Give what a phone hears."""
    decoder = libopus.Decoder() if codec is Codec.OPUS else g722.Decoder()
    parts = [decoder.decode(packet.payload) for packet in packets]
    return np.concatenate([part for part in parts if part is not None])


def likeness(wanted: Samples, heard: Samples) -> float:
    """Say how alike two pieces are; coders delay by fractions of a sample."""
    finer = [soxr.resample(samples, 8000, 64000, quality="HQ") for samples in (wanted, heard)]
    return best_match(finer[0][:-800], finer[1]).likeness


def recorded(studio: Studio) -> Samples:
    return np.frombuffer(studio.recorded(), "<i2")


def clip(folder: Path, samples: Samples = WORDS) -> Clip:
    path = folder / "words.wav"
    path.write_bytes(wav.write(wav.Sound(rate=8000, samples=samples)))
    return Clip(str(path))


def hears(studio: Studio, peer: RtpPeer, ticks: int) -> list[Packet]:
    packets = []
    for _ in range(ticks):
        studio.tick()
        packets += peer.heard()
    return packets


def say(studio: Studio, peer: RtpPeer, packets: list[bytes], lost: Callable[[int], bool]) -> None:
    for number, payload in enumerate(packets):
        packet = peer.audio(payload)
        if not lost(number):
            peer.send(packet)
        studio.tick()


def never(_number: int) -> bool:
    return False


class TestWhatACallHears:
    @BOTH
    def test_is_the_prompt(self, studio: Studio, tmp_path: Path, codec: Codec) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.play(clip(tmp_path))
            heard = hears(studio, peer, 80)

            assert likeness(WORDS, decoded(codec, heard)) > LIKE
            (ended,) = studio.of(PlayEnded)
            assert (ended.ended, round(ended.position, 1)) == (PlayEnd.FINISHED, 1.5)

    @BOTH
    def test_comes_on_the_clock_of_the_codec(self, studio: Studio, codec: Codec) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            heard = hears(studio, peer, 4)
            studio.late_tick(3)
            heard += peer.heard()

            step = codec.clock_rate // 50
            assert [packet.timestamp - heard[0].timestamp & 0xFFFF_FFFF for packet in heard] == [
                0,
                step,
                2 * step,
                3 * step,
                6 * step,
            ]
            numbers = [packet.sequence_number - heard[0].sequence_number for packet in heard]
            assert numbers == [0, 1, 2, 3, 4]
            assert [packet.marker for packet in heard] == [True, False, False, False, False]
            assert {packet.payload_type for packet in heard} == {peer.payload_type}

    @BOTH
    def test_is_silence_while_nothing_plays(self, studio: Studio, codec: Codec) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            heard = hears(studio, peer, 10)

            assert len(heard) == 10
            assert np.abs(decoded(codec, heard).astype(int)).max() <= 2

    @BOTH
    def test_may_be_a_tone_silence_and_samples_one_after_another(
        self, studio: Studio, codec: Codec
    ) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            samples = Audio(WORDS.astype("<i2").tobytes())
            studio.play(Tone(1000, 0.2), Silence(0.3), samples)
            heard = decoded(codec, hears(studio, peer, 120))

            (ended,) = studio.of(PlayEnded)
            assert ended.position == pytest.approx(2.0, abs=0.06)
            assert np.abs(heard[:1500].astype(int)).max() > 5000
            assert np.abs(heard[2200:3600].astype(int)).max() < 400
            assert likeness(WORDS, heard) > LIKE

    @BOTH
    def test_begins_where_it_is_asked_to(
        self, studio: Studio, tmp_path: Path, codec: Codec
    ) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.play(clip(tmp_path), since=0.8)
            heard = hears(studio, peer, 40)

            assert likeness(WORDS[6400:], decoded(codec, heard)) > 0.9
            assert len(studio.of(PlayEnded)) == 1

    @BOTH
    def test_stands_still_while_the_peer_holds(
        self, studio: Studio, tmp_path: Path, codec: Codec
    ) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.play(clip(tmp_path))
            heard = hears(studio, peer, 20)
            held = replace(peer.media(), direction=Direction.RECVONLY)
            studio.connect(peer, media=held)
            assert hears(studio, peer, 20) == []
            studio.connect(peer)
            heard += hears(studio, peer, 60)

            assert likeness(WORDS, decoded(codec, heard)) > LIKE

    @BOTH
    def test_stops_at_a_key(self, studio: Studio, tmp_path: Path, codec: Codec) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.play(clip(tmp_path), stop_keys="#")
            hears(studio, peer, 10)
            studio.do(KeyFromSignalling(session="a", key="#"))
            after = hears(studio, peer, 30)

            (ended,) = studio.of(PlayEnded)
            assert ended.ended is PlayEnd.KEY
            assert ended.position == pytest.approx(0.2)
            assert np.abs(decoded(codec, after)[800:].astype(int)).max() < 100

    @WITH_OPUS
    def test_is_encoded_once_for_all_of_a_codec(self, studio: Studio, tmp_path: Path) -> None:
        words = clip(tmp_path)
        with RtpPeer(codec=Codec.OPUS) as peer:
            studio.call(peer)
            studio.play(words)
            first = hears(studio, peer, 80)
            studio.play(words)
            again = hears(studio, peer, 80)

            played = [packet.payload for packet in first if packet.payload != silent_packet()]
            assert [p.payload for p in again if p.payload != silent_packet()] == played

    @WITH_OPUS
    def test_goes_on_in_the_codec_that_the_peer_changes_to(
        self, studio: Studio, tmp_path: Path
    ) -> None:
        with RtpPeer(codec=Codec.OPUS) as peer:
            studio.call(peer)
            studio.play(clip(tmp_path))
            hears(studio, peer, 30)
            peer.codec, peer.payload_type = Codec.G722, 9
            studio.connect(peer)
            heard = hears(studio, peer, 60)

            assert {packet.payload_type for packet in heard} == {9}
            assert likeness(WORDS[4800:], decoded(Codec.G722, heard)) > 0.9
            assert [ended.ended for ended in studio.of(PlayEnded)] == [PlayEnd.FINISHED]


class TestWhatIsRecorded:
    @BOTH
    def test_is_what_was_said(self, studio: Studio, codec: Codec) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.record()
            packets = packets_of(codec, WORDS)
            say(studio, peer, packets, never)
            studio.do(StopRecording(session="a"))

            assert likeness(WORDS, recorded(studio)) > LIKE
            (ended,) = studio.of(RecordingEnded)
            assert ended.duration == pytest.approx(len(packets) * 0.02)
            assert len(recorded(studio)) == round(ended.duration * 8000)

    @BOTH
    def test_comes_second_by_second_up_to_its_limit(self, studio: Studio, codec: Codec) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.record(longest=1.3)
            say(studio, peer, packets_of(codec, melody(2.0)), never)

            assert [len(part.linear) for part in studio.of(Recorded)] == [16000, 4800]
            (ended,) = studio.of(RecordingEnded)
            assert (ended.ended, ended.duration) == (RecordingEnd.LIMIT, 1.3)

    @BOTH
    def test_ends_when_nobody_speaks_any_more(self, studio: Studio, codec: Codec) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.record(silence=1.0)
            quiet = np.zeros(16000, np.int16)
            say(studio, peer, packets_of(codec, np.concatenate([WORDS, quiet])), never)

            (ended,) = studio.of(RecordingEnded)
            assert ended.ended is RecordingEnd.SILENCE
            assert ended.duration == pytest.approx(2.5, abs=0.15)

    @BOTH
    def test_is_as_long_as_it_was_where_packets_are_lost(
        self, studio: Studio, codec: Codec
    ) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.record()
            say(studio, peer, packets_of(codec, WORDS), lambda number: number % 20 == 13)
            studio.do(StopRecording(session="a"))

            assert likeness(WORDS, recorded(studio)) > 0.8
            assert len(recorded(studio)) >= len(WORDS)

    @WITH_OPUS
    def test_has_no_hole_where_a_packet_of_opus_was_lost(self, studio: Studio) -> None:
        wave = np.sin(np.arange(12000) * 2 * np.pi * 440 / 8000) * 8000
        with RtpPeer(codec=Codec.OPUS) as peer:
            studio.call(peer)
            studio.record()
            packets = packets_of(Codec.OPUS, wave.astype(np.int16))
            say(studio, peer, packets, lambda number: number == 40)
            studio.do(StopRecording(session="a"))

            frames = recorded(studio)[: 70 * 160].reshape(-1, 160).astype(float)
            assert np.sqrt((frames[5:] ** 2).mean(axis=1)).min() > 1000

    @WITH_OPUS
    def test_goes_on_when_the_peer_changes_its_codec(self, studio: Studio) -> None:
        with RtpPeer(codec=Codec.G722) as peer:
            studio.call(peer)
            studio.record()
            for codec, number in ((Codec.G722, 9), (Codec.PCMU, 0), (Codec.OPUS, 111)):
                peer.codec, peer.payload_type = codec, number
                studio.connect(peer)
                say(studio, peer, packets_of(codec, melody(0.8, seed=number)), never)
            studio.do(StopRecording(session="a"))

            for number in (9, 0, 111):
                assert likeness(melody(0.8, seed=number), recorded(studio)) > 0.9
            (ended,) = studio.of(RecordingEnded)
            assert len(recorded(studio)) == round(ended.duration * 8000)

    @WITH_OPUS
    def test_goes_on_with_another_source(self, studio: Studio) -> None:
        with RtpPeer(codec=Codec.OPUS) as peer:
            studio.call(peer)
            studio.record()
            say(studio, peer, packets_of(Codec.OPUS, melody(0.8, seed=1)), never)
            peer.ssrc, peer.timestamp, peer.sequence_number = 7, 12345, 99
            say(studio, peer, packets_of(Codec.OPUS, melody(0.8, seed=2)), never)
            studio.do(StopRecording(session="a"))

            assert likeness(melody(0.8, seed=1), recorded(studio)) > 0.9
            assert likeness(melody(0.8, seed=2), recorded(studio)) > 0.9

    @WITH_OPUS
    def test_survives_what_is_no_opus(self, studio: Studio) -> None:
        generator = np.random.default_rng(1)
        with RtpPeer(codec=Codec.OPUS) as peer:
            studio.call(peer)
            studio.record()
            junk = [generator.bytes(int(size)) for size in generator.integers(1, 1400, 60)]
            say(studio, peer, junk, never)
            studio.do(StopRecording(session="a"))

            (ended,) = studio.of(RecordingEnded)
            assert ended.duration == pytest.approx(1.2)
            assert len(recorded(studio)) == 9600


class TestSrtp:
    @BOTH
    def test_carries_both_directions(self, studio: Studio, tmp_path: Path, codec: Codec) -> None:
        theirs, our = (
            SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes([number]) * 30)
            for number in (1, 2)
        )
        with RtpPeer(codec=codec, sends_with=theirs, receives_with=our) as peer:
            peer.sequence_number = 1
            studio.call(peer)
            studio.record()
            studio.play(clip(tmp_path))
            heard = []
            for payload in packets_of(codec, WORDS):
                peer.say(payload)
                studio.tick()
                heard += peer.heard()
            heard += hears(studio, peer, 10)
            studio.do(StopRecording(session="a"))

            assert likeness(WORDS, decoded(codec, heard)) > LIKE
            assert likeness(WORDS, recorded(studio)) > LIKE


class TestKeys:
    @WITH_OPUS
    def test_are_heard_in_the_midst_of_opus(self, studio: Studio) -> None:
        with RtpPeer(codec=Codec.OPUS) as peer:
            studio.call(peer)
            say(studio, peer, packets_of(Codec.OPUS, melody(0.2)), never)
            for duration in (960, 1920, 2880):
                told = TelephoneEvent(event=5, duration=duration, is_end=duration == 2880)
                peer.send(peer.key(bytes(told), timestamp=4711, marker=duration == 960))
                studio.tick()

            assert [pressed.key for pressed in studio.of(KeyPressed)] == ["5"]

    @WITH_OPUS
    def test_of_ours_count_in_the_clock_of_opus_while_its_audio_stands_aside(
        self, studio: Studio
    ) -> None:
        with RtpPeer(codec=Codec.OPUS) as peer:
            studio.call(peer)
            hears(studio, peer, 3)
            studio.do(SendKey(session="a", key="7", held=0.06))
            heard = hears(studio, peer, 8)

            keys = [packet for packet in heard if packet.payload_type != peer.payload_type]
            durations = [TelephoneEvent.parse(packet.payload).duration for packet in keys]
            assert durations == [960, 1920, 2880, 2880, 2880]
            assert len({packet.timestamp for packet in keys}) == 1
            numbers = [packet.sequence_number for packet in heard]
            assert numbers == list(range(numbers[0], numbers[0] + 8))


class TestReports:
    @WITH_OPUS
    def test_tell_the_clock_of_opus_and_its_jitter(self, studio: Studio) -> None:
        with RtpPeer(codec=Codec.OPUS) as peer:
            studio.call(peer)
            heard = []
            for payload in packets_of(Codec.OPUS, np.zeros(80000, np.int16)):
                peer.say(payload)
                studio.tick()
                heard += peer.heard()
            compounds = peer.reports()
            reports = [one for compound in compounds for one in compound]
            sent = [one for one in reports if isinstance(one, rtcp.SenderReport)]

            assert sent[0].rtp_timestamp in {packet.timestamp for packet in heard}
            assert [block.jitter for one in sent for block in one.reports] == [0] * len(sent)


class TestTheEnd:
    @BOTH
    def test_leaves_the_place_to_a_call_of_g711(self, tmp_path: Path, codec: Codec) -> None:
        with Studio(free_pairs(1)) as studio:
            with RtpPeer(codec=codec) as peer:
                studio.call(peer)
                studio.do(Record(session="a", recording=1, longest=9, silence=0))
                studio.play(clip(tmp_path))
                say(studio, peer, packets_of(codec, melody(0.3)), never)
                studio.do(Close(session="a"))
            studio.events.clear()
            with RtpPeer() as peer:
                studio.call(peer)
                heard = hears(studio, peer, 5)

                assert {packet.payload for packet in heard} == {b"\xff" * 160}

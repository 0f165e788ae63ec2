"""What a caller hears when something plays: every sample, in order, and no more than wanted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio, WhenTold

from umbel.media import g711, wav
from umbel.media.engine import (
    Clip,
    Close,
    KeyFromSignalling,
    KeyPressed,
    Play,
    PlayEnd,
    PlayEnded,
    Samples,
    Silence,
    StopPlaying,
    Tone,
)
from umbel.media.session import PLAIN_CODECS, Codec, Direction

CODECS = pytest.mark.parametrize("codec", PLAIN_CODECS)


def noise(samples: int, seed: int = 1876) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.random.default_rng(seed).integers(-8000, 8000, samples).astype(np.int16)


def samples(linear: np.ndarray[tuple[int], np.dtype[np.int16]]) -> Samples:
    return Samples(linear.astype("<i2").tobytes())


def listened(peer: RtpPeer) -> bytes:
    return b"".join(packet.payload for packet in peer.heard())


def clip(folder: Path, name: str, linear: np.ndarray[tuple[int], np.dtype[np.int16]]) -> Clip:
    path = folder / name
    path.write_bytes(wav.write(wav.Sound(rate=8000, samples=linear)))
    return Clip(str(path))


class TestItems:
    @CODECS
    def test_follow_each_other_to_the_sample(
        self, studio: Studio, tmp_path: Path, codec: Codec
    ) -> None:
        first, second, third = noise(1003, 1), noise(1, 2), noise(650, 3)
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.play(samples(first), clip(tmp_path, "second.wav", second), samples(third))
            studio.tick(12)

            expected = g711.encode(codec, np.concatenate((first, second, third))).tobytes()
            heard = listened(peer)
            assert heard[: len(expected)] == expected
            assert set(heard[len(expected) :]) == {g711.SILENCE[codec]}

    def test_may_be_a_pause_between_two(self, studio: Studio, peer: RtpPeer) -> None:
        speech = noise(100)
        studio.call(peer)
        studio.play(samples(speech), Silence(0.0125), samples(speech))
        studio.tick(2)

        encoded = g711.encode(Codec.PCMU, speech).tobytes()
        assert listened(peer) == encoded + b"\xff" * 100 + encoded + b"\xff" * 20

    def test_may_be_none(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play()
        (ended,) = studio.tick()

        assert ended == PlayEnded(session="a", play=1, ended=PlayEnd.FINISHED, position=0.0)

    def test_with_an_odd_octet_lose_only_that(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(Samples(b"\x10\x20\x30"))
        (ended,) = studio.tick()

        assert isinstance(ended, PlayEnded)
        assert ended.position == 1 / 8000

    def test_are_heard_in_longer_packets_as_well(self, studio: Studio, peer: RtpPeer) -> None:
        speech = noise(960)
        studio.call(peer, media=replace(peer.media(), ptime=60))
        studio.play(samples(speech))
        studio.tick(6)

        assert listened(peer) == g711.encode(Codec.PCMU, speech).tobytes()


class TestATone:
    def test_has_its_frequency_and_length(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(Tone(1000, 0.5))
        studio.tick(25)

        linear = g711.decode(Codec.PCMU, listened(peer)).astype(float)
        spectrum = np.abs(np.fft.rfft(linear))
        assert len(linear) == 4000
        assert np.argmax(spectrum) * 8000 / 4000 == 1000

    def test_comes_and_goes_softly(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(Tone(400, 0.1))
        studio.tick(5)

        linear = np.abs(g711.decode(Codec.PCMU, listened(peer)))
        assert linear.max() > 6000
        assert linear[:3].max() < 500
        assert linear[-3:].max() < 500


class TestTheEnd:
    def test_is_told_when_the_last_sample_is_sent(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(samples(noise(161)))

        assert studio.tick() == []
        assert studio.tick() == [
            PlayEnded(session="a", play=1, ended=PlayEnd.FINISHED, position=161 / 8000)
        ]

    def test_is_told_once(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(samples(noise(100)))
        studio.tick(10)

        assert len(studio.of(PlayEnded)) == 1

    def test_comes_at_once_when_it_is_stopped(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(Tone(440, 10.0))
        studio.tick(3)
        (ended,) = studio.do(StopPlaying(session="a"))
        peer.heard()
        studio.tick()

        assert ended == PlayEnded(session="a", play=1, ended=PlayEnd.STOPPED, position=0.06)
        assert listened(peer) == b"\xff" * 160

    def test_of_nothing_is_not_told(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)

        assert studio.do(StopPlaying(session="a")) == []

    def test_comes_with_the_next_play(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(Tone(440, 10.0))
        studio.tick(2)
        speech = noise(160)
        (ended,) = studio.do(Play(session="a", play=2, items=(samples(speech),)))
        peer.heard()

        assert ended == PlayEnded(session="a", play=1, ended=PlayEnd.STOPPED, position=0.04)
        assert studio.tick() == [
            PlayEnded(session="a", play=2, ended=PlayEnd.FINISHED, position=0.02)
        ]
        assert listened(peer) == g711.encode(Codec.PCMU, speech).tobytes()

    def test_comes_with_the_end_of_the_session(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(Tone(440, 10.0))
        ended, _ = studio.do(Close(session="a"))

        assert isinstance(ended, PlayEnded)
        assert ended.ended is PlayEnd.STOPPED


class TestSince:
    def test_begins_at_the_sample(self, studio: Studio, peer: RtpPeer) -> None:
        first, second = noise(500, 1), noise(500, 2)
        studio.call(peer)
        studio.play(samples(first), samples(second), since=0.075)
        studio.tick(3)

        expected = g711.encode(Codec.PCMU, second[100:]).tobytes()
        assert listened(peer)[:400] == expected
        assert studio.of(PlayEnded)[0].position == 0.125

    def test_beyond_the_end_is_the_end(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(samples(noise(800)), since=7.0)
        (ended,) = studio.tick()

        assert ended == PlayEnded(session="a", play=1, ended=PlayEnd.FINISHED, position=0.1)


class TestBargeIn:
    def test_silences_the_tick_after_the_key_came(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(Tone(440, 10.0), stop_keys="12")
        studio.tick(4)
        peer.heard()
        peer.send(peer.key(b"\x02\x0a\x00\xa0", timestamp=peer.timestamp, marker=True))
        happened = studio.tick()

        assert happened == [
            KeyPressed(session="a", key="2"),
            PlayEnded(session="a", play=1, ended=PlayEnd.KEY, position=0.1),
        ]
        peer.heard()
        studio.tick()
        assert listened(peer) == b"\xff" * 160

    def test_by_another_key_does_not_happen(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(Tone(440, 10.0), stop_keys="12")

        assert studio.do(KeyFromSignalling(session="a", key="3")) == [
            KeyPressed(session="a", key="3")
        ]

    def test_by_a_key_from_signalling_is_the_same(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.play(Tone(440, 10.0), stop_keys="12")
        studio.tick()

        assert studio.do(KeyFromSignalling(session="a", key="1")) == [
            KeyPressed(session="a", key="1"),
            PlayEnded(session="a", play=1, ended=PlayEnd.KEY, position=0.02),
        ]


class TestHold:
    def test_lets_the_play_stand_still(self, studio: Studio, peer: RtpPeer) -> None:
        speech = noise(480)
        studio.call(peer)
        studio.play(samples(speech))
        studio.tick()
        studio.connect(peer, media=replace(peer.media(), direction=Direction.INACTIVE))
        studio.tick(50)
        studio.connect(peer)
        studio.tick(2)

        assert listened(peer) == g711.encode(Codec.PCMU, speech).tobytes()

    def test_delays_a_play_that_comes_meanwhile(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), direction=Direction.INACTIVE))
        studio.play(samples(noise(160)))

        assert studio.tick(10) == []
        studio.connect(peer)
        assert len(studio.tick()) == 1


class TestALateTick:
    def test_loses_no_word(self, studio: Studio, peer: RtpPeer) -> None:
        speech = noise(320)
        studio.call(peer)
        studio.play(samples(speech))
        studio.tick()
        studio.late_tick(7)

        assert listened(peer) == g711.encode(Codec.PCMU, speech).tobytes()


class TestAChangeOfCodec:
    def test_goes_on_from_the_same_sample(
        self, studio: Studio, peer: RtpPeer, tmp_path: Path
    ) -> None:
        speech = noise(480)
        studio.call(peer)
        studio.play(clip(tmp_path, "speech.wav", speech))
        studio.tick()
        studio.connect(peer, media=replace(peer.media(), codec=Codec.PCMA, payload_type=8))
        studio.tick(2)

        first, *rest = peer.heard()
        assert first.payload == g711.encode(Codec.PCMU, speech[:160]).tobytes()
        assert {packet.payload_type for packet in rest} == {8}
        expected = g711.encode(Codec.PCMA, speech[160:]).tobytes()
        assert b"".join(packet.payload for packet in rest) == expected


class TestAClip:
    def test_of_another_rate_is_resampled(
        self, studio: Studio, peer: RtpPeer, tmp_path: Path
    ) -> None:
        second = np.sin(2 * np.pi * 500 * np.arange(16000) / 16000) * 8000
        sound = wav.Sound(rate=16000, samples=second.astype(np.int16))
        (tmp_path / "tone.wav").write_bytes(wav.write(sound))
        studio.call(peer)
        studio.play(Clip(str(tmp_path / "tone.wav")))
        studio.tick(51)

        linear = g711.decode(Codec.PCMU, listened(peer)[:8000]).astype(float)
        assert studio.of(PlayEnded)[0].position == 1.0
        assert np.argmax(np.abs(np.fft.rfft(linear))) == 500

    def test_that_is_not_there_fails_with_its_name(
        self, studio: Studio, peer: RtpPeer, tmp_path: Path
    ) -> None:
        studio.call(peer)
        (ended,) = studio.play(Tone(440, 1.0), Clip(str(tmp_path / "missing.wav")))

        assert isinstance(ended, PlayEnded)
        assert (ended.ended, ended.position) == (PlayEnd.FAILED, 0.0)
        assert "missing.wav: No such file" in ended.detail

    def test_that_is_no_audio_fails_with_what_it_is(
        self, studio: Studio, peer: RtpPeer, tmp_path: Path
    ) -> None:
        (tmp_path / "letter.wav").write_text("Mr. Watson, come here.")
        studio.call(peer)
        (ended,) = studio.play(Clip(str(tmp_path / "letter.wav")))

        assert isinstance(ended, PlayEnded)
        assert ended.ended is PlayEnd.FAILED
        assert "letter.wav" in ended.detail
        assert "RIFF" in ended.detail

    def test_that_cannot_be_read_fails_with_the_reason(
        self, studio: Studio, peer: RtpPeer, tmp_path: Path
    ) -> None:
        studio.call(peer)
        (ended,) = studio.play(Clip(str(tmp_path)))

        assert isinstance(ended, PlayEnded)
        assert "Is a directory" in ended.detail

    def test_is_awaited_in_silence_while_it_is_read(self, peer: RtpPeer, tmp_path: Path) -> None:
        loader = WhenTold()
        speech = noise(160)
        with Studio(loader=loader) as studio:
            studio.call(peer)
            studio.play(clip(tmp_path, "speech.wav", speech))
            studio.tick(3)
            before = listened(peer)
            loader.work()
            studio.tick()
            peer.heard()
            studio.tick()

            assert before == b"\xff" * 480
            assert listened(peer) == g711.encode(Codec.PCMU, speech).tobytes()

    def test_may_be_given_up_while_it_is_read(self, peer: RtpPeer, tmp_path: Path) -> None:
        loader = WhenTold()
        with Studio(loader=loader) as studio:
            studio.call(peer)
            studio.play(clip(tmp_path, "speech.wav", noise(160)))
            (ended,) = studio.do(StopPlaying(session="a"))
            loader.work()

            assert isinstance(ended, PlayEnded)
            assert ended.position == 0.0
            assert studio.tick(3) == []

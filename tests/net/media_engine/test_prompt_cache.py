"""Clips are read and encoded once, for all calls, until the file is another one."""

import os
from pathlib import Path

import numpy as np
import pytest
from tests.support.opus import WITH_OPUS
from tests.support.studio import AtOnce, WhenTold

from umbel.media import g711, wav
from umbel.media.engine import Clip, Samples, Tone
from umbel.media.session import Codec
from umbel.net.media_engine.playing import PacketTape, Tape
from umbel.net.media_engine.prompts import Prompts, Unplayable


def write(path: Path, level: int, samples: int = 800) -> Clip:
    linear = np.full(samples, level, np.int16)
    path.write_bytes(wav.write(wav.Sound(rate=8000, samples=linear)))
    return Clip(str(path))


def read(prompts: Prompts, clip: Clip, codec: Codec = Codec.PCMU) -> bytes:
    tape = prompts.request((clip,), codec).tape()
    assert isinstance(tape, Tape)
    target = np.zeros(tape.samples, np.uint8)
    tape.read_into(target, 0)
    return target.tobytes()


def encoded(level: int, codec: Codec = Codec.PCMU) -> bytes:
    return g711.encode(codec, np.full(800, level, np.int16)).tobytes()


class TestAClip:
    def test_is_read_once_however_often_it_is_played(self, tmp_path: Path) -> None:
        loader = WhenTold()
        prompts = Prompts(loader)
        clip = write(tmp_path / "welcome.wav", 1000)
        requests = [prompts.request((clip, clip), Codec.PCMU) for _ in range(3)]

        assert len(loader) == 1
        assert not requests[0].is_ready()
        loader.work()
        assert all(request.is_ready() for request in requests)

    def test_is_encoded_for_each_codec(self, tmp_path: Path) -> None:
        prompts = Prompts(AtOnce())
        clip = write(tmp_path / "welcome.wav", 1000)

        assert read(prompts, clip, Codec.PCMU) == encoded(1000, Codec.PCMU)
        assert read(prompts, clip, Codec.PCMA) == encoded(1000, Codec.PCMA)
        assert len(prompts) == 2

    @WITH_OPUS
    def test_is_read_for_every_call_with_opus_only_once(self, tmp_path: Path) -> None:
        loader = WhenTold()
        prompts = Prompts(loader)
        clip = write(tmp_path / "welcome.wav", 1000)
        requests = [prompts.request((clip,), Codec.OPUS) for _ in range(3)]
        loader.work()
        tapes = [request.tape() for request in requests]

        assert len(prompts) == 1
        assert all(isinstance(tape, PacketTape) for tape in tapes)
        # Five of 20 ms, and one for what the coder looks ahead.
        assert {tape.samples for tape in tapes} == {6 * 160}

    def test_that_was_replaced_is_read_again(self, tmp_path: Path) -> None:
        prompts = Prompts(AtOnce())
        clip = write(tmp_path / "welcome.wav", 1000)
        read(prompts, clip)
        write(tmp_path / "welcome.wav", -2000)
        os.utime(clip.path, ns=(1, 1))

        assert read(prompts, clip) == encoded(-2000)

    def test_that_could_not_be_read_is_tried_again(self, tmp_path: Path) -> None:
        prompts = Prompts(AtOnce())
        clip = write(tmp_path / "welcome.wav", 1000)
        whole = (tmp_path / "welcome.wav").read_bytes()
        (tmp_path / "welcome.wav").write_bytes(bytes(len(whole)))
        os.utime(clip.path, ns=(1, 1))
        with pytest.raises(Unplayable):
            read(prompts, clip)
        (tmp_path / "welcome.wav").write_bytes(whole)
        os.utime(clip.path, ns=(1, 1))

        assert read(prompts, clip) == encoded(1000)

    def test_that_was_replaced_stays_however_little_room_there_is(self, tmp_path: Path) -> None:
        prompts = Prompts(AtOnce(), most_octets=2000)
        clip = write(tmp_path / "welcome.wav", 1000)
        read(prompts, clip)
        read(prompts, write(tmp_path / "goodbye.wav", 500))
        write(tmp_path / "welcome.wav", -2000, samples=1600)

        assert read(prompts, clip) == encoded(-2000) * 2


class TestATone:
    @pytest.mark.parametrize("codec", [Codec.G722, Codec.OPUS])
    def test_is_made_once_for_each_codec_that_takes_its_time(self, codec: Codec) -> None:
        loader = WhenTold()
        prompts = Prompts(loader)
        for seconds in (0.5, 0.5, 0.25):
            prompts.request((Tone(440, seconds),), codec)

        assert len(loader) == 2

    def test_of_g711_is_there_at_once(self) -> None:
        assert Prompts(WhenTold()).request((Tone(440, 0.5),), Codec.PCMA).is_ready()


class TestSamples:
    def test_of_g711_are_there_at_once_unless_there_are_many(self) -> None:
        loader = WhenTold()
        prompts = Prompts(loader)

        assert prompts.request((Samples(bytes(16000)),), Codec.PCMU).is_ready()
        long = prompts.request((Samples(bytes(160000)),), Codec.PCMU)
        assert not long.is_ready()
        loader.work()
        assert long.tape().samples == 80000

    def test_are_kept_for_nobody_else(self) -> None:
        prompts = Prompts(AtOnce())
        prompts.request((Samples(bytes(16000)),), Codec.G722)

        assert len(prompts) == 0


class TestRoom:
    def test_is_made_by_forgetting_what_was_not_played_for_the_longest_time(
        self, tmp_path: Path
    ) -> None:
        loader = WhenTold()
        prompts = Prompts(loader, most_octets=2000)
        clips = [write(tmp_path / f"{number}.wav", number) for number in range(3)]
        for clip in (clips[0], clips[1], clips[0], clips[2]):
            prompts.request((clip,), Codec.PCMU)
            loader.work()

        prompts.request((clips[0],), Codec.PCMU)
        assert len(loader) == 0
        prompts.request((clips[1],), Codec.PCMU)
        assert len(loader) == 1

    def test_is_always_there_for_one(self, tmp_path: Path) -> None:
        prompts = Prompts(AtOnce(), most_octets=1)

        assert read(prompts, write(tmp_path / "long.wav", 1)) == encoded(1)
        assert len(prompts) == 1

"""The clips that the package carries: all there, none too many, fresh, even, without clicks."""

import json
from pathlib import Path

import numpy as np
import pytest

from umbel.backends.prompts import load_language, package_folder
from umbel.media import wav
from umbel.speech.levelling import SPEECH_LEVEL, from_linear, speech_level

FOLDER = package_folder("en-US")
CURE = "run script/render-prompts"


def read_all() -> dict[str, wav.Sound]:
    """Read every clip by its key."""
    clips = FOLDER / "clips"
    return {
        path.relative_to(clips).as_posix().removesuffix(".wav"): wav.read(path.read_bytes())
        for path in sorted(clips.rglob("*.wav"))
    }


@pytest.fixture(scope="module")
def sounds() -> dict[str, wav.Sound]:
    """Give every clip by its key."""
    return read_all()


@pytest.fixture(scope="module")
def needed() -> dict[str, str]:
    """Give the text of every clip that the sentences need."""
    return load_language("en-US").clips()


class TestTheClipsOfThePackage:
    def test_are_those_that_the_sentences_need(
        self, sounds: dict[str, wav.Sound], needed: dict[str, str]
    ) -> None:
        assert sorted(sounds) == sorted(needed), CURE

    def test_speak_the_sentences_as_they_are_now(self, needed: dict[str, str]) -> None:
        manifest = json.loads((FOLDER / "manifest.json").read_text("utf-8"))

        assert {key: clip["text"] for key, clip in manifest["clips"].items()} == needed, CURE

    def test_are_as_long_as_the_manifest_says(self, sounds: dict[str, wav.Sound]) -> None:
        """A clip that was cut off or replaced by hand is found out."""
        manifest = json.loads((FOLDER / "manifest.json").read_text("utf-8"))

        lengths = {key: clip["seconds"] for key, clip in manifest["clips"].items()}

        assert {key: round(sound.seconds, 3) for key, sound in sounds.items()} == lengths, CURE

    def test_have_16000_samples_a_second(self, sounds: dict[str, wav.Sound]) -> None:
        assert {sound.rate for sound in sounds.values()} == {16000}

    def test_are_equally_loud(self, sounds: dict[str, wav.Sound]) -> None:
        levels = {k: speech_level(from_linear(s.samples), s.rate) for k, s in sounds.items()}

        assert {key: it for key, it in levels.items() if abs(it - SPEECH_LEVEL) > 0.5} == {}

    def test_have_room_above_their_peaks(self, sounds: dict[str, wav.Sound]) -> None:
        peaks = {key: int(np.abs(sound.samples.astype(int)).max()) for key, sound in sounds.items()}

        assert {key: peak for key, peak in peaks.items() if peak > 0.71 * 32768} == {}

    def test_begin_and_end_without_a_click(self, sounds: dict[str, wav.Sound]) -> None:
        """One may follow another without a gap: no edge leaps, and none is far from zero."""
        edges = {key: s.samples[[0, 1, 2, -3, -2, -1]] for key, s in sounds.items()}

        assert {key: it for key, it in edges.items() if np.abs(it).max() > 32} == {}

    def test_have_no_long_silence_at_their_ends(self, sounds: dict[str, wav.Sound]) -> None:
        long = [
            key
            for key, sound in sounds.items()
            for end in (sound.samples[:1600], sound.samples[-1600:])
            if np.abs(end.astype(int)).max() < 50
        ]

        assert long == []

    def test_are_no_burden(self) -> None:
        sizes = [path.stat().st_size for path in Path(FOLDER).rglob("*") if path.is_file()]

        assert sum(sizes) < 15_000_000

"""Keys in the audio: heard as ITU-T Q.24 asks, and never where somebody only speaks."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from tests.support import spoken
from tests.support.key_tones import Sounding, Wave, coded, heard, in_frames, noise, sine
from tests.support.program import REPOSITORY, require

from umbel.media.frame import FRAME
from umbel.media.session import Codec
from umbel.media.telephone_event import KEYS
from umbel.media.tone_keys import HIGH, LOW, ToneKeyDetector

_OFFSETS = range(0, FRAME, 9)
"""Where in a frame a press begins."""


def presses(sounding: Sounding, held: float, *, noise_below: float | None = None) -> list[str]:
    """Sound every key from every offset; give what is heard of each, less what it is."""
    dice = np.random.default_rng(24)
    keys = [key for key in KEYS for _ in _OFFSETS]
    phases = dice.uniform(0, 2 * np.pi, (len(keys), 2)).tolist()
    waves = [
        sounding.key(key, held, (low, high)) for key, (low, high) in zip(keys, phases, strict=True)
    ]
    rows = in_frames(waves, list(_OFFSETS) * len(KEYS))
    if noise_below is not None:
        power = np.square(waves[0]).mean()
        rows += dice.normal(0, np.sqrt(power) * 10 ** (-noise_below / 20), rows.shape)
    return [
        told.replace(key, "", 1) if key in told else f"no {key}"
        for told, key in zip(heard(coded(rows)), keys, strict=True)
    ]


def all_are_heard(sounding: Sounding, held: float = 0.04, **more: float) -> bool:
    return set(presses(sounding, held, **more)) == {""}


def none_is_heard(sounding: Sounding, held: float = 0.1) -> bool:
    return set(presses(sounding, held)) == {f"no {key}" for key in KEYS}


def dialled(keys: str, held: float, pause: float, sounding: Sounding | None = None) -> Wave:
    """Sound keys one after another."""
    sounding = sounding or Sounding()
    silence = np.zeros(round(pause * 8000))
    return np.concatenate([part for key in keys for part in (sounding.key(key, held), silence)])


def from_every_offset(wave: Wave) -> set[str]:
    return set(heard(coded(in_frames([wave] * len(_OFFSETS), list(_OFFSETS)))))


class TestAPress:
    @pytest.mark.parametrize("held", [0.04, 0.05, 0.1, 0.5])
    def test_of_40_ms_or_longer_is_told_once(self, held: float) -> None:
        assert all_are_heard(Sounding(), held)

    @pytest.mark.parametrize("held", [0.01, 0.02, 0.023])
    def test_of_23_ms_or_less_is_none(self, held: float) -> None:
        assert none_is_heard(Sounding(), held)

    @pytest.mark.parametrize("level", [0, -10, -25, -29, -34])
    def test_is_heard_at_every_level_of_a_telephone_line(self, level: float) -> None:
        assert all_are_heard(Sounding(level=level))

    @pytest.mark.parametrize("level", [-38, -55])
    def test_is_not_what_leaks_from_another_line(self, level: float) -> None:
        assert none_is_heard(Sounding(level=level))

    @pytest.mark.parametrize("twist", [-8, -4, 4, 6])
    def test_may_have_one_tone_stronger_than_the_other(self, twist: float) -> None:
        assert all_are_heard(Sounding(twist=twist))

    @pytest.mark.parametrize("twist", [-11, 8])
    def test_has_no_tone_much_stronger_than_the_other(self, twist: float) -> None:
        assert none_is_heard(Sounding(twist=twist))

    @pytest.mark.parametrize(
        "deviation", [(0.015, 0.015), (-0.015, -0.015), (0.015, -0.015), (-0.015, 0.015)]
    )
    def test_may_lie_off_its_frequencies(self, deviation: tuple[float, float]) -> None:
        assert all_are_heard(Sounding(deviation=deviation))

    @pytest.mark.parametrize("deviation", [(0.035, 0), (-0.035, 0), (0, 0.035), (0, -0.035)])
    def test_lies_not_far_off_its_frequencies(self, deviation: tuple[float, float]) -> None:
        assert none_is_heard(Sounding(deviation=deviation))

    @pytest.mark.parametrize(("below", "held"), [(20, 0.04), (15, 0.04), (12, 0.05), (10, 0.1)])
    def test_is_heard_through_noise(self, below: float, held: float) -> None:
        assert all_are_heard(Sounding(), held, noise_below=below)

    @pytest.mark.parametrize("codec", [Codec.PCMU, Codec.PCMA, None])
    def test_is_heard_alike_in_every_law(self, codec: Codec | None) -> None:
        for level in (-3, -33):
            wave = dialled(KEYS, 0.05, 0.05, Sounding(level=level))
            assert heard(coded(in_frames([wave], [77]), codec)) == [KEYS]

    def test_is_heard_with_ends_that_are_not_sharp(self) -> None:
        wave = dialled(KEYS, 0.05, 0.05)
        smooth = np.convolve(np.abs(wave) > 0, np.ones(40) / 40, "same") * wave

        assert from_every_offset(smooth) == {KEYS}


class TestSeveralPresses:
    def test_are_told_in_their_order(self) -> None:
        assert from_every_offset(dialled(KEYS, 0.04, 0.04)) == {KEYS}

    @pytest.mark.parametrize("pause", [0.04, 0.05, 0.1])
    def test_of_one_key_are_told_each(self, pause: float) -> None:
        assert from_every_offset(dialled("5555", 0.05, pause)) == {"5555"}

    def test_without_a_pause_are_told_apart_where_the_keys_differ(self) -> None:
        assert from_every_offset(dialled("1234", 0.06, 0.0)) == {"1234"}

    @pytest.mark.parametrize("held", [0.04, 0.1])
    def test_are_one_if_only_a_short_break_lies_between(self, held: float) -> None:
        assert from_every_offset(dialled("55", held, 0.01)) == {"5"}

    def test_of_two_calls_are_told_to_each(self) -> None:
        rows = in_frames([dialled("12", 0.1, 0.1), dialled("9#", 0.1, 0.1)], [0, 50])

        assert heard(coded(rows)) == ["12", "9#"]

    def test_are_told_with_the_rows_that_were_handed_in(self) -> None:
        detector, linear = ToneKeyDetector(10), coded(in_frames([dialled("8", 0.1, 0)], [0]))
        told = [detector.hear(np.array([7]), linear[:, at : at + FRAME]) for at in (0, FRAME)]

        assert [(rows.tolist(), keys.tolist()) for rows, keys in told] == [([], []), ([7], [8])]

    def test_begin_anew_with_each_call(self) -> None:
        detector, linear = ToneKeyDetector(1), coded(in_frames([dialled("8", 0.1, 0)], [0]))
        rows = np.array([0])
        for at in (0, FRAME):
            detector.hear(rows, linear[:, at : at + FRAME])
        detector.begin(0)
        told = [detector.hear(rows, linear[:, at : at + FRAME])[0].size for at in (0, FRAME)]

        assert told == [0, 1]


class TestALineThatLosesPackets:
    _KEYS = "0123456789*#5555"

    def lines(self, held: float, pause: float) -> tuple[list[str], list[str]]:
        """Give what is heard of 200 lines, one packet in 20 lost: not told so, and told."""
        dice = np.random.default_rng(4733)
        wave = dialled(self._KEYS, held, pause)
        rows = coded(in_frames([wave] * 200, dice.integers(0, FRAME, 200).tolist()))
        frames = rows.reshape(200, -1, FRAME)
        is_missing = dice.random(frames.shape[:2]) < 0.05
        frames[is_missing] = 0
        return heard(rows), heard(rows, is_missing)

    def test_doubles_no_press(self) -> None:
        for held, pause in ((0.05, 0.05), (0.1, 0.06), (0.4, 0.1)):
            _, told = self.lines(held, pause)
            assert all(is_part(keys, self._KEYS) for keys in told)

    def test_doubles_no_short_press_even_if_nobody_tells_what_was_lost(self) -> None:
        untold, _ = self.lines(0.1, 0.06)

        assert all(is_part(keys, self._KEYS) for keys in untold)

    def test_loses_next_to_none_that_lasts_100_ms(self) -> None:
        _, told = self.lines(0.1, 0.06)

        assert sum(map(len, told)) > 0.998 * 200 * len(self._KEYS)

    def test_loses_none_that_lasts_longer(self) -> None:
        _, told = self.lines(0.4, 0.1)

        assert set(told) == {self._KEYS}


def is_part(keys: str, whole: str) -> bool:
    """Tell whether *keys* is *whole* with some left out."""
    rest = iter(whole)
    return all(key in rest for key in keys)


class TestWhatIsNoKey:
    def test_noise(self) -> None:
        dice = np.random.default_rng(1)
        for level in (-30, -10):
            assert set(heard(coded(noise(dice, (60, 10 * 8000), level)))) == {""}

    def test_single_tones(self) -> None:
        seconds = np.arange(8000) / 8000
        tones = np.stack([sine(frequency, -6, seconds) for frequency in range(300, 3400, 7)])

        assert set(heard(coded(tones))) == {""}

    def test_dial_tones_and_busy_tones_of_two_frequencies(self) -> None:
        pairs = [(350, 440), (440, 480), (480, 620), (400, 450), (1100, 2100), (700, 900)]
        pairs += [(1100, 1700), (1400, 2060), (941, 1150), (600, 1336), (770, 1800)]
        seconds = np.arange(16000) / 8000
        tones = [sine(low, -10, seconds) + sine(high, -10, seconds) for low, high in pairs]

        assert set(heard(coded(np.stack(tones)))) == {""}

    def test_chords_of_an_instrument(self) -> None:
        """Three notes with their harmonics, in every key and inversion."""
        seconds = np.arange(4000) / 8000
        chords = []
        for root, shape in (
            (r, s) for r in range(48, 84) for s in ((0, 4, 7), (0, 3, 7), (0, 5, 9))
        ):
            notes = [440 * 2 ** ((root + step - 69) / 12) for step in shape]
            partials = [(note * n, -8 - 8 * n) for note in notes for n in range(1, 6)]
            chords.append(sum(sine(f, level, seconds) for f, level in partials if f < 3800))

        assert set(heard(coded(np.stack(chords)))) == {""}

    def test_vowels_with_formants_between_the_tones_of_keys(self) -> None:
        vowels = sung([(low, high) for low in (733, 811, 896) for high in (1272, 1406, 1555)])

        assert set(heard(coded(vowels))) == {""}

    def test_vowels_that_go_through_the_very_tones_of_keys_but_for_a_few(self) -> None:
        """Sung to a tenth of a semitone, some pass the tones of a key for 30 ms as a key has them."""
        vowels = sung([(low, high) for low in LOW for high in HIGH])

        assert sum(bool(keys) for keys in heard(coded(vowels))) < len(vowels) / 25

    def test_a_key_under_speech_that_is_as_loud(self) -> None:
        key, voice = (
            Sounding(level=-13).key("5", 1.0),
            vowel(np.random.default_rng(1), 120, 500, 1800),
        )
        voice *= np.sqrt(np.square(key).mean() / np.square(voice).mean())

        assert heard(coded((key + voice)[np.newaxis])) == [""]
        assert heard(coded(key[np.newaxis])) == ["5"]


def sung(formants: list[tuple[int, int]]) -> Wave:
    """Sing vowels at many pitches, a second each."""
    dice = np.random.default_rng(5)
    return np.stack(
        [vowel(dice, pitch, *pair) for pitch in range(90, 420, 11) for pair in formants]
    )


def vowel(dice: np.random.Generator, pitch: float, low: float, high: float) -> Wave:
    """Sing for a second: a voice with a little jitter, which rises by a fifth, in four formants."""
    periods = dice.normal(1, 0.01, 700) / (pitch * (1 + np.arange(700) / 1400))
    at = np.cumsum(periods) * 8000
    pulses = np.bincount(at[at < 8000].astype(np.intp), minlength=8000).astype(np.float64)
    wave = np.convolve(pulses, 0.95 ** np.arange(300))[:8000]
    for formant, width in ((low, 80), (high, 100), (2500, 120), (3300, 150)):
        wave = resonated(wave, formant, width)
    wave -= wave.mean()
    return np.asarray(wave / np.abs(wave).max() * 12000)


def resonated(wave: Wave, frequency: float, width: float) -> Wave:
    """Pass through one resonance."""
    decay = np.exp(-np.pi * width / 8000)
    count = np.arange(800)
    answer = decay**count * np.sin(2 * np.pi * frequency * (count + 1) / 8000)
    length = len(wave) + len(answer)
    spectrum = np.fft.rfft(wave, length) * np.fft.rfft(answer, length)
    return np.asarray(np.fft.irfft(spectrum, length)[: len(wave)])


class TestSpeech:
    @pytest.mark.peer
    def test_of_an_hour_has_no_key(self) -> None:
        """60 voices of a minute; then as a handset and a narrow line pass them on."""
        espeak, flite = require("espeak-ng", "espeak-ng"), require("flite", "flite")
        words = spoken.words_of(sorted((REPOSITORY / "docs").rglob("*.md")))
        hour = spoken.minutes(espeak, flite, words, 60).astype(np.float64)
        level = 10 ** (-np.arange(60)[:, np.newaxis] % 22 / 20)

        assert set(heard(coded(hour * level * 30000))) == {""}
        assert set(heard(coded(narrow(hour[::2]) * level[::2] * 30000, Codec.PCMA))) == {""}

    @pytest.mark.parametrize("language", ["en-US"])
    def test_of_our_own_prompts_has_no_key(self, language: str) -> None:
        folder = Path(str(resources.files("umbel.speech"))) / "languages" / language / "clips"
        clips = spoken.clips(folder).astype(np.float64)
        rows = len(clips) // FRAME * FRAME

        assert len(clips) > 200 * 8000
        assert heard(coded(clips[np.newaxis, :rows] * 32000)) == [""]
        assert heard(coded(narrow(clips[np.newaxis, :rows]) * 32000)) == [""]


def narrow(speech: Wave) -> Wave:
    """Pass 300 to 3400 Hz only, as loud as before."""
    spectrum = np.fft.rfft(speech, axis=1)
    frequencies = np.fft.rfftfreq(speech.shape[1], 1 / 8000)
    low, high = np.maximum(frequencies, 1) / 300, frequencies / 3400
    spectrum *= 1 / np.sqrt((1 + low**-8) * (1 + high**12))
    passed = np.fft.irfft(spectrum, speech.shape[1], axis=1)
    return np.asarray(passed / np.abs(passed).max(axis=1, keepdims=True))

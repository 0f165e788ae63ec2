"""Clips of even loudness with clean edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umbel.speech.levelling import (
    MOST_RAISED,
    QUIET_SPEECH,
    RAISED_SPEECH,
    SPEECH_LEVEL,
    Samples,
    from_linear,
    level,
    raised,
    speech_level,
    to_linear,
)

RATE = 16000


def tone(seconds: float, amplitude: float, *, frequency: int = 440) -> Samples:
    """Make a sine."""
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)


def silence(seconds: float) -> Samples:
    """Make nothing."""
    return np.zeros(int(seconds * RATE))


class TestTheLevelOfSpeech:
    def test_of_a_sine_is_its_effective_value(self) -> None:
        assert speech_level(tone(1, 1.0), RATE) == pytest.approx(-3.01, abs=0.01)

    def test_is_not_lowered_by_pauses(self) -> None:
        """A text with a long pause is no quieter than one without."""
        spoken = np.concatenate([tone(1, 0.5), silence(3), tone(1, 0.5)])

        assert speech_level(spoken, RATE) == pytest.approx(speech_level(tone(1, 0.5), RATE))

    def test_of_silence_is_none_at_all(self) -> None:
        assert speech_level(silence(1), RATE) == float("-inf")
        assert speech_level(silence(0), RATE) == float("-inf")


class TestLevelling:
    @pytest.mark.parametrize("amplitude", [0.001, 0.1, 1.0])
    def test_brings_everything_to_one_level(self, amplitude: float) -> None:
        assert speech_level(level(tone(1, amplitude), RATE), RATE) == pytest.approx(
            SPEECH_LEVEL, abs=0.3
        )

    def test_trims_silence_to_a_short_lead_and_tail(self) -> None:
        spoken = np.concatenate([silence(1), tone(1, 0.5), silence(2)])

        assert level(spoken, RATE).size / RATE == pytest.approx(1.06, abs=0.001)

    def test_leaves_a_pause_in_the_middle(self) -> None:
        spoken = np.concatenate([tone(1, 0.5), silence(1), tone(1, 0.5)])

        assert level(spoken, RATE).size / RATE == pytest.approx(3)

    def test_begins_and_ends_at_zero(self) -> None:
        levelled = level(np.full(RATE, 0.5), RATE)

        assert levelled[0] == levelled[-1] == 0

    def test_bends_peaks_instead_of_cutting_them(self) -> None:
        """Quiet speech with a click would otherwise clip when it is made louder."""
        spoken = tone(1, 0.01)
        spoken[RATE // 2] = 0.25

        levelled = level(spoken, RATE)

        assert 0.35 < np.abs(levelled).max() < 0.71

    def test_of_silence_leaves_nothing(self) -> None:
        assert level(silence(1), RATE).size == 0
        assert level(silence(0), RATE).size == 0

    @given(st.lists(st.integers(-32768, 32767), max_size=400))
    @settings(max_examples=50)
    def test_takes_anything(self, values: list[int]) -> None:
        levelled = level(from_linear(np.array(values, np.int16)), 8000)

        assert np.isfinite(levelled).all()
        assert np.abs(levelled).max(initial=0) < 0.71


def caller(speech: float, noise: float = -70.0, seconds: int = 6) -> Samples:
    """Speak in words of half a second with pauses; levels in dB below full scale."""
    dice = np.random.default_rng(56)
    count = np.arange(seconds * 8000)
    is_spoken = count // 4000 % 2 == 0
    voice = np.sign(np.sin(2 * np.pi * 130 * count / 8000)) * np.sin(2 * np.pi * 310 * count / 8000)
    voice = np.where(is_spoken, voice / np.sqrt(np.square(voice).mean()), 0)
    return voice * 10 ** (speech / 20) + dice.normal(0, 10 ** (noise / 20), count.size)


def gain(samples: Samples) -> float:
    """Give by how many dB a recording is raised."""
    linear = to_linear(samples)
    louder = raised(linear, 8000)
    return float(20 * np.log10(from_linear(louder).std() / from_linear(linear).std()))


class TestAQuietCaller:
    @pytest.mark.parametrize("speech", [-32, -36, -40])
    def test_is_raised_to_the_level_of_a_telephone(self, speech: float) -> None:
        assert speech + gain(caller(speech)) == pytest.approx(RAISED_SPEECH, abs=0.3)

    def test_is_raised_by_so_much_at_most(self) -> None:
        assert gain(caller(-48, noise=-80)) == pytest.approx(MOST_RAISED, abs=0.2)

    def test_is_raised_no_further_than_the_noise_behind_may_be(self) -> None:
        assert gain(caller(-40, noise=-55)) == pytest.approx(7, abs=1)

    def test_is_raised_though_a_key_ended_the_recording(self) -> None:
        quiet = caller(-40)
        quiet[-1600:] = 0.3 * np.sin(np.arange(1600))

        assert abs(from_linear(raised(to_linear(quiet), 8000))[:-1600]).max() > 0.05

    def test_is_raised_without_clipping(self) -> None:
        quiet = caller(-40)
        quiet[9000] = 0.9

        assert 0.35 < np.abs(from_linear(raised(to_linear(quiet), 8000))).max() < 0.71


class TestWhatIsNoQuietCaller:
    @pytest.mark.parametrize("speech", [-6, -20, -26, -29])
    def test_ordinary_speech_stays_to_the_bit(self, speech: float) -> None:
        linear = to_linear(caller(speech))

        assert speech >= QUIET_SPEECH
        assert raised(linear, 8000) is linear

    @pytest.mark.parametrize("noise", [-60, -45, -35])
    def test_noise_stays_to_the_bit(self, noise: float) -> None:
        linear = to_linear(np.random.default_rng(1).normal(0, 10 ** (noise / 20), 80000))

        assert raised(linear, 8000) is linear

    def test_speech_that_drowns_in_noise_stays_to_the_bit(self) -> None:
        linear = to_linear(caller(-40, noise=-46))

        assert raised(linear, 8000) is linear

    @pytest.mark.parametrize("samples", [0, 1, 79, 80, 8000])
    def test_silence_stays_to_the_bit(self, samples: int) -> None:
        linear = np.zeros(samples, np.int16)

        assert raised(linear, 8000) is linear

    @given(st.lists(st.integers(-32768, 32767), max_size=400))
    @settings(max_examples=50)
    def test_anything_comes_back_in_its_length_and_no_quieter(self, values: list[int]) -> None:
        linear = np.array(values, np.int16)
        louder = raised(linear, 8000)

        assert len(louder) == len(linear)
        assert louder is linear or np.abs(louder.astype(int)).max() <= 23199


class TestSamples:
    def test_survive_the_way_there_and_back(self) -> None:
        linear = np.array([-32768, -1, 0, 1, 32767], np.int16)

        assert to_linear(from_linear(linear)).tolist() == linear.tolist()

    def test_beyond_full_scale_are_cut(self) -> None:
        assert to_linear(np.array([-2.0, 2.0])).tolist() == [-32768, 32767]

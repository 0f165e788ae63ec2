"""When a caller counts as silent: after noise, clicks, quiet speech and loud music."""

import numpy as np
import pytest

from umbel.media.g711 import Linear
from umbel.media.silence import QUIETEST, SilenceMeter, levels

_FULL_SCALE = 32124


def sine(decibels: float, frames: int = 1) -> Linear:
    """Make frames of a tone with a level in dBm0."""
    amplitude = _FULL_SCALE * 10 ** ((decibels - 3.17) / 20)
    wave = amplitude * np.sin(2 * np.pi * 400 * np.arange(160 * frames) / 8000)
    return np.rint(wave).astype(np.int16).reshape(frames, 160)


def hear(meter: SilenceMeter, *spans: tuple[float, int]) -> int:
    """Let row 0 hear each level for a number of frames; give how many were silent at the end."""
    silent = 0
    for level, frames in spans:
        for _ in range(frames):
            heard = np.array([level], np.float32)
            (silent,) = meter.hear(np.array([0]), heard).tolist()
    return silent


@pytest.fixture
def meter() -> SilenceMeter:
    meter = SilenceMeter(3)
    for row in range(3):
        meter.begin(row)
    return meter


class TestLevels:
    @pytest.mark.parametrize("decibels", [3.0, 0.0, -20.0, -45.0])
    def test_are_those_of_the_telephone_network(self, decibels: float) -> None:
        (level,) = levels(sine(decibels))
        assert abs(level - decibels) < 0.1

    def test_have_a_lowest(self) -> None:
        assert levels(np.zeros((2, 160), np.int16)).tolist() == [QUIETEST, QUIETEST]

    def test_are_told_of_each_frame(self) -> None:
        frames = np.concatenate((sine(-10), sine(-30)))
        assert np.round(levels(frames)).tolist() == [-10, -30]


class TestSilence:
    def test_is_counted_in_frames(self, meter: SilenceMeter) -> None:
        assert hear(meter, (-90, 50)) == 50

    def test_ends_with_speech(self, meter: SilenceMeter) -> None:
        assert hear(meter, (-90, 50), (-20, 2)) == 0

    def test_begins_anew_after_speech(self, meter: SilenceMeter) -> None:
        assert hear(meter, (-90, 50), (-20, 10), (-90, 7)) == 7

    def test_is_not_ended_by_a_click(self, meter: SilenceMeter) -> None:
        assert hear(meter, (-90, 50), (-10, 1), (-90, 10)) == 61

    def test_is_what_a_good_line_hisses(self, meter: SilenceMeter) -> None:
        assert hear(meter, (-55, 200)) == 200

    def test_is_what_a_noisy_line_hums(self, meter: SilenceMeter) -> None:
        assert hear(meter, (-40, 300)) >= 200

    def test_is_not_quiet_speech_over_a_quiet_line(self, meter: SilenceMeter) -> None:
        words = [(-36.0, 10), (-62.0, 5)] * 30
        assert hear(meter, *words) == 5

    def test_is_not_speech_over_noise(self, meter: SilenceMeter) -> None:
        words = [(-25.0, 10), (-40.0, 5)] * 30
        assert hear(meter, *words) == 5

    @pytest.mark.parametrize("level", [-10.0, -20.0, -29.0])
    def test_is_not_a_steady_tone_that_is_loud(self, meter: SilenceMeter, level: float) -> None:
        assert hear(meter, (level, 1000)) == 0

    def test_comes_back_when_the_noise_has_gone(self, meter: SilenceMeter) -> None:
        assert hear(meter, (-40, 300), (-60, 200), (-38, 2)) == 0


class TestRows:
    def test_are_counted_apart(self, meter: SilenceMeter) -> None:
        loud_and_quiet = np.array([-20, -90], np.float32)
        for _ in range(10):
            silent = meter.hear(np.array([2, 1]), loud_and_quiet)

        assert silent.tolist() == [0, 10]

    def test_begin_without_what_was_heard_before(self, meter: SilenceMeter) -> None:
        hear(meter, (-40, 300))
        meter.begin(0)

        assert hear(meter, (-38, 10)) == 0

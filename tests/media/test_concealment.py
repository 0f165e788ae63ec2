"""What is heard in the place of frames that never came."""

import numpy as np
import pytest
from numpy.typing import NDArray

from umbel.media.concealment import Concealment
from umbel.media.frame import FRAME
from umbel.media.g711 import Linear

Gaps = NDArray[np.bool_]


def voice(period: int, frames: int = 20, row: int = 0) -> Linear:
    """Make a sound that comes back after *period* samples, with no silent stretch in it."""
    once = np.random.default_rng(period + row).normal(0, 1, period)
    smooth = np.convolve(np.tile(once, 3), np.hanning(9), "same")[period : 2 * period]
    repeated = np.resize(smooth / np.abs(smooth).max() * 8000, frames * FRAME)
    return np.rint(repeated).astype(np.int16)


def heard(sound: Linear, missing: set[int]) -> Linear:
    """Let one row hear *sound* with some frames missing; they are full of rubbish."""
    concealment = Concealment(3)
    told = []
    for number, frame in enumerate(sound.reshape(-1, 1, FRAME)):
        is_missing = number in missing
        frame = np.full_like(frame, 12345) if is_missing else frame
        told.append(concealment.hear(np.array([1]), frame, np.array([is_missing]))[0])
    return np.concatenate(told)


def power(linear: Linear) -> float:
    return float(np.square(linear.astype(np.float64)).mean())


class TestWithoutLoss:
    def test_frames_are_given_as_they_came(self) -> None:
        linear = np.arange(2 * FRAME, dtype=np.int16).reshape(2, FRAME)
        rows, nothing = np.array([0, 2]), np.zeros(2, np.bool_)

        assert Concealment(3).hear(rows, linear, nothing) is linear

    def test_a_row_is_not_touched_by_losses_of_others(self) -> None:
        concealment, dice = Concealment(2), np.random.default_rng(7)
        for _ in range(300):
            linear = dice.integers(-32768, 32768, (2, FRAME)).astype(np.int16)
            gaps = np.array([dice.random() < 0.2, False])
            told = concealment.hear(np.arange(2), linear, gaps)
            assert (told[1] == linear[1]).all()

    def test_what_was_handed_in_is_left_alone(self) -> None:
        concealment, linear = Concealment(1), voice(57).reshape(-1, 1, FRAME)
        linear.setflags(write=False)

        for frame in linear:
            concealment.hear(np.array([0]), frame, np.array([True]))
            concealment.hear(np.array([0]), frame, np.array([False]))


class TestALostFrame:
    @pytest.mark.parametrize("period", [41, 57, 80, 97, 119])
    def test_goes_on_with_the_voice(self, period: int) -> None:
        sound = voice(period)
        told = heard(sound, {10})
        gap = slice(10 * FRAME, 10 * FRAME + 80)

        assert power(told[gap] - sound[gap]) < 0.01 * power(sound[gap])

    def test_is_none_of_what_stood_in_its_place(self) -> None:
        assert 12345 not in heard(voice(57), {10, 11})

    def test_fades_after_10_ms(self) -> None:
        told = heard(voice(57), {10, 11})[10 * FRAME : 12 * FRAME].reshape(-1, 80)
        powers = [power(part) for part in told]

        assert powers[0] > 1.1 * powers[1] > 1.1 * powers[2] > 1.1 * powers[3]

    def test_is_silent_after_60_ms(self) -> None:
        told = heard(voice(57), set(range(10, 20)))

        assert told[12 * FRAME : 13 * FRAME - 40].any()
        assert not told[13 * FRAME :].any()

    @pytest.mark.parametrize("lost", [{10}, {10, 11}, {10, 11, 12, 13, 14}, {10, 12, 14}])
    def test_clicks_neither_when_it_begins_nor_when_it_ends(self, lost: set[int]) -> None:
        for period in (41, 83, 120):
            sound = voice(period)
            steps = np.abs(np.diff(sound.astype(np.int64))).max()
            told = np.abs(np.diff(heard(sound, lost).astype(np.int64))).max()
            assert told <= 1.3 * steps

    def test_leaves_the_first_that_comes_again_but_for_its_beginning(self) -> None:
        sound = voice(57)
        for lost, seam in (({10}, 40), ({10, 11}, 80), (set(range(5, 12)), 80)):
            told = heard(sound, lost)
            back = (max(lost) + 1) * FRAME
            assert (told[back + seam :] == sound[back + seam :]).all()

    def test_of_a_call_of_which_nothing_was_heard_is_silence(self) -> None:
        assert not heard(voice(57, frames=3), {0, 1, 2}).any()

    def test_has_nothing_of_the_call_before(self) -> None:
        concealment, row = Concealment(1), np.array([0])
        concealment.hear(row, voice(57, 1).reshape(1, FRAME), np.array([False]))
        concealment.begin(0)

        assert not concealment.hear(row, np.ones((1, FRAME), np.int16), np.array([True])).any()

    def test_of_the_loudest_sound_does_not_wrap(self) -> None:
        square = np.where(np.arange(20 * FRAME) // 30 % 2, 32767, -32768).astype(np.int16)
        told = heard(square, {10, 13, 14}).astype(np.int64)

        assert np.abs(np.diff(told)).max() <= 65535
        assert power(told[10 * FRAME : 10 * FRAME + 60].astype(np.int16)) > 0.5 * power(square)


class TestManyRows:
    def test_are_filled_as_each_alone(self) -> None:
        dice = np.random.default_rng(11)
        sounds = np.stack([voice(41 + 7 * row, row=row) for row in range(12)])
        gaps: Gaps = dice.random((12, 20)) < 0.3
        together, frames = Concealment(12), sounds.reshape(12, 20, FRAME)
        rows = np.arange(12)
        told = [together.hear(rows, frames[:, at], gaps[:, at]) for at in range(20)]

        for row in range(12):
            alone = Concealment(12)
            for at in range(20):
                one = alone.hear(np.array([row]), frames[row : row + 1, at], gaps[row, at : at + 1])
                assert (one[0] == told[at][row]).all()

"""How long nobody has spoken, told for many calls at once from the level of each 20 ms.

A frame is loud when its level lies above a threshold that follows the noise of the line: 8 dB
above the quietest 20 ms of the last one to three seconds, but never below -48 dBm0 (so that the
hiss of a good line does not count) nor above -30 dBm0 (so that steady speech, music or a busy tone
is never taken for noise). Two loud frames in a row end a silence; one is a click.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .g711 import Linear

Levels = NDArray[np.float32]
Rows = NDArray[np.intp]

QUIETEST: Final = -90.0
"""dBm0 of digital silence, by definition of ours."""

_LOWEST_THRESHOLD: Final = -48.0
_HIGHEST_THRESHOLD: Final = -30.0
_ABOVE_NOISE: Final = 8.0
_WINDOW: Final = 75
"""Frames after which the quietest is looked for anew."""
_ZERO_DBM0: Final = 32124 / np.sqrt(2) / 10 ** (3.17 / 20)
"""Root mean square at 0 dBm0: a sine at the full scale of µ-law has 3.17 dBm0 (ITU-T G.711)."""


def levels(frames: Linear) -> Levels:
    """Give the level in dBm0 of each row of *frames*."""
    return levels_of_squares(np.square(frames.astype(np.float32)).mean(axis=1))


def levels_of_squares(means: NDArray[np.float32]) -> Levels:
    """Give the level in dBm0 of frames whose samples' squares have these *means*."""
    floor = _ZERO_DBM0**2 * 10 ** (QUIETEST / 10)
    decibels: Levels = 10 * np.log10(
        np.maximum(means, np.float32(floor)) / np.float32(_ZERO_DBM0**2)
    )
    return decibels


class SilenceMeter:
    """Counts the silent frames in a row; each call has a row in every array."""

    def __init__(self, rows: int) -> None:
        self._silent = np.zeros(rows, np.int64)
        self._was_loud = np.zeros(rows, np.bool_)
        self._frames = np.zeros(rows, np.int64)
        """In the window that runs."""
        self._quietest = np.zeros(rows, np.float32)
        """Of the window that runs."""
        self._noise = np.zeros(rows, np.float32)
        """The quietest of the window before."""

    def begin(self, row: int) -> None:
        """Forget what was heard in *row*."""
        self._silent[row] = self._frames[row] = 0
        self._was_loud[row] = False
        self._quietest[row] = 0
        self._noise[row] = QUIETEST

    def hear(self, rows: Rows, heard: Levels) -> NDArray[np.int64]:
        """Take a frame's level for each of *rows*; give how many silent frames each ends with."""
        is_loud = heard > self._thresholds(rows)
        self._follow_noise(rows, heard)
        is_sound = is_loud & self._was_loud[rows]
        self._was_loud[rows] = is_loud
        silent = np.where(is_sound, 0, self._silent[rows] + 1)
        self._silent[rows] = silent
        return silent

    def _thresholds(self, rows: Rows) -> Levels:
        noise = np.minimum(self._noise[rows], self._quietest[rows])
        return np.clip(noise + np.float32(_ABOVE_NOISE), _LOWEST_THRESHOLD, _HIGHEST_THRESHOLD)

    def _follow_noise(self, rows: Rows, heard: Levels) -> None:
        self._quietest[rows] = np.minimum(self._quietest[rows], heard)
        self._frames[rows] += 1
        full = rows[self._frames[rows] >= _WINDOW]
        self._noise[full] = self._quietest[full]
        self._quietest[full] = 0
        self._frames[full] = 0

"""What recordings hear while a sender is silent on purpose: the noise that it told (RFC 3389).

Without a word about noise a pause is silence.
"""

import numpy as np
from numpy.typing import NDArray

from umbel.media import g711
from umbel.media.comfort_noise import ComfortNoise, Noise, NoiseMaker
from umbel.media.session import PLAIN_CODECS

from .batches import Rows, different
from .strips import Strips


class Pauses:
    """Fills the pauses in the strips of many calls, in each tick the frame that was heard last."""

    def __init__(self, rows: int, strips: Strips, noise: Noise) -> None:
        self._strips = strips
        self._maker = NoiseMaker(rows, noise)
        self._is_told = np.zeros(rows, np.bool_)
        self._are_told = False
        """Whether some sender ever told of noise."""

    def begin(self, row: int) -> None:
        """Forget what was told in *row*."""
        self._is_told[row] = False

    def follow(self, row: int, told: ComfortNoise) -> None:
        """Take what the sender of *row* tells of its noise."""
        self._maker.follow(row, told)
        self._is_told[row] = self._are_told = True

    def fill(self, rows: Rows, laws: NDArray[np.intp]) -> None:
        """Fill the frame that each of *rows*, in one of the *laws*, has just heard."""
        if not self._are_told:
            return
        is_paused = self._is_told[rows]
        is_paused[is_paused] = self._strips.are_silent(rows[is_paused])
        for law in different(laws[is_paused]):
            paused = rows[is_paused & (laws == law)]
            noise = g711.encode(PLAIN_CODECS[law], self._maker.make(paused))
            self._strips.replace(paused, noise)

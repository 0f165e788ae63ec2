"""What recordings hear where packets were lost: the sound goes on for a moment (see
``media.concealment``). What came is never changed, but for the first milliseconds after a loss."""

import numpy as np
from numpy.typing import NDArray

from umbel.media import g711
from umbel.media.concealment import Concealment
from umbel.media.g711 import Linear
from umbel.media.session import PLAIN_CODECS

from .batches import Rows, different
from .strips import Octets, Strips

HISTORY = 2
"""Frames before a gap from which its sound is made."""


class Gaps:
    """Fills what is lost in the strips of many calls, in each tick the frame that was heard last."""

    def __init__(self, rows: int, strips: Strips) -> None:
        self._strips = strips
        self._concealment = Concealment(rows)
        self._is_in_gap = np.zeros(rows, np.bool_)
        self._are_there = False
        """Whether some row is in a gap."""

    def begin(self, row: int) -> None:
        """Forget what was heard in *row*."""
        self._is_in_gap[row] = False

    def fill(self, rows: Rows, laws: NDArray[np.intp]) -> None:
        """Fill the frame that each of *rows*, in one of the *laws*, has just heard."""
        are_lost = self._strips.are_lost(rows)
        if are_lost is None and not self._are_there:
            return
        is_lost = np.zeros(len(rows), np.bool_) if are_lost is None else are_lost
        for law in different(laws):
            alike = laws == law
            self._begin_gaps(rows[alike & is_lost & ~self._is_in_gap[rows]], law)
            concerned = alike & (is_lost | self._is_in_gap[rows])
            if concerned.any():
                self._fill(rows[concerned], is_lost[concerned], law)
        self._are_there = bool(is_lost.any())

    def _begin_gaps(self, rows: Rows, law: int) -> None:
        if not len(rows):
            return
        for row in rows.tolist():
            self._concealment.begin(row)
        none_lost = np.zeros(len(rows), np.bool_)
        before = self._strips.recent(rows, HISTORY + 1)
        for number in range(HISTORY):
            self._concealment.hear(rows, _decoded(before[:, number], law), none_lost)

    def _fill(self, rows: Rows, is_lost: NDArray[np.bool_], law: int) -> None:
        linear = _decoded(self._strips.latest(rows), law)
        filled = self._concealment.hear(rows, linear, is_lost)
        self._strips.replace(rows, g711.encode(PLAIN_CODECS[law], filled))
        self._is_in_gap[rows] = is_lost


def _decoded(octets: Octets, law: int) -> Linear:
    return g711.decode(PLAIN_CODECS[law], octets)

"""What is heard where a packet was lost: the sound goes on for a moment, and then fades.

The idea is that of ITU-T G.711 Appendix I: the last period of the voice is repeated, from 10 ms on
with less and less level, and is silent after 60 ms. There is no delay to be had here, so nothing is
changed before a loss: its first sample goes on from the last that was heard. Where sound comes
back, its first milliseconds are blended out of the repetition.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .frame import FRAME
from .g711 import Linear

Rows = NDArray[np.intp]
_Mask = NDArray[np.bool_]
_Counts = NDArray[np.intp]
_Reals = NDArray[np.float32]

_SHORTEST: Final = 40
"""Samples of the shortest period of a voice: 200 Hz. A higher one is repeated by twos."""
_LONGEST: Final = 120
"""66 Hz."""
_HISTORY: Final = 2 * FRAME
"""Two of the longest periods, and more than is compared to find one."""
_COMPARED: Final = FRAME
_FULL: Final = 80
"""Samples of a repetition before it begins to fade."""
_SILENT: Final = 480
_SEAM: Final = 40
"""Samples along which one sound goes over into another."""
_LONGEST_SEAM: Final = 80
_NO_GAP: Final = 0

_PLACES: Final = np.arange(FRAME, dtype=np.int32)
_FADING: Final = np.clip(
    (_SILENT - np.arange(_SILENT + 1)) / (_SILENT - _FULL), 0, 1, dtype=np.float32
)
"""For each sample since a gap began; the last stands for all that follow."""


class Concealment:
    """
    Fills gaps; each call has a row in every array.

    The caller says which frames never came though they should have: those of packets that are
    missing in the sequence of a sender that went on. Pauses of a sender that is silent are no
    gaps (its sequence numbers go on without one missing): they are for ``comfort_noise``.
    """

    def __init__(self, rows: int) -> None:
        self._history = np.zeros((rows, 2, FRAME), np.int16)
        """The last two frames that came."""
        self._newest = np.zeros(rows, np.intp)
        """Which of the two."""
        self._gap = np.full(rows, _NO_GAP, np.intp)
        """Frames that have been missing until now."""
        self._period = np.full(rows, _LONGEST, np.intp)
        """Samples that are repeated in the gap."""

    def begin(self, row: int) -> None:
        """Forget what was heard in *row*."""
        self._history[row] = 0
        self._gap[row] = _NO_GAP

    def hear(self, rows: Rows, linear: Linear, is_missing: _Mask) -> Linear:
        """
        Take a frame of each of *rows*; give the frames to be heard.

        What stands in a frame that *is_missing* does not matter. A frame that came is given as it
        is, but for the beginning of the first after a gap; with nothing to be done, *linear*
        itself is given.
        """
        is_back = ~is_missing & (self._gap[rows] > _NO_GAP)
        if not (is_missing.any() or is_back.any()):
            self._remember(rows, linear)
            return linear
        told = linear.copy()
        missing, back, here = np.flatnonzero(is_missing), np.flatnonzero(is_back), ~is_missing
        if len(back):
            told[back] = self._return(rows[back], linear[back])
        if len(missing):
            told[missing] = self._go_on(rows[missing])
        # What came is remembered as it came, so that no repetition is made of a repetition.
        self._remember(rows[here], linear[here])
        return told

    def _remember(self, rows: Rows, linear: Linear) -> None:
        newest = 1 - self._newest[rows]
        self._newest[rows] = newest
        self._history[rows, newest] = linear
        self._gap[rows] = _NO_GAP

    def _go_on(self, rows: Rows) -> Linear:
        """Fill one more frame of each gap."""
        fresh = rows[self._gap[rows] == _NO_GAP]
        if len(fresh):
            self._period[fresh] = _periods(self._heard(fresh))
        filled = self._repeated(rows, FRAME)
        self._gap[rows] += 1
        return _rounded(filled)

    def _return(self, rows: Rows, linear: Linear) -> Linear:
        """Blend from the repetition to what has come."""
        seams = np.minimum(_SEAM * self._gap[rows], _LONGEST_SEAM)[:, np.newaxis]
        rise = np.minimum((_PLACES[:_LONGEST_SEAM] + 1) / (seams + np.float32(1)), 1)
        beginning = linear[:, :_LONGEST_SEAM]
        blended = beginning * rise + self._repeated(rows, _LONGEST_SEAM) * (1 - rise)
        told = linear.copy()
        told[:, :_LONGEST_SEAM] = np.where(rise < 1, _rounded(blended), beginning)
        return told

    def _repeated(self, rows: Rows, count: int) -> _Reals:
        """Give the next *count* samples of each repetition."""
        heard = self._heard(rows)
        period = self._period[rows].astype(np.int32)[:, np.newaxis]
        since = self._gap[rows].astype(np.int32)[:, np.newaxis] * FRAME + _PLACES[:count]
        place = since % period
        # The end of the period goes over into what came before its beginning: no click where it
        # begins again.
        quarter = period // 4
        share = np.maximum((place - period + quarter + 1) / quarter.astype(np.float32), 0)
        in_heard = place - period + _HISTORY + _row_starts(heard)
        flat = heard.ravel()
        last = flat[in_heard]
        repeated = last + (flat[in_heard - period] - last) * share
        # Nor where the first begins: what is missing to the last sample heard fades out.
        is_fresh = self._gap[rows] == _NO_GAP
        if is_fresh.any():
            first, period, quarter = heard[is_fresh], period[is_fresh], quarter[is_fresh]
            step = first[:, -1:] - np.take_along_axis(first, _HISTORY - 1 - period, axis=1)
            fall = np.maximum(1 - (_PLACES[:count] + 1) / quarter.astype(np.float32), 0)
            repeated[is_fresh] += step * fall
        faded: _Reals = repeated * _FADING[np.minimum(since, _SILENT)]
        return faded

    def _heard(self, rows: Rows) -> _Reals:
        """Give the last samples that came, the newest last."""
        newest = self._newest[rows]
        halves = (self._history[rows, 1 - newest], self._history[rows, newest])
        return np.concatenate(halves, axis=1).astype(np.float32)


def _periods(heard: _Reals) -> _Counts:
    """Find after how many samples each row is most like itself: roughly, then exactly."""
    rough = _SHORTEST + 2 * _most_alike(heard[:, ::2], _SHORTEST // 2, _LONGEST // 2)
    near = np.clip(rough, _SHORTEST + 1, _LONGEST - 1)
    starts = (near - 1)[:, np.newaxis]
    # Three lags of each row are left: they are looked at in a cut that begins at its own.
    length = _COMPARED + 2
    places = _HISTORY - _COMPARED - 2 - starts + np.arange(length)
    cut = heard.ravel()[places + _row_starts(heard)]
    periods: _Counts = near - 1 + _best(cut, heard[:, -_COMPARED:])
    return periods


def _most_alike(heard: _Reals, shortest: int, longest: int) -> _Counts:
    """Give how far from *shortest* the lag lies at which each row is most like itself."""
    compared = heard.shape[1] * _COMPARED // _HISTORY
    end = heard.shape[1] - shortest
    earlier = np.ascontiguousarray(heard[:, end - compared - (longest - shortest) : end])
    return _best(earlier, heard[:, -compared:])


def _best(earlier: _Reals, latest: _Reals) -> _Counts:
    """Give how far from the end of *earlier* lies what is most like *latest* (correlation)."""
    compared = latest.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(earlier, compared, axis=1)
    likeness = np.einsum("rlt,rt->rl", windows, np.ascontiguousarray(latest))
    sums = np.cumsum(np.square(earlier), axis=1, dtype=np.float64)
    energy = sums[:, compared - 1 :].copy()
    energy[:, 1:] -= sums[:, :-compared]
    best: _Counts = np.argmax((likeness / np.sqrt(energy + 1))[:, ::-1], axis=1)
    return best


def _row_starts(rows: _Reals) -> _Counts:
    """Give where each row begins when all are one."""
    starts: _Counts = np.arange(len(rows)) * rows.shape[1]
    return starts[:, np.newaxis]


def _rounded(samples: NDArray[np.floating]) -> Linear:
    rounded: Linear = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    return rounded

"""Keys as pairs of tones in the audio (DTMF, ITU-T Q.23), told once for each press, of all calls.

What counts as a press follows ITU-T Q.24. Audio is looked at in blocks of 10 ms. A block is clean
where its strongest tones, one of each group, have most of its energy, are loud enough and of about
the same level. Two clean blocks of one pair of tones are linked where the level stands still and
the phase moves on by what the pair's frequencies say: so frequencies are measured to a few hertz,
though blocks are short. A link is firm where the tones have nearly all of the energy and lie close
to their frequencies. Two firm links in a row are a press: 40 ms always have them, 23 ms never.
Where there is noise, or the sender is not exact, links are not firm, and it takes up to six.

Speech has links too, but hardly ever two firm ones. Its two strongest partials carry less of the
energy (what their harmonics have is missing there), they glide, and they stand in whole ratios
that no pair of keys has; so no rule of its own is made for second harmonics.

A press is over after three blocks without it, which every pause of 40 ms has; gaps of 10 ms, and
of one lost packet, are bridged.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .frame import FRAME
from .g711 import SAMPLES_PER_SECOND, Linear
from .silence import ZERO_DBM0

Rows = NDArray[np.intp]
Keys = NDArray[np.uint8]
"""Numbers of telephone events, so that ``telephone_event.KEYS`` names them."""
_Mask = NDArray[np.bool_]
_Reals = NDArray[np.float32]
_Tones = NDArray[np.complex64]

LOW: Final = (697, 770, 852, 941)
"""Hz; one for each row of keys (ITU-T Q.23)."""
HIGH: Final = (1209, 1336, 1477, 1633)
"""Hz; one for each column of keys."""

_BLOCK: Final = FRAME // 2
_EVENTS: Final = np.array([1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15], np.uint8)
"""For each pair, low times four plus high, the telephone event."""

_LOWEST_LEVEL: Final = -36.0
"""dBm0 of the weaker tone. Q.24 asks for -25 to -29; lines between take some more."""
_LOW_ABOVE_HIGH: Final = 9.5
"""dB; Q.24 asks for 8: lines weaken high frequencies."""
_HIGH_ABOVE_LOW: Final = 6.5
"""dB; Q.24 asks for 4 to 6."""
_CANDIDATE_SHARE: Final = 0.5
"""Of the energy of a block that two tones must have to be looked at closely."""

_SHARE: Final = 0.8
"""Of the energy of two linked blocks that the two tones must have: 6 dB above noise."""
_FIRM_SHARE: Final = 0.9
"""In a firm link: 10 dB."""
_DEVIATION: Final = 0.021
"""Of a frequency; Q.24 asks to take 1.5 % and to leave 3.5 %, and noise has its part."""
_FIRM_DEVIATION: Final = 0.018
_STEADY: Final = 2.0
"""Times the power of one block that a tone may have in the next; half of it as well."""
_FIRM_STEADY: Final = 1.6
_FIRM_DRIFT: Final = 6.0
"""Hz by which the frequency of a tone may seem to change from the link before."""
_FIRM: Final = 3
"""What a firm link counts; any other counts 1."""
_PRESS: Final = 6
"""What the links of a press count: two firm ones, which every 40 ms have, or six others."""
_PAUSE: Final = 3
"""Blocks without it after which a press is over."""
_NOBODY: Final = -1

_POWER_AT_ZERO_DBM0: Final = float(ZERO_DBM0) ** 2
_LEAST_POWER: Final = _POWER_AT_ZERO_DBM0 * 10 ** (_LOWEST_LEVEL / 10)


def _projection() -> _Reals:
    """Give the matrix that takes a block to the cosine and then the sine part of each tone."""
    phases = 2 * np.pi * np.outer(LOW + HIGH, np.arange(_BLOCK)) / SAMPLES_PER_SECOND
    return np.concatenate((np.cos(phases), -np.sin(phases))).astype(np.float32)


def _separation() -> _Reals:
    """For each pair, give the matrix that frees the parts of each tone from the other's leakage."""
    projection = _projection().astype(np.float64)
    pairs = [(low, 4 + high) for low in range(4) for high in range(4)]
    parts = [projection[[low, low + 8, high, high + 8]] for low, high in pairs]
    return np.stack([np.linalg.inv(part @ part.T) for part in parts]).astype(np.float32)


_PROJECTION: Final = _projection()
_SEPARATION: Final = _separation()
_FREQUENCIES: Final = np.array([(low, high) for low in LOW for high in HIGH], np.float32)
"""For each pair, of both tones."""
_BLOCKS_PER_SECOND: Final = SAMPLES_PER_SECOND // _BLOCK
_ADVANCE: Final = np.exp(-2j * np.pi * _FREQUENCIES / _BLOCKS_PER_SECOND).astype(np.complex64)
"""For each pair, what takes the phase of a block back to that of the block before."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The blocks of some rows that are looked at closely; every array begins with [row, block]."""

    pairs: NDArray[np.intp]
    tones: _Tones
    """[row, block, tone]: amplitude and phase."""
    energies: _Reals
    is_clean: _Mask


class ToneKeyDetector:
    """
    Hears the presses of many calls; each call has a row in every array.

    A call whose keys come as telephone events should not be heard here: gateways that send them
    may leave the tones in the audio, and then each press would be told twice.
    """

    def __init__(self, rows: int) -> None:
        self._pair = np.full(rows, _NOBODY, np.intp)
        """Of the last block, where it was clean."""
        self._tones = np.zeros((rows, 2), np.complex64)
        self._energy = np.zeros(rows, np.float32)
        self._offsets = np.full((rows, 2), np.nan, np.float32)
        """Hz by which the last link lay off the pair's frequencies; not a number: there is none."""
        self._linked = np.zeros(rows, np.intp)
        """What the links count by which the last block hangs together with those before."""
        self._pressed = np.full(rows, _NOBODY, np.intp)
        """The pair of the press that has been told and is not over."""
        self._absent = np.zeros(rows, np.intp)
        """Blocks in a row without it."""
        self._is_torn = np.zeros(rows, np.bool_)
        """The frame before was missing."""

    def begin(self, row: int) -> None:
        """Forget what was heard in *row*."""
        self._pair[row] = self._pressed[row] = _NOBODY
        self._linked[row] = self._absent[row] = 0
        self._is_torn[row] = False
        self._offsets[row] = np.nan

    def hear(
        self, rows: Rows, linear: Linear, is_missing: _Mask | None = None
    ) -> tuple[Rows, Keys]:
        """
        Take a frame of each of *rows*; give the rows that pressed a key, and the keys.

        *is_missing* says whose frame was lost: what stands there instead counts neither as tone
        nor as pause. Without it a loss is a pause, and one of 40 ms parts a press in two.
        """
        if is_missing is not None and is_missing.any():
            self._is_torn[rows[is_missing]] = True
            rows, linear = rows[~is_missing], linear[~is_missing]
        chosen, projections, energies = self._candidates(rows, linear)
        is_forgotten = self._pair[rows] != _NOBODY
        is_forgotten[chosen] = False
        forgotten = rows[is_forgotten]
        self._pair[forgotten] = _NOBODY
        self._linked[forgotten] = 0
        if not len(chosen):
            return rows[:0], np.zeros(0, np.uint8)
        heard, blocks = rows[chosen], _look(projections, energies)
        pairs = self._follow(heard, blocks)
        pressed = np.flatnonzero(pairs != _NOBODY)
        return heard[pressed], _EVENTS[pairs[pressed]]

    def _candidates(self, rows: Rows, linear: Linear) -> tuple[Rows, _Reals, _Reals]:
        """Choose the rows to be looked at closely, with projections and energies of their blocks."""
        blocks = linear.astype(np.float32).reshape(-1, 2, _BLOCK)
        energies = np.einsum("rbi,rbi->rb", blocks, blocks)
        is_pressing = self._pressed[rows] != _NOBODY
        is_loud = (energies > 2 * _LEAST_POWER * _BLOCK).any(axis=1) | is_pressing
        loud = np.flatnonzero(is_loud)
        if len(loud) < len(rows):
            blocks, energies, is_pressing = blocks[loud], energies[loud], is_pressing[loud]
        projections = (blocks.reshape(-1, _BLOCK) @ _PROJECTION.T).T.reshape(16, -1, 2)
        squares = np.square(projections)
        powers = squares[:8] + squares[8:]
        strongest = powers[:4].max(axis=0) + powers[4:].max(axis=0)
        is_tonal = strongest > energies * (_CANDIDATE_SHARE * _BLOCK / 2)
        chosen = np.flatnonzero(is_tonal.any(axis=1) | is_pressing)
        return loud[chosen], projections[:, chosen], energies[chosen]

    def _follow(self, rows: Rows, blocks: _Blocks) -> NDArray[np.intp]:
        """Go on with both blocks of each row; give the pair of each press that begins."""
        links = self._links(rows, blocks)
        begun = np.full(len(rows), _NOBODY, np.intp)
        linked, pressed, absent = self._linked[rows], self._pressed[rows], self._absent[rows]
        for block in range(2):
            pairs, is_clean = blocks.pairs[:, block], blocks.is_clean[:, block]
            linked = np.where(links[:, block] > 0, linked + links[:, block], 0)
            absent = np.where(is_clean & (pairs == pressed), 0, absent + 1)
            pressed[absent >= _PAUSE] = _NOBODY
            is_press = (linked >= _PRESS) & (pairs != pressed)
            begun[is_press] = pressed[is_press] = pairs[is_press]
            absent[is_press] = 0
        self._linked[rows], self._pressed[rows], self._absent[rows] = linked, pressed, absent
        self._pair[rows] = np.where(blocks.is_clean[:, 1], blocks.pairs[:, 1], _NOBODY)
        self._tones[rows] = blocks.tones[:, 1]
        self._energy[rows] = blocks.energies[:, 1]
        self._is_torn[rows] = False
        return begun

    def _links(self, rows: Rows, blocks: _Blocks) -> NDArray[np.intp]:
        """Tell which blocks go on with the tones of the block before, and what that counts."""
        first = np.where(blocks.is_clean[:, 0], blocks.pairs[:, 0], _NOBODY)
        is_same = blocks.is_clean & (blocks.pairs == np.column_stack((self._pair[rows], first)))
        before = np.stack((self._tones[rows], blocks.tones[:, 0]), axis=1)
        energies = blocks.energies + np.column_stack((self._energy[rows], blocks.energies[:, 0]))
        steps = blocks.tones * np.conj(before) * _ADVANCE[blocks.pairs]
        offsets = np.angle(steps) * np.float32(_BLOCKS_PER_SECOND / (2 * np.pi))
        is_torn = self._is_torn[rows]
        offsets[is_torn, 0] = np.nan_to_num(self._offsets[rows[is_torn]])
        deviations = np.abs(offsets) / _FREQUENCIES[blocks.pairs]
        powers, powers_before = _powers(blocks.tones), _powers(before)
        weaker, stronger = np.minimum(powers, powers_before), np.maximum(powers, powers_before)
        # A tone off the frequency that it is looked for at shows only so much of its power.
        shown = np.square(np.sinc(offsets / _BLOCKS_PER_SECOND))
        explained = ((powers + powers_before) / shown).sum(axis=2) * (_BLOCK / 2)
        is_link = is_same & ((deviations <= _DEVIATION) & (stronger <= _STEADY * weaker)).all(
            axis=2
        )
        is_link &= explained >= _SHARE * energies
        links = np.where(is_link[:, :, np.newaxis], offsets, np.nan)
        drifts = np.abs(links - np.stack((self._offsets[rows], links[:, 0]), axis=1))
        is_firm = (
            (deviations <= _FIRM_DEVIATION)
            & (stronger <= _FIRM_STEADY * weaker)
            & ~(drifts > _FIRM_DRIFT)
        ).all(axis=2)
        is_firm &= explained >= _FIRM_SHARE * energies
        self._offsets[rows] = links[:, 1]
        return np.where(is_link, np.where(is_firm, _FIRM, 1), 0)


def _look(projections: _Reals, energies: _Reals) -> _Blocks:
    """Find the pair of tones of each block, and whether they are what a key sounds like."""
    squares = np.square(projections)
    powers = squares[:8] + squares[8:]
    low, high = powers[:4].argmax(axis=0), powers[4:].argmax(axis=0)
    pairs = low * 4 + high
    places = np.stack((low, low + 8, high + 4, high + 12))
    mixed = np.take_along_axis(projections, places, axis=0)
    parts = np.einsum("rbij,jrb->rbi", _SEPARATION[pairs], mixed)
    tones = np.ascontiguousarray(parts).view(np.complex64)
    levels = _powers(tones) / 2
    weakest = levels.min(axis=2)
    is_clean = (
        (weakest >= _LEAST_POWER)
        & (levels[:, :, 0] <= levels[:, :, 1] * 10 ** (_LOW_ABOVE_HIGH / 10))
        & (levels[:, :, 1] <= levels[:, :, 0] * 10 ** (_HIGH_ABOVE_LOW / 10))
        & (levels.sum(axis=2) * _BLOCK >= _CANDIDATE_SHARE * energies)
    )
    return _Blocks(pairs, tones, energies, is_clean)


def _powers(tones: _Tones) -> _Reals:
    """Give the squares of the amplitudes."""
    return np.square(tones.real) + np.square(tones.imag)

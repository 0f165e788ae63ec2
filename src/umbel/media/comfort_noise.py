"""Comfort noise (RFC 3389): what is heard while a sender with silence suppression says nothing.

Its packets tell how loud the noise on the other side is, and may tell its colour. The colour is
read and not used: for so quiet a noise, in a recording, the level is what makes a pause sound like
one. The noise itself is cut from a table that is handed in, since nothing here rolls dice.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .frame import FRAME
from .g711 import Linear
from .rtp import MalformedPacket
from .silence import ZERO_DBM0

PAYLOAD_TYPE: Final = 13
"""In RFC 3551's table, for a clock of 8000 Hz."""

OCTETS_PER_SAMPLE: Final = 4
"""Random octets from which ``noise_from`` makes one sample."""

Rows = NDArray[np.intp]
Noise = NDArray[np.float32]
"""White, with a root mean square of 1."""

_OVERLOAD: Final = 32124.0
"""0 dBov: the root mean square of a square wave between the highest values (RFC 3389 section 3)."""
_QUIETEST: Final = 127
_STEP: Final = 258 / 32768
"""Between two coefficients (RFC 3389 section 3.2)."""
_MIDDLE: Final = 127
_STRIDE: Final = 3011
"""From one cut to the next, so that no ear finds a period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfortNoise:
    """The payload of one packet (RFC 3389 section 3)."""

    level: int
    """Of the noise, in dB below overload: 0 to 127."""
    coefficients: tuple[float, ...] = ()
    """Reflection coefficients of its colour, none for white."""

    @classmethod
    def parse(cls, payload: bytes) -> "ComfortNoise":
        """Read a payload; the highest bit of the level, which should be 0, is ignored."""
        if not payload:
            raise MalformedPacket("comfort noise: found 0 octets, expected at least 1")
        return cls(
            level=payload[0] & _QUIETEST,
            coefficients=tuple((octet - _MIDDLE) * _STEP for octet in payload[1:]),
        )

    @classmethod
    def of(cls, level: float) -> "ComfortNoise":
        """Tell of white noise at *level* in dBm0, as ``silence.levels`` measures it."""
        below = 20 * np.log10(_OVERLOAD / ZERO_DBM0) - level
        return cls(level=round(min(max(below, 0.0), _QUIETEST)))

    def __bytes__(self) -> bytes:
        octets = (round(coefficient / _STEP) + _MIDDLE for coefficient in self.coefficients)
        return bytes((self.level, *octets))


def noise_from(octets: bytes) -> Noise:
    """Make noise of random *octets*; a table for ``NoiseMaker`` takes those of a second or two."""
    count = len(octets) // OCTETS_PER_SAMPLE
    several = np.frombuffer(octets, np.uint8, count * OCTETS_PER_SAMPLE)
    samples = several.reshape(count, OCTETS_PER_SAMPLE).sum(axis=1, dtype=np.float64)
    samples -= samples.mean()
    return np.asarray(samples / max(float(samples.std()), 1.0), np.float32)


class NoiseMaker:
    """
    Makes the noise of many calls; each call has a row in every array.

    The caller says who is in a pause: whose timestamps run on (or who sent a comfort noise packet)
    while no sequence number is missing. Where one is missing, it is for ``concealment``.
    """

    def __init__(self, rows: int, noise: Noise) -> None:
        # The table at every level there is: one look-up then makes the noise of all calls.
        amplitudes = _OVERLOAD * 10 ** (-np.arange(_QUIETEST + 1) / 20)
        samples = np.clip(np.rint(np.outer(amplitudes, noise)), -32768, 32767).astype(np.int16)
        self._cuts = np.lib.stride_tricks.sliding_window_view(samples, FRAME, axis=1)
        self._places = self._cuts.shape[1]
        # Every row cuts elsewhere, or all calls would hiss in step.
        self._place = np.arange(rows) * _STRIDE * 7 % self._places
        self._level = np.full(rows, _QUIETEST, np.intp)

    def begin(self, row: int) -> None:
        """Make silence in *row*, until a packet has told a level."""
        self._level[row] = _QUIETEST

    def follow(self, row: int, told: ComfortNoise) -> None:
        """Make noise in *row* as a packet tells it."""
        self._level[row] = told.level

    def make(self, rows: Rows) -> Linear:
        """Give a frame of noise for each of *rows*."""
        places = self._place[rows]
        self._place[rows] = (places + _STRIDE) % self._places
        made: Linear = self._cuts[self._level[rows], places]
        return made

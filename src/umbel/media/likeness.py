"""Whether audio that came back is the audio that went in: where it is, and how alike it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The place where one piece of audio is most alike another."""

    at: int
    """In samples from the beginning."""
    likeness: float
    """The correlation there: 1.0 is the same shape, whatever the loudness; 0.0 is nothing alike."""
    equal: float
    """The share of samples that are the very same."""


def best_match(wanted: NDArray[np.int16], heard: NDArray[np.int16]) -> Match:
    """Find *wanted* in *heard*."""
    if not len(wanted) or len(heard) < len(wanted):
        return Match(at=0, likeness=0.0, equal=0.0)
    size = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard.astype(float), size)
    spectrum *= np.conj(np.fft.rfft(wanted.astype(float), size))
    correlation = np.fft.irfft(spectrum, size)[: len(heard) - len(wanted) + 1]
    at = int(np.argmax(correlation / np.sqrt(_powers(heard, len(wanted)) + 1.0)))
    there = heard[at : at + len(wanted)]
    power = float(np.linalg.norm(there.astype(float)) * np.linalg.norm(wanted.astype(float)))
    return Match(
        at=at,
        likeness=float(correlation[at]) / power if power else 0.0,
        equal=float(np.mean(there == wanted)),
    )


def equal_in_pieces(
    wanted: NDArray[np.int16], heard: NDArray[np.int16], piece: int = 2000
) -> float:
    """
    Give the share of *wanted* whose samples came back the very same, piece by piece.

    A packet that is late on a busy machine moves all that follows it; that is no other audio.
    """
    starts = range(0, len(wanted) - piece + 1, piece)
    shares = [best_match(wanted[at : at + piece], heard).equal for at in starts]
    return float(np.mean(shares)) if shares else best_match(wanted, heard).equal


def _powers(heard: NDArray[np.int16], length: int) -> NDArray[np.float64]:
    """Give the power of every stretch of *length* samples, so that loud ones are not preferred."""
    sums = np.zeros(len(heard) + 1, np.float64)
    np.cumsum(heard.astype(np.float64) ** 2, out=sums[1:])
    powers: NDArray[np.float64] = sums[length:] - sums[:-length]
    return powers

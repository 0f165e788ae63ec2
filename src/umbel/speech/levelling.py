"""Even loudness and clean edges, so that clips from anywhere can follow one another.

Levels are decibels below full scale of 16-bit samples. The level of speech is that of its loud
stretches only, after ITU-T P.56's thought that pauses do not make speech quieter.
"""

import numpy as np
from numpy.typing import NDArray

from umbel.core.instants import Duration

Samples = NDArray[np.float64]
"""Mono audio between -1 and 1."""

SPEECH_LEVEL = -22.0
"""What ``level`` brings speech to: near the mean of telephone speech."""

_HIGHEST_PEAK = 10 ** (-3 / 20)
_LIMITED_ABOVE = 10 ** (-9 / 20)
"""Louder samples are bent towards the highest peak instead of cut."""
_ACTIVE = 15.0
"""Frames less than so much below the loudest count as speech."""
_HEARD = 40.0
"""Frames more than so much below the loudest are silence when they stand at an end."""
_FRAME: Duration = 0.01
_LEAD: Duration = 0.02
_TAIL: Duration = 0.04
_FADE: Duration = 0.01


def speech_level(samples: Samples, rate: int) -> float:
    """Measure how loud the speech in *samples* is; ``-inf`` for silence."""
    powers = _powers(samples, rate)
    loudest = powers.max(initial=0.0)
    if loudest == 0:
        return float("-inf")
    active = powers[powers > loudest * 10 ** (-_ACTIVE / 10)]
    return float(10 * np.log10(active.mean()))


def level(samples: Samples, rate: int) -> Samples:
    """Trim silence at both ends, bring to ``SPEECH_LEVEL``, fade in and out."""
    trimmed = _trimmed(samples, rate)
    if not trimmed.size:
        return trimmed
    gain = 10 ** ((SPEECH_LEVEL - speech_level(trimmed, rate)) / 20)
    return _faded(_limited(trimmed * gain), rate)


def from_linear(linear: NDArray[np.int16]) -> Samples:
    """Read 16-bit samples."""
    return linear.astype(np.float64) / 32768


def to_linear(samples: Samples) -> NDArray[np.int16]:
    """Write 16-bit samples."""
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)


def _powers(samples: Samples, rate: int) -> Samples:
    """Give the mean square of each full frame; a stretch shorter than a frame is one frame."""
    size = max(1, min(int(rate * _FRAME), samples.size))
    frames = samples[: samples.size // size * size].reshape(-1, size)
    return np.asarray(np.mean(frames**2, axis=1))


def _trimmed(samples: Samples, rate: int) -> Samples:
    powers = _powers(samples, rate)
    loudest = powers.max(initial=0.0)
    heard = np.flatnonzero(powers > loudest * 10 ** (-_HEARD / 10))
    if not heard.size:
        return samples[:0]
    size = int(rate * _FRAME)
    begin = max(0, int(heard[0]) * size - int(rate * _LEAD))
    end = (int(heard[-1]) + 1) * size + int(rate * _TAIL)
    return samples[begin:end]


def _limited(samples: Samples) -> Samples:
    """Leave all below the threshold as it is and bend the rest under the highest peak."""
    room = _HIGHEST_PEAK - _LIMITED_ABOVE
    over = np.maximum(np.abs(samples) - _LIMITED_ABOVE, 0.0)
    within = np.clip(samples, -_LIMITED_ABOVE, _LIMITED_ABOVE)
    return np.asarray(within + np.sign(samples) * room * np.tanh(over / room))


def _faded(samples: Samples, rate: int) -> Samples:
    """Rise from and fall to exactly zero along half a cosine."""
    length = min(int(rate * _FADE), samples.size // 2)
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(length, 1))
    faded = samples.copy()
    faded[:length] *= rise
    faded[faded.size - length :] *= rise[::-1]
    return faded

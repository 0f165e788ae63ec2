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

QUIET_SPEECH = -30.0
"""Whoever speaks louder than that is not quiet: ``raised`` leaves it as it is."""
RAISED_SPEECH = -26.0
"""What ``raised`` brings quiet speech to: the nominal level of a telephone line."""
MOST_RAISED = 15.0
"""dB; whoever would need more gets so much."""

_HIGHEST_NOISE = -48.0
"""The noise behind quiet speech is not raised above this."""
_SPEECH_ABOVE_NOISE = 12.0
"""Sound whose loud stretches stand out less than that from its quiet ones is no speech."""
_NO_SPEECH = 30
"""Frames of clicks, or of the key that ended a recording, that may be the loudest in it."""
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


def raised(linear: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    """
    Make a recording of somebody who speaks quietly louder, all of it by the same amount.

    It is for the moment of playing: what is stored stays what was spoken, and the whole of it is
    known, so that nothing pumps. What is no quiet speech (ordinary speech, noise, silence) is
    given back itself, and nothing is ever cut off: peaks are bent.
    """
    samples = from_linear(linear)
    gain = _missing_gain(_powers(samples, rate))
    return to_linear(_limited(samples * 10 ** (gain / 20))) if gain > 0 else linear


def _missing_gain(powers: Samples) -> float:
    """Give by how many dB speech is to be raised, from the mean squares of its frames."""
    heard = np.sort(powers[powers > 0])
    if not heard.size:
        return 0.0
    spoken = 10 * np.log10(heard[: heard.size - min(_NO_SPEECH, heard.size // 10)])
    noise, loudest = spoken[spoken.size // 10], spoken[-1]
    level = 10 * np.log10((10 ** (spoken[spoken > loudest - _ACTIVE] / 10)).mean())
    if level >= QUIET_SPEECH or level - noise < _SPEECH_ABOVE_NOISE:
        return 0.0
    return float(min(RAISED_SPEECH - level, MOST_RAISED, max(_HIGHEST_NOISE - noise, 0.0)))


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
    over = np.flatnonzero(np.abs(samples) > _LIMITED_ABOVE)
    bent, loud = samples.copy(), samples[over]
    bent[over] = np.sign(loud) * (
        _LIMITED_ABOVE + room * np.tanh((np.abs(loud) - _LIMITED_ABOVE) / room)
    )
    return bent


def _faded(samples: Samples, rate: int) -> Samples:
    """Rise from and fall to exactly zero along half a cosine."""
    length = min(int(rate * _FADE), samples.size // 2)
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(length, 1))
    faded = samples.copy()
    faded[:length] *= rise
    faded[faded.size - length :] *= rise[::-1]
    return faded

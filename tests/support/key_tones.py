"""Keys as a telephone sounds them, with everything that can be wrong with them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umbel.media import g711
from umbel.media.frame import FRAME
from umbel.media.g711 import Linear
from umbel.media.session import Codec
from umbel.media.silence import ZERO_DBM0
from umbel.media.telephone_event import KEYS
from umbel.media.tone_keys import HIGH, LOW, ToneKeyDetector

Wave = NDArray[np.float64]

_PAD = ("123A", "456B", "789C", "*0#D")


@dataclass(frozen=True, kw_only=True)
class Sounding:
    """How keys sound."""

    level: float = -10.0
    """dBm0 of the stronger tone."""
    twist: float = 0.0
    """dB by which the high tone is stronger."""
    deviation: tuple[float, float] = (0.0, 0.0)
    """Of both frequencies, as a share."""

    def key(self, key: str, held: float, phases: tuple[float, float] = (0.0, 0.0)) -> Wave:
        """Sound one key."""
        row = next(index for index, keys in enumerate(_PAD) if key in keys)
        seconds = np.arange(round(held * 8000)) / 8000
        low, high = LOW[row], HIGH[_PAD[row].index(key)]
        return sine(
            low * (1 + self.deviation[0]), self.level - max(self.twist, 0), seconds, phases[0]
        ) + sine(
            high * (1 + self.deviation[1]), self.level + min(self.twist, 0), seconds, phases[1]
        )


def sine(frequency: float, level: float, seconds: Wave, phase: float = 0.0) -> Wave:
    """Give a tone of *level* dBm0."""
    amplitude = ZERO_DBM0 * np.sqrt(2) * 10 ** (level / 20)
    return np.asarray(amplitude * np.sin(2 * np.pi * frequency * seconds + phase))


def noise(dice: np.random.Generator, shape: tuple[int, ...], level: float) -> Wave:
    """Give white noise of *level* dBm0."""
    return dice.normal(0, ZERO_DBM0 * 10 ** (level / 20), shape)


def coded(wave: Wave, codec: Codec | None = Codec.PCMU) -> Linear:
    """Give what arrives of *wave* by G.711; ``None``: uncoded."""
    linear = np.clip(np.rint(wave), -32768, 32767).astype(np.int16)
    if codec is None:
        return linear
    return g711.decode(codec, g711.encode(codec, linear))


def in_frames(waves: list[Wave], offsets: list[int]) -> Wave:
    """Lay waves into rows of whole frames, each after so many samples, with silence around."""
    longest = max(len(wave) + offset for wave, offset in zip(waves, offsets, strict=True))
    rows = np.zeros((len(waves), (longest // FRAME + 4) * FRAME))
    for row, wave, offset in zip(rows, waves, offsets, strict=True):
        row[offset : offset + len(wave)] = wave
    return rows


def heard(linear: Linear, is_missing: NDArray[np.bool_] | None = None) -> list[str]:
    """Give the keys that a detector hears in each row, frame by frame."""
    detector = ToneKeyDetector(len(linear))
    rows = np.arange(len(linear))
    keys = [""] * len(linear)
    for frame in range(linear.shape[1] // FRAME):
        told = detector.hear(
            rows,
            linear[:, frame * FRAME : (frame + 1) * FRAME],
            None if is_missing is None else is_missing[:, frame],
        )
        for row, key in zip(told[0].tolist(), told[1].tolist(), strict=True):
            keys[row] += KEYS[key]
    return keys

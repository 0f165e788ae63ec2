"""Audio for tests that can be told from any other."""

import numpy as np
from numpy.typing import NDArray

from umbel.media.likeness import best_match

Samples = NDArray[np.int16]

LOUD = 200
"""Of 32768: what is less is the silence before somebody speaks."""


def melody(seconds: float, seed: int = 1) -> Samples:
    """Give a signal that is unlike itself at every shift: tones that change every 100 ms."""
    generator = np.random.default_rng(seed)
    time = np.arange(800) / 8000
    notes = [
        np.sin(2 * np.pi * frequency * time) * np.hanning(800) * 9000
        for frequency in generator.uniform(300, 3000, round(seconds * 10))
    ]
    return np.concatenate(notes).astype(np.int16)


def is_heard(wanted: Samples, heard: Samples, at_least: float = 0.95) -> bool:
    """Say whether *wanted* can be heard whole in *heard*."""
    return best_match(wanted, heard).likeness >= at_least


def heard_beginning(wanted: Samples, heard: Samples) -> float:
    """Give how many seconds of the beginning of *wanted* end *heard*; 0 if it is anything else."""
    (loud,) = np.nonzero(np.abs(heard.astype(np.int32)) > LOUD)
    length = len(heard) - loud[0] if loud.size else 0
    if not length or not is_heard(wanted[:length], heard):
        return 0.0
    return float(length) / 8000

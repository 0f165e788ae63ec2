"""Saying whether audio that came back is the audio that went in."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


def melody(seconds: float, seed: int = 1) -> Samples:
    """Give a signal that is unlike itself at every shift: tones that change every 100 ms."""
    generator = np.random.default_rng(seed)
    time = np.arange(800) / 8000
    notes = [
        np.sin(2 * np.pi * frequency * time) * np.hanning(800) * 9000
        for frequency in generator.uniform(300, 3000, round(seconds * 10))
    ]
    return np.concatenate(notes).astype(np.int16)


def best_match(wanted: Samples, heard: Samples) -> tuple[int, float]:
    """Give where *wanted* is in *heard*, and how alike they are there (1.0: the same shape)."""
    if len(heard) < len(wanted):
        return 0, 0.0
    size = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard.astype(float), size)
    spectrum *= np.conj(np.fft.rfft(wanted.astype(float), size))
    correlation = np.fft.irfft(spectrum, size)[: len(heard) - len(wanted) + 1]
    at = int(np.argmax(correlation))
    there = heard[at : at + len(wanted)].astype(float)
    power = float(np.linalg.norm(there) * np.linalg.norm(wanted.astype(float)))
    return at, float(correlation[at]) / power if power else 0.0


def is_heard(wanted: Samples, heard: Samples, at_least: float = 0.95) -> bool:
    """Say whether *wanted* can be heard whole in *heard*."""
    return best_match(wanted, heard)[1] >= at_least

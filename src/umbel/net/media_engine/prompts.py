"""Audio made ready to be sent: read, resampled and encoded once, then shared by all calls.

Files are read by a loader beside the tick, so that a slow disk delays one play, not every call.
A file that was replaced is read again: its size and time of change are looked at for each play.
"""

import os
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from umbel.core.errors import Mistake, Unavailable
from umbel.core.instants import Duration
from umbel.media import g711, wav
from umbel.media.engine import Clip, Playable, Samples, Silence, Tone
from umbel.media.g711 import SAMPLES_PER_SECOND, Linear, Octets
from umbel.media.session import Codec

from .playing import Tape

MOST_OCTETS: Final = 128 << 20
"""What the encoded clips may take before the one that was not used for the longest time goes."""

_TONE_AMPLITUDE: Final = 7000
"""About -10 dBm0."""
_RAMP: Final = 40
"""Samples over which a tone comes and goes, so that it does not click."""


class Unplayable(Unavailable):
    """An item of a play cannot be read."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A clip in one codec."""

    signature: tuple[int, int]
    """The file's time of change and size."""
    octets: Future[Octets]


class UnfinishedTape:
    """A tape some of whose pieces may still be on their way."""

    def __init__(self, pieces: Sequence[Octets | Future[Octets]]) -> None:
        self._pieces = pieces

    def is_ready(self) -> bool:
        """Say whether every piece is here, or known not to come."""
        return all(piece.done() for piece in self._pieces if isinstance(piece, Future))

    def tape(self) -> Tape:
        """Give the tape that is ready; raise ``Unplayable`` where a piece cannot be read."""
        return Tape(
            [piece.result() if isinstance(piece, Future) else piece for piece in self._pieces]
        )


class Prompts:
    """Makes tapes of what is to be played."""

    def __init__(self, loader: Executor, most_octets: int = MOST_OCTETS) -> None:
        self._loader = loader
        self._most_octets = most_octets
        self._clips: OrderedDict[tuple[str, Codec], _Kept] = OrderedDict()

    def __len__(self) -> int:
        """Give how many clips are kept."""
        return len(self._clips)

    def request(self, items: Sequence[Playable], codec: Codec) -> UnfinishedTape:
        """Make a tape of *items*; raise ``Unplayable`` where it is plain at once that none comes."""
        return UnfinishedTape([self._piece(item, codec) for item in items])

    def _piece(self, item: Playable, codec: Codec) -> Octets | Future[Octets]:
        match item:
            case Clip(path=path):
                return self._clip(path, codec)
            case Samples(linear=linear):
                whole = linear[: len(linear) // 2 * 2]
                return g711.encode(codec, np.frombuffer(whole, "<i2").astype(np.int16))
            case Tone(frequency=frequency, seconds=seconds):
                return g711.encode(codec, _tone(frequency, seconds))
            case Silence(seconds=seconds):
                return np.full(_samples(seconds), g711.SILENCE[codec], np.uint8)

    def _clip(self, path: str, codec: Codec) -> Future[Octets]:
        signature = _signature(path)
        kept = self._clips.get((path, codec))
        if kept is None or kept.signature != signature or _has_failed(kept.octets):
            kept = _Kept(signature, self._loader.submit(load, path, codec))
            self._clips[path, codec] = kept
            self._shrink()
        self._clips.move_to_end((path, codec))
        return kept.octets

    def _shrink(self) -> None:
        octets = sum(map(_size, self._clips.values()))
        while octets > self._most_octets and len(self._clips) > 1:
            _, forgotten = self._clips.popitem(last=False)
            octets -= _size(forgotten)


def load(path: str, codec: Codec) -> Octets:
    """Read a WAV file, resample it to 8000 a second and encode it."""
    try:
        sound = wav.read(Path(path).read_bytes(), path)
    except OSError as error:
        raise Unplayable(f"{path}: {error.strerror or error}") from error
    except Mistake as error:
        raise Unplayable(str(error)) from error
    return g711.encode(codec, _at_our_rate(sound))


def _at_our_rate(sound: wav.Sound) -> Linear:
    if sound.rate == SAMPLES_PER_SECOND:
        return sound.samples
    resampled: Linear = soxr.resample(sound.samples, sound.rate, SAMPLES_PER_SECOND, quality="HQ")
    return resampled


def _signature(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError as error:
        raise Unplayable(f"{path}: {error.strerror or error}") from error
    return status.st_mtime_ns, status.st_size


def _has_failed(octets: Future[Octets]) -> bool:
    return octets.done() and octets.exception() is not None


def _size(kept: _Kept) -> int:
    """Give the octets that a clip takes, or about as many as it will: files have 16-bit samples."""
    if kept.octets.done() and kept.octets.exception() is None:
        return len(kept.octets.result())
    return kept.signature[1] // 2


def _samples(seconds: Duration) -> int:
    return max(0, round(seconds * SAMPLES_PER_SECOND))


def _tone(frequency: int, seconds: Duration) -> Linear:
    count = _samples(seconds)
    number = np.arange(count)
    edge = np.minimum(number + 1, count - number)
    loudness = _TONE_AMPLITUDE * np.minimum(edge / _RAMP, 1)
    wave: NDArray[np.float64] = loudness * np.sin(
        2 * np.pi * frequency / SAMPLES_PER_SECOND * number
    )
    return np.rint(wave).astype(np.int16)

"""Recordings that are transcoded: each stream decoded by itself, up to a second kept at a time."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from umbel.media.g711 import Linear
from umbel.media.jitter_buffer import JitterBuffer
from umbel.media.session import Codec

from .batches import Rows
from .decoding import jitter_buffer


@dataclass(slots=True)
class _Track:
    """One stream."""

    buffer: JitterBuffer
    frames: list[Linear] = field(default_factory=list)
    """Decoded, and not yet handed over."""


class Tracks:
    """The rows whose codec costs a decoder of its own."""

    def __init__(self, rows: int, depth: int) -> None:
        """*depth*: samples by which packets may be late."""
        self._depth = depth
        self._by_row: dict[int, _Track] = {}
        self.are_here: NDArray[np.bool_] = np.zeros(rows, np.bool_)
        """Which rows have a track."""

    @property
    def rows(self) -> Rows:
        """Give the rows that have one."""
        return np.flatnonzero(self.are_here)

    def begin(self, row: int, codec: Codec) -> None:
        """Begin a track; one that was there is over."""
        self._by_row[row] = _Track(jitter_buffer(codec, self._depth))
        self.are_here[row] = True

    def end(self, row: int) -> None:
        """Forget a track, if there is one."""
        self._by_row.pop(row, None)
        self.are_here[row] = False

    def put(self, row: int, number: int, timestamp: int, payload: bytes) -> None:
        """Take a packet; its sequence *number* is extended."""
        self._by_row[row].buffer.put(number, timestamp, payload)

    def hear(self, row: int) -> Linear:
        """Let the next 20 ms pass, and give them; call it once in each tick."""
        return self._by_row[row].buffer.take()

    def keep(self, row: int, frame: Linear) -> int:
        """Keep a frame until it is read; give how many are kept."""
        frames = self._by_row[row].frames
        frames.append(frame)
        return len(frames)

    def read(self, row: int) -> Linear:
        """Give, and forget, what is kept."""
        track = self._by_row[row]
        frames, track.frames = track.frames, []
        return np.concatenate(frames) if frames else np.zeros(0, np.int16)

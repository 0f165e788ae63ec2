"""What is played to all calls, as arrays: a second of each tape lies ready, and is sent from here."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.media.frame import FRAME
from umbel.media.g711 import SAMPLES_PER_SECOND

from .playing import Playing

Rows = NDArray[np.intp]

_FRAMES: Final = SAMPLES_PER_SECOND // FRAME


class Players:
    """The plays that go on; each row has at most one."""

    def __init__(self, rows: int) -> None:
        self._playing: dict[int, Playing] = {}
        self._is_playing = np.zeros(rows, np.bool_)
        self._ready = np.zeros((rows, _FRAMES * FRAME), np.uint8)
        """What was read of the tape and not yet sent."""
        self._frames = self._ready.reshape(rows, _FRAMES, FRAME)
        self._sent = np.zeros(rows, np.intp)
        """Samples of it."""
        self._end = np.zeros(rows, np.intp)
        """Samples that were read."""

    def begin(self, row: int, playing: Playing) -> None:
        """Play from where *playing*, whose tape is loaded, stands."""
        self.stop(row)
        self._playing[row] = playing
        self._sent[row] = self._end[row] = 0
        self._is_playing[row] = True

    def stop(self, row: int) -> None:
        """Play no more; the play stands where the peer has heard it to."""
        playing = self._playing.pop(row, None)
        if playing is not None:
            playing.position -= int(self._end[row] - self._sent[row])
            self._is_playing[row] = False

    def fill(self, rows: Rows, packets: NDArray[np.uint8]) -> list[int]:
        """Put what comes next into the *packets* of *rows*; give the rows that are at their end."""
        places = np.flatnonzero(self._is_playing[rows])
        if not len(places):
            return []
        playing, samples = rows[places], packets.shape[1]
        for row in playing[self._end[playing] - self._sent[playing] < samples].tolist():
            self._read_on(row)
        left = self._end[playing] - self._sent[playing]
        whole = left >= samples
        self._copy(playing[whole], packets, places[whole])
        for place, row in zip(places[~whole].tolist(), playing[~whole].tolist(), strict=True):
            start, end = int(self._sent[row]), int(self._end[row])
            packets[place, : end - start] = self._ready[row, start:end]
        self._sent[playing] += np.minimum(left, samples)
        at_end = playing[self._sent[playing] == self._end[playing]]
        return [row for row in at_end.tolist() if self._playing[row].is_finished]

    def _copy(self, rows: Rows, packets: NDArray[np.uint8], places: Rows) -> None:
        samples, sent = packets.shape[1], self._sent[rows]
        if samples == FRAME and not (sent % FRAME).any():
            packets[places] = self._frames[rows, sent // FRAME]
            return
        columns = sent[:, np.newaxis] + np.arange(samples)
        packets[places] = self._ready[rows[:, np.newaxis], columns]

    def _read_on(self, row: int) -> None:
        """Read the next second of a tape, behind what is left."""
        start, end = int(self._sent[row]), int(self._end[row])
        ready, left = self._ready[row], end - start
        ready[:left] = ready[start:end].copy()
        self._sent[row] = 0
        self._end[row] = left + self._playing[row].read_into(ready[left:])

"""Keys as tones in the audio, heard of all calls at once whose keys do not come as packets.

Where telephone events were agreed on, tones are not listened for: a gateway that sends both would
press each key twice.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.media import g711
from umbel.media.frame import FRAME
from umbel.media.session import PLAIN_CODECS, Codec
from umbel.media.telephone_event import KEYS
from umbel.media.tone_keys import ToneKeyDetector

from .batches import Rows, different
from .strips import LONGEST, Octets, Strips

DELAY: Final = 2
"""Frames by which a packet may be late."""
_MOST_FRAMES_AT_ONCE: Final = LONGEST // FRAME


class Tones:
    """The ears for tones; each call has a row in every array."""

    def __init__(self, rows: int) -> None:
        self.is_listening = np.zeros(rows, np.bool_)
        self._strips = Strips(rows, DELAY * FRAME)
        self._detector = ToneKeyDetector(rows)
        self._law = np.zeros(rows, np.intp)
        self._rows: Rows = np.zeros(0, np.intp)

    def listen(self, row: int, codec: Codec | None) -> None:
        """Listen to *row* in a codec of G.711 from now on; ``None``: not any more."""
        is_same = self.is_listening[row] and codec is PLAIN_CODECS[self._law[row]]
        if is_same:
            return
        self.is_listening[row] = codec is not None
        if codec is not None:
            self._law[row] = PLAIN_CODECS.index(codec)
            self._begin(row)
        self._rows = np.flatnonzero(self.is_listening)

    def change_source(self, row: int) -> None:
        """Listen to another source of the same call, whose numbers and timestamps are its own."""
        if self.is_listening[row]:
            self._begin(row)

    def _begin(self, row: int) -> None:
        self._strips.begin(row, g711.SILENCE[PLAIN_CODECS[self._law[row]]])
        self._detector.begin(row)

    def put(
        self, rows: Rows, numbers: NDArray[np.int64], stamps: NDArray[np.int64], payloads: Octets
    ) -> None:
        """Take a packet of each of *rows* that is listened to; sequence numbers are extended."""
        chosen = self.is_listening[rows]
        if chosen.any():
            self._strips.put(rows[chosen], numbers[chosen], stamps[chosen], payloads[chosen])

    def tick(self, frames: int) -> list[tuple[int, str]]:
        """Let *frames* of 20 ms pass; give the rows that pressed a key, and the keys."""
        pressed: list[tuple[int, str]] = []
        for _ in range(min(frames, _MOST_FRAMES_AT_ONCE)):
            if len(self._rows):
                self._hear(self._rows, pressed)
        return pressed

    def _hear(self, rows: Rows, pressed: list[tuple[int, str]]) -> None:
        self._strips.hear(rows)
        are_lost = self._strips.are_lost(rows)
        octets = self._strips.read(rows, 1)[:, 0]
        laws = self._law[rows]
        for law in different(laws):
            alike = np.flatnonzero(laws == law)
            linear = g711.decode(PLAIN_CODECS[law], octets[alike])
            lost = None if are_lost is None else are_lost[alike]
            found, keys = self._detector.hear(rows[alike], linear, lost)
            pressed += zip(found.tolist(), (KEYS[key] for key in keys.tolist()), strict=True)

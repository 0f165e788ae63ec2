"""What is played to all calls, as arrays: two seconds of each tape lie ready, and are sent from there.

Plain packets are sent from where their audio lies; it is copied for those that are encrypted only.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.media.comfort_noise import ComfortNoise
from umbel.media.frame import FRAME
from umbel.media.g711 import SAMPLES_PER_SECOND
from umbel.media.session import Codec

from .batches import Addresses, Rows
from .encoding import SILENCE
from .playing import Playing

_READY: Final = 2 * SAMPLES_PER_SECOND
"""Samples of a tape that are read at once."""
_LONGEST: Final = 1000
"""Samples of silence that lie ready: more than any packet has."""
_CODECS: Final = tuple(Codec)
_NOISE: Final = bytes(ComfortNoise(level=75))
"""What is sent to be heard as silence: white noise that tells that somebody is there."""

Places = NDArray[np.int64]
"""Where the audio of packets lies: from ``Players.take``."""


class Players:
    """The plays that go on; each row has at most one."""

    def __init__(self, rows: int) -> None:
        self._playing: dict[int, Playing] = {}
        self._is_playing = np.zeros(rows, np.bool_)
        silent = len(_CODECS) * _LONGEST
        self._noise = rows * _READY + silent
        self._audio = np.zeros(self._noise + len(_NOISE), np.uint8)
        """For each row what was read of the tape and not yet sent; then silence of each codec, and
        the payload of comfort noise."""
        self._audio[self._noise :] = np.frombuffer(_NOISE, np.uint8)
        self._ready = self._audio[: rows * _READY].reshape(rows, _READY)
        silence = self._audio[rows * _READY : self._noise].reshape(len(_CODECS), _LONGEST)
        for codec, octets in zip(_CODECS, silence, strict=True):
            octets[:] = SILENCE[codec]
        self._silence = np.full(rows, rows * _READY, np.int64)
        """Where the silence of each row's codec lies."""
        self._sent = np.zeros(rows, np.int64)
        """Samples of what is ready."""
        self._end = np.zeros(rows, np.int64)
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

    def listen(self, row: int, codec: Codec) -> None:
        """Be silent in *codec* while nothing is played."""
        self._silence[row] = self._ready.size + _CODECS.index(codec) * _LONGEST

    def are_playing(self, rows: Rows) -> NDArray[np.bool_]:
        """Say to which of *rows* something is played."""
        return self._is_playing[rows]

    def noise(self, rows: Rows) -> tuple[Places, int]:
        """Give where the payload of comfort noise lies for each of *rows*, and its octets."""
        return np.full(len(rows), self._noise, np.int64), len(_NOISE)

    def take(self, rows: Rows, samples: int) -> tuple[Places, list[int]]:
        """Give where the next *samples* of each of *rows* lie, and which rows come to their end."""
        is_playing = self._is_playing[rows]
        if not is_playing.any():
            return self._silence[rows], []
        playing = rows if is_playing.all() else rows[is_playing]
        for row in playing[self._end[playing] - self._sent[playing] < samples].tolist():
            self._read_on(row)
        sent, end = self._sent[playing], self._end[playing]
        places = self._silence[rows]
        places[is_playing] = playing * _READY + sent
        self._sent[playing] = sent = np.minimum(sent + samples, end)
        at_end = playing[sent == end]
        return places, [row for row in at_end.tolist() if self._playing[row].is_finished]

    def addresses(self, places: Places) -> Addresses:
        """Give where in memory the audio lies."""
        return places.astype(np.uint64) + np.uint64(self._audio.ctypes.data)

    def audio(self, places: Places, samples: int) -> NDArray[np.uint8]:
        """Give a copy of the audio."""
        windows = np.lib.stride_tricks.sliding_window_view(self._audio, samples)
        audio: NDArray[np.uint8] = windows[places]
        return audio

    def _read_on(self, row: int) -> None:
        """Read the next seconds of a tape, behind what is left; where it ends, silence follows."""
        start, end = int(self._sent[row]), int(self._end[row])
        ready, left = self._ready[row], end - start
        if left:
            ready[:left] = ready[start:end].copy()
        elif not end:
            # The first piece is shorter, so that those who began together do not read on together.
            ready = ready[: _READY - row * FRAME % _READY]
        read = left + self._playing[row].read_into(ready[left:])
        if read < len(ready):
            self._ready[row, read:] = self._audio[self._silence[row]]
        self._sent[row], self._end[row] = 0, read

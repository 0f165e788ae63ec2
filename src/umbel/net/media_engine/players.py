"""What is played to all calls, as arrays: for each the place in memory from which it is sent next.

Tapes are shared, and packets sent from where their audio lies in them; it is copied for those that
are encrypted, and where a packet has the end of one piece and the beginning of the next.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.media.comfort_noise import ComfortNoise
from umbel.media.session import Codec

from .batches import Addresses, Rows
from .encoding import SILENCE
from .playing import Playing

_LONGEST: Final = 1000
"""Samples of silence that lie ready: more than any packet has."""
_CODECS: Final = tuple(Codec)
_NOISE: Final = bytes(ComfortNoise(level=75))
"""What is sent to be heard as silence: white noise that tells that somebody is there."""


class _Memory:
    """All that a process has in memory, from address 1 on, as numpy asks about an array's octets."""

    __array_interface__: Final = {
        "version": 3,
        "typestr": "|u1",
        "data": (1, True),
        "shape": ((1 << 47) - 1,),
    }


_MEMORY: Final[NDArray[np.uint8]] = np.asarray(_Memory())


class Players:
    """The plays that go on; each row has at most one, which keeps what lies at its address alive."""

    def __init__(self, rows: int) -> None:
        self._playing: dict[int, Playing] = {}
        self._is_playing = np.zeros(rows, np.bool_)
        self._at: Addresses = np.zeros(rows, np.uint64)
        """Where the next samples of each row lie."""
        self._left = np.zeros(rows, np.int64)
        """How many lie there in a row."""
        self._seams = np.zeros((rows, _LONGEST), np.uint8)
        """For each row a packet whose samples lie in several places."""
        self._silences = np.array([np.full(_LONGEST, SILENCE[each], np.uint8) for each in _CODECS])
        self._noise = np.frombuffer(_NOISE, np.uint8).copy()
        self._silence: Addresses = np.full(rows, self._silences.ctypes.data, np.uint64)
        """Where the silence of each row's codec lies."""

    def begin(self, row: int, playing: Playing) -> None:
        """Play from where *playing*, whose tape is loaded, stands."""
        self.stop(row)
        self._playing[row] = playing
        self._left[row] = 0
        self._is_playing[row] = True

    def stop(self, row: int) -> None:
        """Play no more; the play stands where the peer has heard it to."""
        playing = self._playing.pop(row, None)
        if playing is not None:
            playing.position -= int(self._left[row])
            self._is_playing[row] = False

    def listen(self, row: int, codec: Codec) -> None:
        """Be silent in *codec* while nothing is played."""
        self._silence[row] = self._silences[_CODECS.index(codec)].ctypes.data

    def are_playing(self, rows: Rows) -> NDArray[np.bool_]:
        """Say to which of *rows* something is played."""
        return self._is_playing[rows]

    def noise(self, rows: Rows) -> tuple[Addresses, int]:
        """Give where the payload of comfort noise lies for each of *rows*, and its octets."""
        return np.full(len(rows), self._noise.ctypes.data, np.uint64), len(self._noise)

    def take(self, rows: Rows, samples: int) -> tuple[Addresses, list[int]]:
        """Give where the next *samples* of each of *rows* lie, and which rows come to their end."""
        is_playing = self._is_playing[rows]
        if not is_playing.any():
            return self._silence[rows], []
        playing = rows if is_playing.all() else rows[is_playing]
        for row in playing[self._left[playing] < samples].tolist():
            self._go_on(row, samples)
        places = self._silence[rows]
        places[is_playing] = self._at[playing]
        self._at[playing] += np.uint64(samples)
        self._left[playing] = left = np.maximum(self._left[playing] - samples, 0)
        at_end = playing[left == 0]
        return places, [row for row in at_end.tolist() if self._playing[row].is_finished]

    def audio(self, places: Addresses, samples: int) -> NDArray[np.uint8]:
        """Give a copy of so many samples at each of *places*."""
        windows = np.lib.stride_tricks.sliding_window_view(_MEMORY, samples)
        audio: NDArray[np.uint8] = windows[places.astype(np.intp) - 1]
        return audio

    def _go_on(self, row: int, samples: int) -> None:
        """Find where the next *samples* lie; where a tape ends, silence follows."""
        playing = self._playing[row]
        playing.position -= int(self._left[row])
        stretch = playing.stretch(samples)
        if stretch is None:
            seam = self._seams[row]
            seam[:] = self._silences[_CODECS.index(playing.codec or Codec.PCMU)]
            stretch = seam.ctypes.data, playing.read_into(seam[:samples])
        self._at[row], self._left[row] = stretch

"""The keystream of many SRTP streams, made ahead (RFC 3711 section 4.1.1): a row for each stream."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .srtp_keys import BLOCK, SessionKeys

Rows = NDArray[np.intp]
Octets = NDArray[np.uint8]
Indexes = NDArray[np.int64]

AHEAD: Final = 64
"""Packets whose keystream is made at once."""
WIDTH: Final = 160
"""Octets of keystream of each: 20 ms of G.711. Longer packets are encrypted one by one."""

_KEPT: Final = 2 * AHEAD
_BLOCKS: Final = WIDTH // BLOCK


class Keystreams:
    """What the payloads of the next packets of each row are combined with."""

    def __init__(self, rows: int) -> None:
        self._octets = np.zeros((rows, _KEPT, WIDTH), np.uint8)
        self._end = np.zeros(rows, np.int64)
        """The index before which keystream is there, as far back as there is room."""
        self._start = np.zeros(rows, np.int64)
        self._high = np.zeros(rows, np.uint64)
        self._low = np.zeros(rows, np.uint64)
        """The two halves of the first counter block of packet 0 (section 4.1.1)."""
        self._margin = np.arange(rows, dtype=np.int64) * 23 % (AHEAD - 1) + 1
        """Rows are filled again with so many packets left, so that not all are in one tick."""
        self._keys: dict[int, SessionKeys] = {}
        self._ssrc = np.zeros(rows, np.int64)

    def begin(self, row: int, keys: SessionKeys, ssrc: int) -> None:
        """Use other keys, or serve another stream, from now on."""
        counter = keys.salt ^ ssrc << 64
        self._keys[row] = keys
        self._ssrc[row] = ssrc
        self._high[row], self._low[row] = counter >> 64, counter & (1 << 64) - 1
        self._start[row] = self._end[row] = 0

    def end(self, row: int) -> None:
        """Forget the keys, and what was made with them."""
        if self._keys.pop(row, None) is not None:
            self._octets[row] = 0
            self._high[row] = self._low[row] = self._start[row] = self._end[row] = 0

    def combine(self, rows: Rows, indexes: Indexes, payloads: Octets) -> Octets:
        """Encrypt or decrypt a payload of each of *rows*, all of one length, each row once."""
        if payloads.shape[1] > WIDTH:
            return self._combine_long(rows, indexes, payloads)
        is_short = indexes + self._margin[rows] >= self._end[rows]
        if is_short.any():
            self._fill(rows[is_short], indexes[is_short])
        keystream = self._octets[rows, indexes % _KEPT]
        is_older = indexes < self._start[rows]
        if is_older.any():
            for at in np.flatnonzero(is_older).tolist():
                keystream[at] = self._one(int(rows[at]), int(indexes[at]), WIDTH)
        combined: Octets = keystream[:, : payloads.shape[1]] ^ payloads
        return combined

    def _fill(self, rows: Rows, indexes: Indexes) -> None:
        """Make the next keystream of each of *rows*; begin anew where its index lies far ahead."""
        end = self._end[rows]
        end = np.where((indexes >= end + AHEAD) | (end == 0), indexes // AHEAD * AHEAD, end)
        self._start[rows] = np.where(
            end == self._end[rows], np.maximum(self._start[rows], end + AHEAD - _KEPT), end
        )
        self._end[rows] = end + AHEAD
        whole = self._counter_blocks(rows, end).view(np.uint8).reshape(-1).data
        size, places = AHEAD * WIDTH, (end % _KEPT).tolist()
        for number, (row, place) in enumerate(zip(rows.tolist(), places, strict=True)):
            made = self._keys[row].cipher.update(whole[number * size : (number + 1) * size])
            octets = np.frombuffer(made, np.uint8).reshape(AHEAD, WIDTH)
            self._octets[row, place : place + AHEAD] = octets

    def _counter_blocks(self, rows: Rows, first: Indexes) -> NDArray[np.uint64]:
        """Give what AES makes the keystream of, from the packet *first* of each row on."""
        packets = (first[:, np.newaxis] + np.arange(AHEAD)).astype(np.uint64)
        counters = packets[..., np.newaxis] << np.uint64(16) | np.arange(_BLOCKS, dtype=np.uint64)
        blocks = np.empty((len(rows), AHEAD, _BLOCKS, 2), ">u8")
        blocks[..., 0] = self._high[rows, np.newaxis, np.newaxis]
        blocks[..., 1] = counters ^ self._low[rows, np.newaxis, np.newaxis]
        return blocks

    def _combine_long(self, rows: Rows, indexes: Indexes, payloads: Octets) -> Octets:
        combined, octets = payloads.copy(), payloads.shape[1]
        for one, row, index in zip(combined, rows.tolist(), indexes.tolist(), strict=True):
            one ^= self._one(row, index, octets)
        return combined

    def _one(self, row: int, index: int, octets: int) -> Octets:
        keystream = self._keys[row].keystream(int(self._ssrc[row]), index, octets)
        return np.frombuffer(keystream, np.uint8)

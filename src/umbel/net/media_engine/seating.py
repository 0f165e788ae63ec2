"""Whose packet is this? By the port pair that it came to and the address that it came from.

Where two calls of one pair have the same peer address, only their SSRCs tell them apart: their
packets are looked at one by one.
"""

import socket
from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.core.instants import Duration, Instant

from .batches import Rows
from .names import NAME_OCTETS, Endpoint, Names, digest_of, digests, endpoint_of, name_of

UNKNOWN: Final = -1
"""Nobody that we know."""
SHARED: Final = -2
"""Several calls have the address."""
GONE: Final = -3
"""The call is over; its peer does not know yet."""

_MOST_GONE: Final = 4096
"""Calls that are over, before those that nobody remembers are looked for."""

_TABLE_BITS: Final = 16
_TABLE_SHIFT: Final = np.uint64(64 - _TABLE_BITS)
_CROWDED: Final = -4
"""Several rows have this place in the table."""

LINGER: Final[Duration] = 2.0
"""Seconds in which packets of a call that is over are not taken for those of a newcomer."""


class Seating:
    """The address of each call's peer, once it is known."""

    def __init__(self, rows: int) -> None:
        self.names: Names = np.zeros((rows, NAME_OCTETS), np.uint8)
        """Where the packets of each row come from, and go to."""
        self.pairs = np.zeros(rows, np.intp)
        self._digest = np.zeros(rows, np.uint64)
        self._is_known = np.zeros(rows, np.bool_)
        self._calls_of: Counter[int] = Counter()
        """By digest: how many rows have it."""
        self._gone: dict[int, Instant] = {}
        """By digest: when it is forgotten."""
        self._table = np.full(1 << _TABLE_BITS, UNKNOWN, np.int16)
        """The row of each digest, by its highest bits."""
        self._places: Rows = np.zeros(0, np.intp)
        """Where the table has a row."""
        self._sorted: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._sorted_rows: Rows = np.zeros(0, np.intp)
        self._is_stale = True

    @property
    def remembered(self) -> int:
        """Count the calls that are over and not yet forgotten."""
        return len(self._gone)

    def settle(self, row: int, pair: int, peer: Endpoint) -> None:
        """Learn where the peer of *row* is."""
        self.unsettle(row)
        name = name_of(peer)
        digest = digest_of(name, pair)
        self.names[row] = np.frombuffer(name, np.uint8)
        self.pairs[row] = pair
        self._digest[row] = digest
        self._calls_of[digest] += 1
        self._gone.pop(digest, None)
        self._is_known[row] = True

    def move(self, row: int, pair: int, peer: Endpoint, now: Instant) -> None:
        """Learn where the peer of *row* is now; what still comes from where it was is nobody's."""
        if self._is_known[row] and self.peer(row) != peer:
            self.leave(row, now)
        self.settle(row, pair, peer)

    def leave(self, row: int, now: Instant) -> None:
        """Forget a call, but for a while not its peer."""
        if not self._is_known[row]:
            return
        self.unsettle(row)
        digest = int(self._digest[row])
        if digest not in self._calls_of:
            self._gone[digest] = Instant(now + LINGER)
        if len(self._gone) > _MOST_GONE:
            self._forget_gone(now)

    def unsettle(self, row: int) -> None:
        """Learn that the peer of *row* may be anywhere again."""
        self._is_stale = True
        if not self._is_known[row]:
            return
        self._is_known[row] = False
        digest = int(self._digest[row])
        self._calls_of[digest] -= 1
        if not self._calls_of[digest]:
            del self._calls_of[digest]

    def find(self, names: Names, pairs: Rows) -> Rows:
        """Give the row of each packet, or UNKNOWN, or SHARED."""
        if self._is_stale:
            self._sort()
        wanted = digests(names, pairs)
        found = self._table[(wanted >> _TABLE_SHIFT).astype(np.intp)].astype(np.intp)
        is_crowded = found == _CROWDED
        if is_crowded.any():
            found[is_crowded] = self._search(wanted[is_crowded])
        is_it = (found >= 0) & (self._digest[found] == wanted) & (self.pairs[found] == pairs)
        is_it &= self.names[found, 0] == names[:, 0]
        if (names[:, 0] != socket.AF_INET).any():  # Of IPv4 the digest is the address itself.
            is_it &= (self.names[found] == names).all(axis=1)
        return np.where(is_it | (found == SHARED), found, UNKNOWN)

    def _search(self, wanted: NDArray[np.uint64]) -> Rows:
        """Find rows by digests that share their place in the table."""
        at = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        after = np.minimum(at + 1, len(self._sorted) - 1)
        is_shared = (after > at) & (self._sorted[at] == wanted) & (self._sorted[after] == wanted)
        return np.where(is_shared, SHARED, self._sorted_rows[at])

    def sharers(self, name: bytes, pair: int) -> list[int]:
        """Give all rows whose peer is at one address."""
        digest = digest_of(name, pair)
        return np.flatnonzero(self._is_known & (self._digest == digest)).tolist()

    def is_gone(self, name: bytes, pair: int, now: Instant) -> bool:
        """Say whether a packet is a late one of a call that is over."""
        digest = digest_of(name, pair)
        if digest not in self._gone:
            return False
        if now < self._gone[digest]:
            return True
        self._forget_gone(now)
        return False

    def peer(self, row: int) -> Endpoint:
        """Give the address of a row's peer."""
        return endpoint_of(self.names[row].tobytes())

    def _forget_gone(self, now: Instant) -> None:
        self._gone = {each: until for each, until in self._gone.items() if now < until}

    def _sort(self) -> None:
        rows = np.flatnonzero(self._is_known)
        places = (self._digest[rows] >> _TABLE_SHIFT).astype(np.intp)
        self._table[self._places] = UNKNOWN
        self._table[places] = rows
        self._places = places
        crowded = places[self._table[places] != rows]
        self._table[crowded] = _CROWDED
        order = np.argsort(self._digest[rows], kind="stable")
        self._sorted, self._sorted_rows = self._digest[rows][order], rows[order]
        self._is_stale = False

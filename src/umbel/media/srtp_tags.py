"""The HMAC-SHA1 of many SRTP packets (RFC 3711 section 4.2.1), a key for each row."""

from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from .srtp_keys import Begin, SessionKeys
from .srtp_keystreams import Octets, Rows

DIGEST_OCTETS: Final = 20


class Tags(Protocol):
    """Makes the tags of a direction."""

    def begin(self, row: int, keys: SessionKeys) -> None:
        """Use other keys for *row* from now on."""
        ...

    def end(self, row: int) -> None:
        """Forget the keys."""
        ...

    def make(self, rows: Rows, authenticated: Octets) -> Octets:
        """Give a tag of 20 octets for each of *rows*, whose packets are of one length."""
        ...


MakeTags = Callable[[int], Tags]
"""Makes tags for so many rows."""


class HashedTags:
    """By copies of SHA-1 states that have taken the key: what any machine can, and the measure."""

    def __init__(self, _rows: int) -> None:
        self._begin: dict[int, tuple[Begin, Begin]] = {}

    def begin(self, row: int, keys: SessionKeys) -> None:
        """Use other keys for *row* from now on."""
        self._begin[row] = keys.begin_inner, keys.begin_outer

    def end(self, row: int) -> None:
        """Forget the keys."""
        self._begin.pop(row, None)

    def make(self, rows: Rows, authenticated: Octets) -> Octets:
        """Give a tag of 20 octets for each of *rows*, whose packets are of one length."""
        whole = np.ascontiguousarray(authenticated).reshape(-1).data
        size, start, digests, begin = authenticated.shape[1], 0, [], self._begin
        for row in rows.tolist():
            begin_inner, begin_outer = begin[row]
            inner, outer = begin_inner(), begin_outer()
            inner.update(whole[start : start + size])
            outer.update(inner.digest())
            digests.append(outer.digest())
            start += size
        return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST_OCTETS)

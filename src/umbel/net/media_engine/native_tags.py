"""The tags of SRTP made in C (``srtp_tags.c``), where ``script/bootstrap`` found a compiler.

That is optional. ``HashedTags`` makes the same tags, in about ten times the time, and is what the
tests hold it against.
"""

import ctypes
import hmac
import sys
from pathlib import Path
from typing import Final

import numpy as np

from umbel.media.srtp_keys import SessionKeys
from umbel.media.srtp_keystreams import Octets, Rows
from umbel.media.srtp_tags import DIGEST_OCTETS, HashedTags, MakeTags

LIBRARY: Final = Path(sys.prefix) / "lib" / "umbel-srtp-tags.so"

_WORDS: Final = 10
"""Of the two states of a row."""
_KEY, _TEXT = b"Jefe", b"what do ya want for nothing?"
"""RFC 2202 section 3, test case 2."""


def make_tags(path: Path = LIBRARY) -> MakeTags:
    """Give what makes tags here: the library, if it was built and is right."""
    if not path.exists():
        return HashedTags
    try:
        library = ctypes.CDLL(str(path))
        library.umbel_hmac_begin.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
        library.umbel_hmac_many.argtypes = [
            *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
            *(ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p),
        ]
        wrong = "" if _is_right(library) else "it does not make the tag of RFC 2202"
    except (OSError, AttributeError) as error:  # Of another machine, or of another version.
        wrong = str(error)
    if wrong:
        sys.stderr.write(
            f"umbel: {path} is not used ({wrong}); SRTP takes more of the processor without it. "
            "Remove the file and run script/bootstrap: that builds it anew.\n"
        )
        return HashedTags
    return lambda rows: NativeTags(library, rows)


def _is_right(library: ctypes.CDLL) -> bool:
    tags = NativeTags(library, 1)
    tags.begin_with(0, _KEY)
    made = tags.make(np.zeros(1, np.intp), np.frombuffer(_TEXT, np.uint8).reshape(1, -1))
    return made.tobytes() == hmac.digest(_KEY, _TEXT, "sha1")


class NativeTags:
    """``Tags`` by the library."""

    def __init__(self, library: ctypes.CDLL, rows: int) -> None:
        self._begin = library.umbel_hmac_begin
        self._many = library.umbel_hmac_many
        self._states = np.zeros((rows, _WORDS), np.uint32)

    def begin(self, row: int, keys: SessionKeys) -> None:
        """Use other keys for *row* from now on."""
        self.begin_with(row, keys.authentication)

    def begin_with(self, row: int, key: bytes) -> None:
        """Use a key of at most 64 octets for *row* from now on."""
        self._begin(self._states.ctypes.data + row * self._states.strides[0], key, len(key))

    def end(self, row: int) -> None:
        """Forget the keys."""
        self._states[row] = 0

    def make(self, rows: Rows, authenticated: Octets) -> Octets:
        """Give a tag of 20 octets for each of *rows*, whose packets are of one length."""
        which = np.ascontiguousarray(rows, np.int64)
        texts = np.ascontiguousarray(authenticated)
        tags = np.empty((len(which), DIGEST_OCTETS), np.uint8)
        self._many(
            self._states.ctypes.data, which.ctypes.data, texts.ctypes.data,
            texts.shape[1], len(which), tags.ctypes.data,
        )  # fmt: skip
        return tags

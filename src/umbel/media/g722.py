"""G.722 at 64 kbit/s: wide-band speech in as many octets as G.711 (RFC 3551 section 4.5.2).

Each octet stands for two samples of 16000 a second, or one of 8000: the clock of its packets. Both
directions remember what went before, so each stream has its own coder.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import G722
import numpy as np

from .frame import FRAME
from .g711 import Linear, Octets

SAMPLES_PER_SECOND: Final = 16000
"""Of what is encoded; what is decoded has 8000, as recordings have."""

SILENCE: Final = 0xFC
"""The octet that a decoder, sent nothing else, hears as silence (a steady level of at most 26)."""

_BITS_PER_SECOND: Final = 64000


class _Coder(Protocol):
    """What the module gives, which ships no types."""

    def encode(self, samples: Linear) -> bytes: ...

    def decode(self, payload: bytes) -> Sequence[int]: ...


class Encoder:
    """One piece of audio as it is sent: an octet for every two samples of 16000 a second."""

    def __init__(self) -> None:
        """Begin as if silence went before, which is what the peer's decoder has then heard."""
        self._coder: _Coder = G722.G722(SAMPLES_PER_SECOND, _BITS_PER_SECOND)
        self._coder.encode(np.zeros(2 * FRAME, np.int16))

    def encode(self, samples: Linear) -> Octets:
        """Give the next samples encoded; where they are odd in number, one of silence follows."""
        even = samples if len(samples) % 2 == 0 else np.append(samples, np.int16(0))
        return np.frombuffer(self._coder.encode(np.ascontiguousarray(even)), np.uint8)


class Decoder:
    """One stream as it is heard: a sample for each octet, which is the lower half of its band."""

    def __init__(self) -> None:
        self._coder: _Coder = G722.G722(SAMPLES_PER_SECOND // 2, _BITS_PER_SECOND)

    def decode(self, payload: bytes) -> Linear:
        """Give the samples of the next packet; every octet string means something."""
        return np.array(self._coder.decode(payload), np.int16)

    def conceal(self, samples: int) -> Linear:
        """Give silence in the place of what was lost; G.722 has nothing of its own for that."""
        return np.zeros(samples, np.int16)

    def recover(self, following: bytes, samples: int) -> Linear:
        """Give silence: a packet tells nothing of the one before it."""
        return self.conceal(samples)

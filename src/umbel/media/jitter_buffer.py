"""What is heard of one transcoded stream: its packets in order, decoded, 20 ms for each tick.

A packet has its place by its timestamp. Where none came in time, the decoder conceals the loss for
a while; a longer gap is silence of its length. So a recording is as long as the time that passed.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from .frame import FRAME
from .g711 import SAMPLES_PER_SECOND, Linear

MOST_PACKETS: Final = 128
"""That wait at once: a second has 50, or 100 of the shortest that are usual."""

_LONGEST: Final = SAMPLES_PER_SECOND
"""Samples: a packet further ahead than this second shows another clock, or is nonsense."""
_NEAR: Final = 8
"""As many packets at most lie between two that speak for each other."""
_CONCEALED: Final = 5 * FRAME
"""Samples of loss that are made up; what is invented for longer is no speech any more."""
_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31


class StreamDecoder(Protocol):
    """Decodes one stream to 16-bit samples, 8000 a second."""

    def decode(self, payload: bytes) -> Linear | None:
        """Give the samples of the next packet; ``None``: it is no packet of this codec."""

    def conceal(self, samples: int) -> Linear:
        """Give *samples* of what may have been in a packet that was lost."""

    def recover(self, following: bytes, samples: int) -> Linear:
        """Give *samples* that were lost, of what the packet after them tells of them."""


@dataclass(frozen=True, slots=True)
class _Stray:
    """A packet that lies outside of the buffer, kept until its successor comes."""

    number: int
    timestamp: int
    payload: bytes


class JitterBuffer:
    """The packets of one stream that wait for their time."""

    def __init__(self, decoder: StreamDecoder, clock_rate: int, depth: int) -> None:
        """*depth*: samples by which a packet may be late."""
        self._decoder = decoder
        self._units = clock_rate // SAMPLES_PER_SECOND
        """Timestamp units of a sample."""
        self._depth = depth
        self._waiting: dict[int, bytes] = {}
        """By timestamp, without wrap."""
        self._next: int | None = None
        """The timestamp, without wrap, of what is to be decoded next; ``None``: nothing came."""
        self._decoded: Linear = np.zeros(0, np.int16)
        """What has not been taken yet."""
        self._concealed = _CONCEALED
        """Samples that were made up since the last packet; before the first none are."""
        self._stray: _Stray | None = None

    def __len__(self) -> int:
        """Give how many packets wait."""
        return len(self._waiting)

    def put(self, number: int, timestamp: int, payload: bytes) -> None:
        """Take a packet; its sequence *number* is extended, its *timestamp* as it came."""
        if not payload:
            return
        if self._next is None:
            self._begin(timestamp)
        offset = self._offset(timestamp)
        if 0 <= offset < _LONGEST * self._units:
            self._keep(offset, payload)
        elif not -_LONGEST * self._units < offset < 0:  # Else it is late, and its time is over.
            self._consider(_Stray(number, timestamp, payload))

    def take(self) -> Linear:
        """Give the next 20 ms; call it once in each tick."""
        parts, count = [self._decoded], len(self._decoded)
        while count < FRAME:
            parts.append(self._go_on(FRAME - count))
            count += len(parts[-1])
        heard = np.concatenate(parts)
        self._decoded = heard[FRAME:]
        return heard[:FRAME]

    # --- what waits -------------------------------------------------------------------------

    def _begin(self, timestamp: int) -> None:
        self._next = timestamp - self._depth * self._units

    def _offset(self, timestamp: int) -> int:
        return (timestamp - (self._next or 0) + _HALF) % _WRAP - _HALF

    def _keep(self, offset: int, payload: bytes) -> None:
        if len(self._waiting) < MOST_PACKETS:
            self._waiting[(self._next or 0) + offset] = payload

    def _consider(self, packet: _Stray) -> None:
        """Follow the sender's clock where two packets agree that it was set anew."""
        stray, self._stray = self._stray, packet
        if stray is None or not 0 < packet.number - stray.number <= _NEAR:
            return
        if not 0 < (packet.timestamp - stray.timestamp) % _WRAP < _LONGEST * self._units:
            return
        self._stray = None
        self._waiting.clear()
        self._begin(stray.timestamp)
        for one in (stray, packet):
            self._keep(self._offset(one.timestamp), one.payload)

    # --- decoding ---------------------------------------------------------------------------

    def _go_on(self, wanted: int) -> Linear:
        """Decode the packet whose time it is; give up to *wanted* samples where it is missing."""
        if self._next is None:
            return np.zeros(wanted, np.int16)
        payload = self._waiting.pop(self._next, None)
        samples = self._decoder.decode(payload) if payload is not None else None
        if samples is None or not len(samples):
            samples = self._make_up(self._next, wanted)
        else:
            self._concealed = 0
        self._next += len(samples) * self._units
        return samples

    def _make_up(self, now: int, wanted: int) -> Linear:
        """Give what stands in the place of a packet that did not come, until the one after it."""
        for passed in [each for each in self._waiting if each <= now]:
            del self._waiting[passed]  # Two packets claim the same time.
        following = min(self._waiting, default=None)
        missing = wanted
        if following is not None:
            missing = min(wanted, max(1, (following - now) // self._units))
        if self._concealed >= _CONCEALED:
            return np.zeros(missing, np.int16)
        self._concealed += missing
        if following is not None and following == now + missing * self._units:
            return self._decoder.recover(self._waiting[following], missing)
        return self._decoder.conceal(missing)

"""What is heard of a stream, in order and without gaps: one frame for each tick.

The buffer is a strip of octets, one for each sample, that begins at the next sample to be given.
A packet is written where its timestamp says; whatever nobody wrote is silence. So repeated
packets write the same twice, overtaken ones find their place, lost ones are silence of their
length, and a pause of the sender (its timestamps run on) is as long as it was.
"""

from dataclasses import dataclass
from typing import Final

from .rtp import extended_timestamp

FRAME: Final = 160
"""Samples in one tick of 20 ms."""


@dataclass(frozen=True, slots=True)
class _Stray:
    """A packet that lies outside of the strip, kept until its successor comes."""

    sequence_number: int
    timestamp: int
    payload: bytes

    def is_followed_by(self, other: "_Stray") -> bool:
        """Tell whether *other* shows that the sender's clock has really moved to here."""
        return (
            0 < other.sequence_number - self.sequence_number <= PlayoutBuffer.NEAR
            and 0 < other.timestamp - self.timestamp < PlayoutBuffer.LONGEST
        )


class PlayoutBuffer:
    """Turns the packets of one source, of a codec with an octet for each sample, into frames."""

    LONGEST = 50 * FRAME
    """A packet further ahead than this second lies outside of the strip."""
    NEAR = 8
    """As many packets at most lie between two that speak for each other."""

    def __init__(self, silence: int, depth: int = 5 * FRAME) -> None:
        self.late = 0
        """Packets that came after their time, or out of nowhere, and were not used."""
        self._silence = bytes((silence,))
        self._depth = depth
        """Samples of delay: packets may be late by so much. A recording does not mind."""
        self._strip = bytearray()
        self._start: int | None = None
        """The timestamp, without wrap, of the strip's first octet; ``None``: nothing came yet."""
        self._next = 0
        """The sequence number after the highest that was used."""
        self._stray: _Stray | None = None

    def put(self, sequence_number: int, timestamp: int, payload: bytes) -> None:
        """Take one packet; *sequence_number* is extended (``Reception.receive`` gives it)."""
        if not 0 < len(payload) <= self.LONGEST:
            return
        if self._start is None:
            self._start = timestamp - self._depth
        packet = _Stray(sequence_number, extended_timestamp(timestamp, self._start), payload)
        if self._fits(packet):
            self._write(packet)
        elif sequence_number < self._next:
            self.late += 1
        else:
            self._consider(packet)

    def take(self) -> bytes:
        """Give the next 20 ms; call it once in each tick, also when nothing came."""
        frame = bytes(self._strip[:FRAME])
        del self._strip[:FRAME]
        if self._start is not None:
            self._start += FRAME
        return frame + self._silence * (FRAME - len(frame))

    def _offset(self, packet: _Stray) -> int:
        return packet.timestamp - (self._start or 0)

    def _fits(self, packet: _Stray) -> bool:
        return -len(packet.payload) < self._offset(packet) <= self.LONGEST - len(packet.payload)

    def _write(self, packet: _Stray) -> None:
        offset = self._offset(packet)
        begin, end = max(offset, 0), offset + len(packet.payload)
        missing = max(0, end - len(self._strip))
        self._strip += self._silence * missing
        self._strip[begin:end] = packet.payload[begin - offset :]
        self._next = max(self._next, packet.sequence_number + 1)

    def _consider(self, packet: _Stray) -> None:
        """Follow the sender's clock where two packets agree that it was set or has slipped."""
        stray, self._stray = self._stray, packet
        if stray is None or not stray.is_followed_by(packet):
            self.late += 1
            return
        self.late -= 1
        self._stray = None
        self._follow(stray)
        self._write(stray)
        self._write(packet)

    def _follow(self, stray: _Stray) -> None:
        """Set the clock so that *stray* comes next after what the strip holds."""
        if len(self._strip) > self.LONGEST // 2:
            # The sender's clock is faster than ours, or nobody listens: catch up.
            del self._strip[: len(self._strip) - self._depth]
        self._start = stray.timestamp - max(self._depth, len(self._strip))

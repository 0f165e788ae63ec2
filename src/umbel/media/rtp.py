"""RTP packets, the arithmetic of their sequence numbers, and what is told from a stream of them.

RFC 3550: section 5.1 (header), A.1 (sequence numbers), A.3 (loss), A.8 (jitter).
RFC 5761 section 4: telling RTP from RTCP.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from umbel.core.errors import PeerError
from umbel.core.instants import Duration, Instant

VERSION: Final = 2
HEADER_OCTETS: Final = 12

HEADER: Final = np.dtype(
    [
        ("first", ">u1"),
        ("second", ">u1"),
        ("sequence_number", ">u2"),
        ("timestamp", ">u4"),
        ("ssrc", ">u4"),
    ]
)
"""The fixed header as a record, so that the headers of many packets are one array.

``first`` is version, padding, extension and the number of CSRCs (0x80 in what we send);
``second`` is the marker (0x80) and the payload type.
"""

_FIXED: Final = struct.Struct("!BBHII")
_EXTENSION: Final = struct.Struct("!HH")
_WRAP: Final = 1 << 16
_HALF: Final = 1 << 15
_TIMESTAMP_WRAP: Final = 1 << 32
_TIMESTAMP_HALF: Final = 1 << 31


class MalformedPacket(PeerError):
    """The octets are no packet of the protocol that they were taken for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What follows a header whose X bit is set (RFC 3550 section 5.3.1)."""

    profile: int
    """16 bits that the profile defines."""
    data: bytes
    """A whole number of 32-bit words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One RTP packet. Padding is taken off when it is parsed and never sent."""

    payload_type: int
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    extension: Extension | None = None

    @classmethod
    def parse(cls, data: bytes) -> "Packet":
        """Read one packet; raise ``MalformedPacket`` where it is none."""
        first, second, sequence_number, timestamp, ssrc = _fixed_header(data)
        csrcs, extension, start = _variable_header(data, first)
        return cls(
            payload_type=second & 0x7F,
            marker=bool(second & 0x80),
            sequence_number=sequence_number,
            timestamp=timestamp,
            ssrc=ssrc,
            csrcs=csrcs,
            extension=extension,
            payload=data[start : len(data) - _padding(data, first, start)],
        )

    def __bytes__(self) -> bytes:
        first = VERSION << 6 | (self.extension is not None) << 4 | len(self.csrcs)
        second = self.marker << 7 | self.payload_type
        header = _FIXED.pack(first, second, self.sequence_number, self.timestamp, self.ssrc)
        csrcs = struct.pack(f"!{len(self.csrcs)}I", *self.csrcs)
        return header + csrcs + self._extension_bytes() + self.payload

    def _extension_bytes(self) -> bytes:
        if self.extension is None:
            return b""
        words = len(self.extension.data) // 4
        return _EXTENSION.pack(self.extension.profile, words) + self.extension.data


def _fixed_header(data: bytes) -> tuple[int, int, int, int, int]:
    if len(data) < HEADER_OCTETS:
        raise MalformedPacket(f"RTP: found {len(data)} octets, expected at least {HEADER_OCTETS}")
    header: tuple[int, int, int, int, int] = _FIXED.unpack_from(data)
    if header[0] >> 6 != VERSION:
        raise MalformedPacket(f"RTP: found version {header[0] >> 6}, expected {VERSION}")
    return header


def _variable_header(data: bytes, first: int) -> tuple[tuple[int, ...], Extension | None, int]:
    count = first & 0xF
    end = HEADER_OCTETS + 4 * count
    _require(data, end, f"{count} CSRCs")
    csrcs = struct.unpack_from(f"!{count}I", data, HEADER_OCTETS)
    if not first & 0x10:
        return csrcs, None, end
    _require(data, end + 4, "an extension header")
    profile, words = _EXTENSION.unpack_from(data, end)
    start, end = end + 4, end + 4 + 4 * words
    _require(data, end, f"an extension of {words} words")
    return csrcs, Extension(profile=profile, data=data[start:end]), end


def _padding(data: bytes, first: int, start: int) -> int:
    if not first & 0x20:
        return 0
    padding = data[-1]
    if not 1 <= padding <= len(data) - start:
        raise MalformedPacket(
            f"RTP: found {padding} octets of padding, expected 1 to {len(data) - start}"
        )
    return padding


def _require(data: bytes, octets: int, what: str) -> None:
    if len(data) < octets:
        raise MalformedPacket(f"RTP: found {len(data)} octets, expected {octets} with {what}")


def payload_start(data: bytes) -> int:
    """Give where the payload begins, behind CSRCs and extension, none of which SRTP encrypts."""
    _, _, start = _variable_header(data, _fixed_header(data)[0])
    return start


def is_rtcp(data: bytes) -> bool:
    """Tell RTCP from RTP by the second octet, which is 192 to 223 in RTCP (RFC 5761 section 4)."""
    return len(data) > 1 and 192 <= data[1] <= 223


def extended(sequence_number: int, near: int) -> int:
    """Give the extended sequence number, counted without wrap, that lies closest to *near*."""
    return near + (sequence_number - near + _HALF) % _WRAP - _HALF


class Reception:
    """What is known of one source from the packets that came (RFC 3550 sections 6.4.1, A.1, A.8).

    There is no probation: signalling has named the source, so that its first packet counts.
    """

    MAX_DROPOUT = 3000
    """A step forward of this many packets or more may be a restart of the source."""
    MAX_MISORDER = 100
    """A step back of this many packets or more may be one as well."""

    CLOCK_RATE: Final = 8000

    def __init__(self, clock_rate: int = CLOCK_RATE) -> None:
        self.clock_rate = clock_rate
        """Timestamp units of a second."""
        self.received = 0
        """Packets, repeated ones as well (RFC 3550 section 6.4.1)."""
        self.highest: int | None = None
        """The highest extended sequence number so far."""
        self._first = 0
        self._after_jump: int | None = None
        self._transit: float | None = None
        self._jitter = 0.0
        self._reported_expected = 0
        self._reported_received = 0

    def change_clock(self, clock_rate: int) -> None:
        """Expect another clock rate: what was measured by the old one says nothing of it."""
        if clock_rate != self.clock_rate:
            self.clock_rate = clock_rate
            self._transit, self._jitter = None, 0.0

    def receive(self, sequence_number: int, timestamp: int, at: Instant) -> int | None:
        """
        Count a packet and give its extended sequence number.

        ``None``: it lies so far off that it counts only if its successor comes next, which means
        that the source has restarted; a restart goes on counting from the highest so far.
        """
        if self.highest is None:
            self.highest = self._first = sequence_number
        number = self._place(sequence_number, self.highest)
        if number is None:
            return None
        self.received += 1
        self._measure_jitter(timestamp, at)
        return number

    def _place(self, sequence_number: int, highest: int) -> int | None:
        number = extended(sequence_number, highest)
        if -self.MAX_MISORDER < number - highest < self.MAX_DROPOUT:
            self.highest = max(highest, number)
            return number
        if sequence_number != self._after_jump:
            self._after_jump = (sequence_number + 1) % _WRAP
            return None
        # The next cycle in which the number is higher, so that extended numbers never go back.
        return self._restart(highest + (sequence_number - highest) % _WRAP)

    def _restart(self, number: int) -> int:
        self._first = number - self.received - self.lost
        self._after_jump = self._transit = None
        self.highest = number
        return number

    def _measure_jitter(self, timestamp: int, at: Instant) -> None:
        transit = at * self.clock_rate - timestamp
        if self._transit is not None:
            difference = (transit - self._transit + _TIMESTAMP_HALF) % _TIMESTAMP_WRAP
            self._jitter += (abs(difference - _TIMESTAMP_HALF) - self._jitter) / 16
        self._transit = transit

    @property
    def figures(self) -> tuple[int, int, float, float] | None:
        """
        Give highest, received, transit and jitter, to be counted on elsewhere; ``None``: too soon.

        Whoever counted on assigns what they have come to.
        """
        if self.highest is None or self._transit is None:
            return None
        return self.highest, self.received, self._transit, self._jitter

    @figures.setter
    def figures(self, counted: tuple[int, int, float, float]) -> None:
        self.highest, self.received, self._transit, self._jitter = counted

    @property
    def expected(self) -> int:
        """Count the packets that were sent to us as far as sequence numbers tell."""
        return 0 if self.highest is None else self.highest - self._first + 1

    @property
    def lost(self) -> int:
        """Count the packets that are missing: less than none where packets came twice."""
        return self.expected - self.received

    @property
    def jitter(self) -> Duration:
        """Give the interarrival jitter in seconds."""
        return self._jitter / self.clock_rate

    @property
    def jitter_in_timestamp_units(self) -> int:
        """Give the interarrival jitter as reports carry it."""
        return int(self._jitter)

    def fraction_lost(self) -> int:
        """Give the loss since this was last asked, in 256ths (RFC 3550 A.3)."""
        expected = self.expected - self._reported_expected
        received = self.received - self._reported_received
        self._reported_expected, self._reported_received = self.expected, self.received
        if expected <= 0 or expected <= received:
            return 0
        return min(255, (expected - received) * 256 // expected)

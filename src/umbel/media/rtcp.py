"""RTCP packets, one by one and compound, and the times in them (RFC 3550 section 6).

Strict in what is built; of what is parsed, a packet of an unknown kind is kept as it is, and a
compound packet need not begin with a report (RFC 5506).
"""

import struct
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from umbel.core.instants import Duration

from .rtp import VERSION, MalformedPacket, Reception

CNAME: Final = 1
"""The item of a source description that names the source across restarts (section 6.5.1)."""

CNAME_OCTETS: Final = 16
"""Of the names that we give ourselves: 96 random bits in base64 (RFC 7022 section 4.2)."""

COMPOUND: Final = np.dtype(
    [
        ("sr", "u1", 2), ("sr_words", ">u2"), ("ssrc", ">u4"), ("ntp", ">u8"),
        ("rtp_timestamp", ">u4"), ("packets", ">u4"), ("octets", ">u4"),
        ("source", ">u4"), ("loss", ">u4"), ("highest", ">u4"), ("jitter", ">u4"),
        ("last_sender_report", ">u4"), ("delay", ">u4"),
        ("sdes", "u1", 2), ("sdes_words", ">u2"), ("described", ">u4"),
        ("item", "u1", 2), ("name", f"S{CNAME_OCTETS}"), ("end", "u1", 2),
    ]
)  # fmt: skip
"""What is mostly sent, as a record, so that many can be made at once: an SR with one block on
``source``, and an SDES with the CNAME. ``compound`` makes them with all that is the same in each."""

_HEADER: Final = struct.Struct("!BBH")
_SSRC: Final = struct.Struct("!I")
_SENDER_INFORMATION: Final = struct.Struct("!QIII")
_REPORT: Final = struct.Struct("!IIIIII")
_NTP_OF_1970: Final = 2_208_988_800
_MOST_REPORTS: Final = 31


def ntp_time(unix_seconds: float) -> int:
    """Give the 64-bit NTP timestamp of a time of day given in seconds since 1970 (section 4)."""
    return int((unix_seconds + _NTP_OF_1970) * (1 << 32)) & 0xFFFF_FFFF_FFFF_FFFF


def middle(ntp: int) -> int:
    """Give the middle 32 bits of an NTP timestamp: units of 1/65536 second."""
    return ntp >> 16 & 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBlock:
    """What a receiver tells of one source (section 6.4.1)."""

    ssrc: int
    """The source that is told about."""
    fraction_lost: int
    """Since the report before, in 256ths."""
    lost: int
    """In all, of 24 bits with a sign."""
    highest: int
    """The highest extended sequence number."""
    jitter: int
    """In timestamp units."""
    last_sender_report: int = 0
    """The middle of the NTP timestamp of the last sender report from there; 0: none came."""
    delay: int = 0
    """Since that report came, in 1/65536 second."""

    @classmethod
    def parse(cls, data: bytes, start: int) -> "ReportBlock":
        """Read the block that begins at *start*."""
        ssrc, loss, highest, jitter, last, delay = _REPORT.unpack_from(data, start)
        lost = loss & 0xFF_FFFF
        return cls(
            ssrc=ssrc,
            fraction_lost=loss >> 24,
            lost=lost - (1 << 24) if lost >> 23 else lost,
            highest=highest,
            jitter=jitter,
            last_sender_report=last,
            delay=delay,
        )

    def __bytes__(self) -> bytes:
        return _REPORT.pack(
            self.ssrc,
            loss_field(self.fraction_lost, self.lost),
            self.highest & 0xFFFF_FFFF,
            self.jitter & 0xFFFF_FFFF,
            self.last_sender_report,
            self.delay,
        )


def report_on(
    reception: Reception, ssrc: int, *, last_sender_report: int = 0, delay: Duration = 0.0
) -> ReportBlock:
    """Report on a source; *delay* is the time since *last_sender_report* (a ``middle``) came."""
    return ReportBlock(
        ssrc=ssrc,
        fraction_lost=reception.fraction_lost(),
        lost=reception.lost,
        highest=reception.highest or 0,
        jitter=reception.jitter_in_timestamp_units,
        last_sender_report=last_sender_report,
        delay=int(delay * 65536) & 0xFFFF_FFFF if last_sender_report else 0,
    )


def round_trip(block: ReportBlock, arrived: int) -> Duration | None:
    """
    Give the round-trip time that a report on us tells; *arrived* is the NTP time of its arrival.

    ``None``: the peer has not had a sender report of ours, or its clock makes no sense
    (section 6.4.1, figure 2).
    """
    if not block.last_sender_report:
        return None
    elapsed = (middle(arrived) - block.last_sender_report - block.delay) & 0xFFFF_FFFF
    return elapsed / 65536 if elapsed < 1 << 31 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """SR: what a source has sent so far, and what it has received (section 6.4.1)."""

    packet_type: ClassVar[int] = 200

    ssrc: int
    ntp: int
    """64 bits."""
    rtp_timestamp: int
    """The same instant on the clock of the stream."""
    packets: int
    octets: int
    """Of payload."""
    reports: tuple[ReportBlock, ...] = ()
    extension: bytes = b""
    """Of the profile."""

    @classmethod
    def parse(cls, count: int, body: bytes) -> "SenderReport":
        """Read what follows the header."""
        start = 4 + _SENDER_INFORMATION.size
        end = _end_of_reports("SR", body, start, count)
        ntp, rtp_timestamp, packets, octets = _SENDER_INFORMATION.unpack_from(body, 4)
        return cls(
            ssrc=_ssrc(body),
            ntp=ntp,
            rtp_timestamp=rtp_timestamp,
            packets=packets,
            octets=octets,
            reports=_reports(body, start, count),
            extension=body[end:],
        )

    def __bytes__(self) -> bytes:
        information = _SENDER_INFORMATION.pack(
            self.ntp,
            self.rtp_timestamp & 0xFFFF_FFFF,
            self.packets & 0xFFFF_FFFF,
            self.octets & 0xFFFF_FFFF,
        )
        body = _SSRC.pack(self.ssrc) + information + _joined(self.reports) + self.extension
        return _built(self.packet_type, len(self.reports), body)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    """RR: what one that has not sent lately has received (section 6.4.2)."""

    packet_type: ClassVar[int] = 201

    ssrc: int
    reports: tuple[ReportBlock, ...] = ()
    extension: bytes = b""

    @classmethod
    def parse(cls, count: int, body: bytes) -> "ReceiverReport":
        """Read what follows the header."""
        end = _end_of_reports("RR", body, 4, count)
        return cls(ssrc=_ssrc(body), reports=_reports(body, 4, count), extension=body[end:])

    def __bytes__(self) -> bytes:
        body = _SSRC.pack(self.ssrc) + _joined(self.reports) + self.extension
        return _built(self.packet_type, len(self.reports), body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One source and its items, each a type and a value of at most 255 octets."""

    ssrc: int
    items: tuple[tuple[int, bytes], ...]

    def __bytes__(self) -> bytes:
        items = b"".join(bytes((kind, len(value))) + value for kind, value in self.items)
        return _SSRC.pack(self.ssrc) + items + bytes(4 - len(items) % 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDescription:
    """SDES: who the sources are (section 6.5)."""

    packet_type: ClassVar[int] = 202

    chunks: tuple[Chunk, ...]

    @classmethod
    def parse(cls, count: int, body: bytes) -> "SourceDescription":
        """Read what follows the header."""
        chunks, start = [], 0
        for _ in range(count):
            chunk, start = _parse_chunk(body, start)
            chunks.append(chunk)
        return cls(chunks=tuple(chunks))

    def __bytes__(self) -> bytes:
        return _built(self.packet_type, len(self.chunks), b"".join(map(bytes, self.chunks)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodbye:
    """BYE: sources that will send no more (section 6.6)."""

    packet_type: ClassVar[int] = 203

    ssrcs: tuple[int, ...]
    reason: bytes = b""

    @classmethod
    def parse(cls, count: int, body: bytes) -> "Goodbye":
        """Read what follows the header."""
        _require("BYE", body, 4 * count)
        ssrcs = struct.unpack_from(f"!{count}I", body)
        reason = body[4 * count :]
        if reason:
            _require("BYE", reason, 1 + reason[0])
            reason = reason[1 : 1 + reason[0]]
        return cls(ssrcs=ssrcs, reason=reason)

    def __bytes__(self) -> bytes:
        reason = bytes((len(self.reason),)) + self.reason if self.reason else b""
        ssrcs = struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs)
        return _built(self.packet_type, len(self.ssrcs), ssrcs + reason + bytes(-len(reason) % 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationDefined:
    """APP: whatever an application made up (section 6.7)."""

    packet_type: ClassVar[int] = 204

    subtype: int
    ssrc: int
    name: bytes
    """Four octets of ASCII."""
    data: bytes

    @classmethod
    def parse(cls, subtype: int, body: bytes) -> "ApplicationDefined":
        """Read what follows the header."""
        _require("APP", body, 8)
        return cls(subtype=subtype, ssrc=_ssrc(body), name=body[4:8], data=body[8:])

    def __bytes__(self) -> bytes:
        body = _SSRC.pack(self.ssrc) + self.name + self.data
        return _built(self.packet_type, self.subtype, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A packet of a kind that we do not read (feedback, extended reports)."""

    packet_type: int
    count: int
    body: bytes

    def __bytes__(self) -> bytes:
        return _built(self.packet_type, self.count, self.body)


RtcpPacket = (
    SenderReport | ReceiverReport | SourceDescription | Goodbye | ApplicationDefined | Unknown
)


def parse(data: bytes) -> tuple[RtcpPacket, ...]:
    """Read a compound packet; raise ``MalformedPacket`` where any part of it is none."""
    packets: list[RtcpPacket] = []
    start = 0
    while start < len(data) or not packets:
        packet, start = _parse_one(data, start)
        packets.append(packet)
    return tuple(packets)


def build(packets: tuple[RtcpPacket, ...]) -> bytes:
    """Give the octets of a compound packet; a report goes first (section 6.1)."""
    return b"".join(map(bytes, packets))


def compound(count: int) -> NDArray[np.void]:
    """Give so many records of COMPOUND whose fields are to be filled."""
    records = np.zeros(count, COMPOUND)
    records["sr"] = VERSION << 6 | 1, SenderReport.packet_type
    records["sr_words"] = (4 + _SENDER_INFORMATION.size + _REPORT.size) // 4
    records["sdes"] = VERSION << 6 | 1, SourceDescription.packet_type
    records["sdes_words"] = (4 + 2 + CNAME_OCTETS + 2) // 4
    records["item"] = CNAME, CNAME_OCTETS
    return records


def loss_field(fraction_lost: int, lost: int) -> int:
    """Give how a report block has both (section 6.4.1)."""
    return fraction_lost << 24 | max(-(1 << 23), min(lost, (1 << 23) - 1)) & 0xFF_FFFF


def _parse_one(data: bytes, start: int) -> tuple[RtcpPacket, int]:
    _require("RTCP", data, start + _HEADER.size)
    first, packet_type, words = _HEADER.unpack_from(data, start)
    if first >> 6 != VERSION:
        raise MalformedPacket(
            f"RTCP: octet {start}: found version {first >> 6}, expected {VERSION}"
        )
    end = start + 4 * (words + 1)
    _require("RTCP", data, end)
    body = data[start + _HEADER.size : end]
    if first & 0x20:
        body = _without_padding(body)
    return _parse_body(packet_type, first & 0x1F, body), end


def _parse_body(packet_type: int, count: int, body: bytes) -> RtcpPacket:
    match packet_type:
        case SenderReport.packet_type:
            return SenderReport.parse(count, body)
        case ReceiverReport.packet_type:
            return ReceiverReport.parse(count, body)
        case SourceDescription.packet_type:
            return SourceDescription.parse(count, body)
        case Goodbye.packet_type:
            return Goodbye.parse(count, body)
        case ApplicationDefined.packet_type:
            return ApplicationDefined.parse(count, body)
        case _:
            return Unknown(packet_type=packet_type, count=count, body=body)


def _without_padding(body: bytes) -> bytes:
    padding = body[-1] if body else 0
    if not 1 <= padding <= len(body):
        raise MalformedPacket(f"RTCP: found {padding} octets of padding, expected 1 to {len(body)}")
    return body[:-padding]


def _parse_chunk(body: bytes, start: int) -> tuple[Chunk, int]:
    _require("SDES", body, start + 4)
    (ssrc,) = _SSRC.unpack_from(body, start)
    items: list[tuple[int, bytes]] = []
    position = start + 4
    while position < len(body) and body[position]:
        _require("SDES", body, position + 2)
        end = position + 2 + body[position + 1]
        _require("SDES", body, end)
        items.append((body[position], body[position + 2 : end]))
        position = end
    # At least one zero ends the list, and the next chunk begins at a word (section 6.5).
    return Chunk(ssrc=ssrc, items=tuple(items)), position + 4 - position % 4


def _ssrc(body: bytes) -> int:
    return int.from_bytes(body[:4])


def _end_of_reports(kind: str, body: bytes, start: int, count: int) -> int:
    end = start + _REPORT.size * count
    _require(kind, body, end)
    return end


def _reports(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    size = _REPORT.size
    return tuple(ReportBlock.parse(body, start + size * number) for number in range(count))


def _joined(reports: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(map(bytes, reports[:_MOST_REPORTS]))


def _built(packet_type: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(VERSION << 6 | count, packet_type, len(body) // 4) + body


def _require(kind: str, data: bytes, octets: int) -> None:
    if len(data) < octets:
        raise MalformedPacket(f"{kind}: found {len(data)} octets, expected at least {octets}")

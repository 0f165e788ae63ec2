"""RTCP of one call: what we tell the peer, and what the peer tells of our stream (RFC 3550, 6)."""

from dataclasses import dataclass
from typing import Final

from umbel.core.instants import Duration, Instant
from umbel.media import rtcp

from .sources import Source

INTERVAL: Final[Duration] = 5.0
"""The mean between two reports (section 6.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Our stream as it is now."""

    ssrc: int
    timestamp: int
    packets: int
    octets: int


def until_next(fraction: float) -> Duration:
    """Spread the reports of many calls: half to one and a half intervals (section 6.3.1)."""
    return INTERVAL * (0.5 + fraction)


class Reporter:
    """Makes and reads the reports."""

    def __init__(self, canonical_name: bytes) -> None:
        self.round_trip: Duration | None = None
        self.remote_packets_lost: int | None = None
        self.canonical_name = canonical_name
        self._last_report: int | None = None
        """The middle of the NTP time of the peer's latest sender report."""
        self._last_report_came: Instant = Instant(0.0)
        self._last_report_from = 0

    def hear(self, compound: bytes, ssrc: int, *, now: Instant, ntp: int) -> None:
        """Take what the peer sent; *ssrc* is ours. Raise ``MalformedPacket`` where it is none."""
        for packet in rtcp.parse(compound):
            if isinstance(packet, rtcp.SenderReport):
                self._last_report = rtcp.middle(packet.ntp)
                self._last_report_from = packet.ssrc
                self._last_report_came = now
            if isinstance(packet, rtcp.SenderReport | rtcp.ReceiverReport):
                self._take_blocks(packet.reports, ssrc, ntp)

    def _take_blocks(self, blocks: tuple[rtcp.ReportBlock, ...], ssrc: int, ntp: int) -> None:
        for block in blocks:
            if block.ssrc == ssrc:
                self.remote_packets_lost = max(0, block.lost)
                measured = rtcp.round_trip(block, ntp)
                self.round_trip = self.round_trip if measured is None else measured

    def report(
        self, sending: Sending, source: Source | None, *, now: Instant, ntp: int
    ) -> tuple[rtcp.RtcpPacket, ...]:
        """Give what is to be told now of our stream and of *source*."""
        blocks = (self._block(source, now),) if source is not None else ()
        chunk = rtcp.Chunk(ssrc=sending.ssrc, items=((rtcp.CNAME, self.canonical_name),))
        return _first(sending, blocks, ntp), rtcp.SourceDescription(chunks=(chunk,))

    def block(self, source: Source, now: Instant) -> tuple[int, int, int, int, int, int]:
        """Give the fields of a block on *source*, as they follow each other."""
        reception = source.reception
        last = self._last_report if self._last_report_from == source.ssrc else None
        delay = 0 if not last else int((now - self._last_report_came) * 65536) & 0xFFFF_FFFF
        return (
            source.ssrc,
            rtcp.loss_field(reception.fraction_lost(), reception.lost),
            (reception.highest or 0) & 0xFFFF_FFFF,
            reception.jitter_in_timestamp_units & 0xFFFF_FFFF,
            last or 0,
            delay,
        )

    def _block(self, source: Source, now: Instant) -> rtcp.ReportBlock:
        if self._last_report is None or self._last_report_from != source.ssrc:
            return rtcp.report_on(source.reception, source.ssrc)
        return rtcp.report_on(
            source.reception,
            source.ssrc,
            last_sender_report=self._last_report,
            delay=now - self._last_report_came,
        )


def _first(
    sending: Sending, blocks: tuple[rtcp.ReportBlock, ...], ntp: int
) -> rtcp.SenderReport | rtcp.ReceiverReport:
    if not sending.packets:
        return rtcp.ReceiverReport(ssrc=sending.ssrc, reports=blocks)
    return rtcp.SenderReport(
        ssrc=sending.ssrc,
        ntp=ntp,
        rtp_timestamp=sending.timestamp,
        packets=sending.packets,
        octets=sending.octets,
        reports=blocks,
    )

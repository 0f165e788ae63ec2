"""How the packets of one call come in and go out: addresses, SRTP, and what is refused."""

from dataclasses import replace

import numpy as np

from umbel.media import rtp
from umbel.media.rtp import MalformedPacket, Packet
from umbel.media.session import MediaSession, SrtpKey
from umbel.media.srtcp import SrtcpProtector, SrtcpUnprotector
from umbel.media.srtp_keys import NotAuthentic

from .names import Endpoint
from .origin import Origin, Trail
from .ports import Seat, send
from .tables import Tables

_PLAIN_FIRST_OCTET = rtp.VERSION << 6


class Transport:
    """The two streams of one call, RTP and RTCP, as signalling agreed on them."""

    def __init__(self, seat: Seat, tables: Tables, media: MediaSession, *, learns: bool) -> None:
        self.pair = seat.pair
        self.refused = 0
        """Packets from a wrong address, not authentic, repeated, or no RTP."""
        self._row = seat.row
        self._tables = tables
        self._rtp = Origin(media.remote_address, media.remote_port, learns=learns)
        self._rtcp = Origin(media.remote_address, media.remote_rtcp_port, learns=learns)
        self._payload_types = _payload_types(media)
        self._sends_with: SrtpKey | None = None
        self._receives_with: SrtpKey | None = None
        self._report_protector: SrtcpProtector | None = None
        self._report_unprotector: SrtcpUnprotector | None = None
        self._take_keys(media)

    def change(self, media: MediaSession, *, learns: bool) -> None:
        """
        Go on as signalling agrees now.

        What it did not change stays: an address that was learnt, and with the same key the
        packets that count as repeated (RFC 3711 section 3.3.2).
        """
        address = media.remote_address
        self._rtp = self._rtp.renewed(address, media.remote_port, learns=learns)
        self._rtcp = self._rtcp.renewed(address, media.remote_rtcp_port, learns=learns)
        self._payload_types = _payload_types(media)
        self._take_keys(media)

    def close(self) -> None:
        """Forget the keys."""
        self._tables.protectors.end(self._row)
        self._tables.unprotectors.end(self._row)

    def _take_keys(self, media: MediaSession) -> None:
        tables, row = self._tables, self._row
        if self._sends_with != media.sends_with:
            self._sends_with = key = media.sends_with
            tables.protectors.end(row)
            if key is not None:
                tables.protectors.begin(row, key, int(tables.senders.ssrc[row]))
            self._report_protector = None if key is None else SrtcpProtector(key)
        if self._receives_with != media.receives_with:
            self._receives_with = key = media.receives_with
            tables.unprotectors.end(row)
            if key is not None:
                tables.unprotectors.begin(row, key)
            self._report_unprotector = None if key is None else SrtcpUnprotector(key)

    @property
    def target(self) -> Endpoint | None:
        """Give where our audio goes; ``None``: the peer takes it nowhere."""
        return self._rtp.target

    @property
    def peer(self) -> Endpoint | None:
        """Give where the peer's audio comes from; ``None``: that is not known yet, or nowhere."""
        return self._rtp.target if self._rtp.is_settled else None

    @property
    def rtcp_peer(self) -> Endpoint | None:
        """Give where the peer's reports come from; ``None``: that is not known yet, or nowhere."""
        return self._rtcp.target if self._rtcp.is_settled else None

    @property
    def may_be_anywhere(self) -> bool:
        """Say whether the peer's address is still to be learnt."""
        return not self._rtp.is_settled

    @property
    def is_plain(self) -> bool:
        """Say whether packets go without encryption."""
        return self._sends_with is None

    def takes_many_of(self, ssrc: int) -> bool:
        """Say whether packets of a stream can be taken many at once: nothing about it is new."""
        return self._receives_with is None or self._tables.unprotectors.hears(self._row, ssrc)

    def send(self, packet: bytes) -> None:
        """Send an RTP packet that was made by itself."""
        if self._rtp.target is None:
            return
        if self._sends_with is not None:
            packet = self._sealed(packet)
        send(self.pair.rtp, packet, self._rtp.target)

    def _sealed(self, packet: bytes) -> bytes:
        rows, sealed = np.array([self._row], np.intp), self._tables.senders.outbox.sealed
        octets = np.frombuffer(packet, np.uint8).reshape(1, -1)
        header, payload = octets[:, : rtp.HEADER_OCTETS], octets[:, rtp.HEADER_OCTETS :]
        (length,) = self._tables.protectors.seal(rows, header, payload, sealed)
        return sealed[self._row, :length].tobytes()

    def send_rtcp(self, compound: bytes) -> None:
        """Send a compound RTCP packet."""
        if self._rtcp.target is None:
            return
        if self._report_protector is not None:
            compound = self._report_protector.protect(compound)
        send(self.pair.rtcp, compound, self._rtcp.target)

    def may_move_to(self, source: Endpoint) -> bool:
        """Say whether a packet that continues the stream may come from *source* all the same."""
        return self._rtp.may_move and not self._rtp.admits(source)

    @property
    def may_move(self) -> bool:
        """Say whether the peer's address is known, and may be another one in mid-call."""
        return self._rtp.may_move

    def admit(self, data: bytes, source: Endpoint, trail: Trail | None = None) -> bytes | None:
        """
        Give the RTP packet that arrived, with nothing but a fixed header; ``None``: refused.

        *trail* is that of the stream, where *source* is not the peer's address but may become it.
        """
        try:
            packet = self._opened(data, source, trail)
        except (NotAuthentic, MalformedPacket):
            packet = None
        if packet is None:
            self.refused += 1
            return None
        self._rtp.settle(source)
        if trail is not None and trail.is_ahead(int.from_bytes(packet[2:4])):
            self._follow(source)
        return packet

    def _follow(self, source: Endpoint) -> None:
        """Let the call go on at another address; that of its reports is to be learnt again."""
        self._rtp.follow(source)
        self._rtcp.unsettle()

    def admits_rtcp_from(self, source: Endpoint) -> bool:
        """
        Say whether a report from *source* may belong to the call.

        Where RTCP's own address is to be learnt without keys, RTP's host is the proof of it.
        """
        if not self._rtcp.admits(source):
            return False
        if self._rtcp.is_settled or self._receives_with is not None:
            return True
        return self._rtp.target is not None and source[0] == self._rtp.target[0]

    def admit_rtcp(self, data: bytes, source: Endpoint) -> bytes | None:
        """Give the compound RTCP packet that arrived; ``None``: refused."""
        if not self.admits_rtcp_from(source):
            self.refused += 1
            return None
        if self._report_unprotector is not None:
            try:
                data = self._report_unprotector.unprotect(data)
            except NotAuthentic:
                self.refused += 1
                return None
        self._rtcp.settle(source)
        return data

    def _opened(self, data: bytes, source: Endpoint, trail: Trail | None) -> bytes | None:
        if len(data) < rtp.HEADER_OCTETS or not self._may_be_ours(data, source, trail):
            return None
        if self._receives_with is not None:
            start = rtp.payload_start(data)
            data = self._tables.unprotectors.open_one(self._row, data, start)
        if data[0] != _PLAIN_FIRST_OCTET:
            data = bytes(replace(Packet.parse(data), csrcs=(), extension=None))
        is_expected = data[1] & 0x7F in self._payload_types
        is_known = self._rtp.is_settled and source == self._rtp.target
        return data if is_expected or is_known else None

    def _may_be_ours(self, data: bytes, source: Endpoint, trail: Trail | None) -> bool:
        """Say whether a packet, which with SRTP is yet to be authenticated, may be the peer's."""
        if trail is None:
            return self._rtp.admits(source)
        _, _, number, timestamp, ssrc = np.frombuffer(data, rtp.HEADER, 1).tolist()[0]
        if self._receives_with is not None:
            return trail.is_of(ssrc)
        return trail.is_continued_by(ssrc, number, timestamp)


def _payload_types(media: MediaSession) -> frozenset[int]:
    known = (media.payload_type, media.telephone_event, media.comfort_noise)
    return frozenset(number for number in known if number is not None)

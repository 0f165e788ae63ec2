"""The other end of a stream, on sockets of its own: sends what a test says, keeps what comes."""

import socket
from dataclasses import replace
from types import TracebackType
from typing import Self

from tests.support.srtp import SrtpContext

from umbel.media import rtcp
from umbel.media.rtp import Packet
from umbel.media.session import Codec, MediaSession, SrtpKey

TELEPHONE_EVENT = 101
_PAYLOAD_TYPES = {Codec.PCMU: 0, Codec.PCMA: 8, Codec.G722: 9, Codec.OPUS: 111}
COMFORT_NOISE = 13


class RtpPeer:
    """A telephone's audio. ``async`` is nowhere: loopback delivers before ``send`` returns."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        *,
        codec: Codec = Codec.PCMU,
        sends_with: SrtpKey | None = None,
        receives_with: SrtpKey | None = None,
    ) -> None:
        self.host = host
        self.codec = codec
        self.payload_type = _PAYLOAD_TYPES[codec]
        self.ssrc = 0x1876_0310
        self.sequence_number = 65530
        """Soon to wrap; SRTP tests set a lower one."""
        self.timestamp = 0xFFFF_FF00
        self.rtp, self.rtcp = _bound(host), _bound(host)
        self.engine = (host, 0)
        """Where the engine's RTP port is."""
        self._keys = (sends_with, receives_with)
        self._sending = SrtpContext(sends_with) if sends_with else None
        self._receiving = SrtpContext(receives_with) if receives_with else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.rtp.close()
        self.rtcp.close()

    def media(self) -> MediaSession:
        """Give what offer and answer would have agreed on with this peer, which wants every packet."""
        sends_with, receives_with = self._keys
        return MediaSession(
            remote_address=self.host,
            remote_port=self.rtp.getsockname()[1],
            remote_rtcp_port=self.rtcp.getsockname()[1],
            codec=self.codec,
            payload_type=self.payload_type,
            telephone_event=TELEPHONE_EVENT,
            telephone_event_rate=self.codec.clock_rate,
            comfort_noise=COMFORT_NOISE,
            silence_suppression=False,
            sends_with=receives_with,
            receives_with=sends_with,
        )

    @property
    def is_plain(self) -> bool:
        """Say whether it sends without encryption."""
        return self._sending is None

    # --- sending ---------------------------------------------------------------------------

    def audio(self, payload: bytes) -> Packet:
        """Make the next packet of audio; one of Opus has 20 ms."""
        packet = Packet(
            payload_type=self.payload_type,
            sequence_number=self.sequence_number,
            timestamp=self.timestamp,
            ssrc=self.ssrc,
            payload=payload,
        )
        self.sequence_number = (self.sequence_number + 1) % (1 << 16)
        self.skip(960 if self.codec is Codec.OPUS else len(payload))
        return packet

    def skip(self, samples: int) -> None:
        """Let the clock of the stream run on without a packet."""
        self.timestamp = (self.timestamp + samples) % (1 << 32)

    def say(self, payload: bytes) -> None:
        """Send the next packet of audio."""
        self.send(self.audio(payload))

    def noise(self) -> None:
        """Send 20 ms of comfort noise."""
        self.send(replace(self.audio(bytes(160)), payload_type=COMFORT_NOISE, payload=b"\x40"))

    def key(self, payload: bytes, *, timestamp: int, marker: bool = False) -> Packet:
        """Make the next packet of a key press that began at *timestamp*."""
        packet = self.audio(b"")
        return replace(
            packet,
            payload_type=TELEPHONE_EVENT,
            payload=payload,
            timestamp=timestamp,
            marker=marker,
        )

    def send(self, packet: Packet) -> bytes:
        """Send *packet*; give what went over the wire."""
        return self.transmit(self.sealed(bytes(packet)))

    def sealed(self, data: bytes) -> bytes:
        """Give what goes over the wire of a packet with a fixed header."""
        return self._sending.protect(data) if self._sending else data

    def transmit(self, data: bytes) -> bytes:
        """Send octets as they are to the RTP port."""
        self.rtp.sendto(data, self.engine)
        return data

    def report(self, *packets: rtcp.RtcpPacket) -> None:
        """Send a compound RTCP packet."""
        compound = rtcp.build(packets)
        data = self._sending.protect_rtcp(compound) if self._sending else compound
        self.rtcp.sendto(data, (self.engine[0], self.engine[1] + 1))

    # --- receiving -------------------------------------------------------------------------

    def heard(self) -> list[Packet]:
        """Give the packets that have come since this was last asked."""
        packets = map(self._receiving.unprotect if self._receiving else bytes, _drain(self.rtp))
        return [Packet.parse(packet) for packet in packets]

    def reports(self) -> list[tuple[rtcp.RtcpPacket, ...]]:
        """Give the compound RTCP packets that have come since this was last asked."""
        compounds = _drain(self.rtcp)
        if self._receiving is not None:
            compounds = [self._receiving.unprotect_rtcp(one) for one in compounds]
        return [rtcp.parse(compound) for compound in compounds]


def _bound(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    bound.bind((host, 0))
    bound.setblocking(False)
    return bound


def _drain(bound: socket.socket) -> list[bytes]:
    received = []
    while True:
        try:
            received.append(bound.recv(2048))
        except BlockingIOError:
            return received

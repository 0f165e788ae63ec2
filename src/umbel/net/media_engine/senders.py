"""What is sent, as arrays with a row for each call: the headers of a tick are made at once.

All streams share one sample clock that never stops. The timestamp of a stream is that clock from
a random beginning (RFC 3550 section 5.1), so a tick that was skipped is a gap that the peer
conceals, not a delay that stays.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.media import rtp
from umbel.media.frame import FRAME
from umbel.media.g711 import SAMPLES_PER_SECOND
from umbel.media.session import Codec, MediaSession
from umbel.media.silence import Rows

from .encoding import SILENCE
from .names import NAME_OCTETS, Endpoint, Names, name_of

_MARKER: Final = 0x80
_FIRST_OCTET: Final = rtp.VERSION << 6
_MILLISECONDS_OF_A_FRAME: Final = 20


class Senders:
    """The sending halves of all calls."""

    def __init__(self, rows: int) -> None:
        self.clock = 0
        """Samples since the engine began."""
        self.packets = np.zeros(rows, np.int64)
        self.octets = np.zeros(rows, np.int64)
        """Of payload, as sender reports count them."""
        self.ssrc = np.zeros(rows, np.uint32)
        self._is_sending = np.zeros(rows, np.bool_)
        self._due = np.zeros(rows, np.int64)
        """On the clock: when the next packet goes."""
        self._frames = np.ones(rows, np.int64)
        """Of 20 ms in each packet."""
        self._payload_type = np.zeros(rows, np.uint8)
        self._marker = np.zeros(rows, np.uint8)
        self._sequence_number = np.zeros(rows, np.int64)
        self._offset = np.zeros(rows, np.int64)
        self._silence = np.zeros(rows, np.uint8)
        self._units = np.ones(rows, np.int64)
        """Timestamp units of a sample."""
        self._is_by_packet = np.zeros(rows, np.bool_)
        """Rows of Opus, whose packets have no length of their own (``transcoding``)."""
        self.targets: Names = np.zeros((rows, NAME_OCTETS), np.uint8)
        """Where each row's packets go."""
        self.is_plain = np.zeros(rows, np.bool_)
        self.pairs = np.zeros(rows, np.intp)
        """The port pair that they leave by."""

    def open(self, row: int, randomness: bytes) -> None:
        """Begin a new stream in *row* with eight random octets."""
        self.packets[row] = self.octets[row] = 0
        self.ssrc[row] = int.from_bytes(randomness[:4])
        # Below half, so that SRTP peers cannot mistake a lost first packet for a wrap.
        self._sequence_number[row] = int.from_bytes(randomness[4:6]) >> 1
        self._offset[row] = int.from_bytes(randomness[4:8])
        self._is_sending[row] = False

    def connect(self, row: int, media: MediaSession) -> None:
        """Send from the next tick on what *media* says."""
        if not self._is_sending[row]:
            self._marker[row] = _MARKER
            self._due[row] = self.clock
        self._is_sending[row] = True
        self._payload_type[row] = media.payload_type
        self._silence[row] = SILENCE[media.codec]
        self._units[row] = media.codec.clock_rate // SAMPLES_PER_SECOND
        self._is_by_packet[row] = media.codec is Codec.OPUS
        self._frames[row] = max(1, media.ptime // _MILLISECONDS_OF_A_FRAME)

    def aim(self, row: int, pair: int, target: Endpoint, *, is_plain: bool) -> None:
        """Let the packets of *row* go from a port pair to *target*, encrypted or not."""
        self.is_plain[row] = is_plain
        self.pairs[row] = pair
        self.targets[row] = np.frombuffer(name_of(target), np.uint8)

    def hold(self, row: int) -> None:
        """Send nothing; the clock of the stream runs on."""
        self._is_sending[row] = False

    def is_sending(self, row: int) -> bool:
        """Say whether packets of *row* are sent."""
        return bool(self._is_sending[row])

    def due(self) -> Rows:
        """Give the rows for which a packet is to go now."""
        return np.flatnonzero(self._is_sending & ~self._is_by_packet & (self._due <= self.clock))

    def due_by_packet(self) -> list[int]:
        """Give the rows for which a packet is to go that is made elsewhere, in each tick."""
        return np.flatnonzero(self._is_sending & self._is_by_packet).tolist()

    def batches(self, rows: Rows) -> Iterator[tuple[Rows, int]]:
        """Divide *rows* by how many samples their packets carry, and set when the next ones go."""
        frames = self._frames[rows]
        for count in np.unique(frames).tolist():
            chosen = rows[frames == count]
            self._due[chosen] = self.clock + count * FRAME
            yield chosen, count * FRAME

    def timestamp(self, row: int) -> int:
        """Give the timestamp of this tick in *row*."""
        return int(self._offset[row] + self.clock * self._units[row]) & 0xFFFF_FFFF

    def take_sequence_number(self, row: int, payload_octets: int) -> int:
        """Give the sequence number for a packet made elsewhere, and count that packet as sent."""
        number = int(self._sequence_number[row]) & 0xFFFF
        self._sequence_number[row] += 1
        self.packets[row] += 1
        self.octets[row] += payload_octets
        return number

    def packet(self, row: int, payload: bytes) -> bytes:
        """Make the packet of *row* whose payload was made elsewhere, and count it as sent."""
        marker = bool(self._marker[row])
        self._marker[row] = 0
        return bytes(
            rtp.Packet(
                payload_type=int(self._payload_type[row]),
                marker=marker,
                sequence_number=self.take_sequence_number(row, len(payload)),
                timestamp=self.timestamp(row),
                ssrc=int(self.ssrc[row]),
                payload=payload,
            )
        )

    def begin_packets(self, rows: Rows, packets: NDArray[np.uint8]) -> None:
        """Make *packets* of *rows*, headers and silence, and count them as sent."""
        samples = packets.shape[1] - rtp.HEADER_OCTETS
        packets[:, : rtp.HEADER_OCTETS] = self._headers(rows).view(np.uint8).reshape(len(rows), -1)
        packets[:, rtp.HEADER_OCTETS :] = self._silence[rows, np.newaxis]
        self._sequence_number[rows] += 1
        self._marker[rows] = 0
        self.packets[rows] += 1
        self.octets[rows] += samples

    def _headers(self, rows: Rows) -> NDArray[np.void]:
        headers = np.empty(len(rows), rtp.HEADER)
        headers["first"] = _FIRST_OCTET
        headers["second"] = self._payload_type[rows] | self._marker[rows]
        headers["sequence_number"] = self._sequence_number[rows] & 0xFFFF
        headers["timestamp"] = self._offset[rows] + self.clock & 0xFFFF_FFFF
        headers["ssrc"] = self.ssrc[rows]
        return headers

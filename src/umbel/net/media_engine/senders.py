"""What is sent, as arrays with a row for each call: the headers of a tick are made at once.

Where nothing is said, a packet goes now and then: comfort noise where the peer knows it (RFC 3389),
else a frame of silence, as RFC 3551 section 4.1 allows. Whoever is recorded says much and hears
little; packets of silence would cost as much as all that is recorded.

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

from .batches import Outbox, Rows
from .names import Endpoint, name_of

_MARKER: Final = 1 << 23
_FIRST_WORD: Final = rtp.VERSION << 30
_PAYLOAD_TYPE_AT: Final = 16
_MILLISECONDS_OF_A_FRAME: Final = 20
_LINGER: Final = 10 * FRAME
"""Samples of silence that follow what was said as if more came: the pauses between two prompts."""
_REST: Final = 10 * FRAME
"""Samples from one packet to the next of who rests: few, but nobody takes the call for dead."""
_NO_NOISE: Final = -1
_MOST_FRAMES: Final = 3
"""Of 20 ms in a packet: longer ones are not asked for, and would not fit."""


class Senders:
    """The sending halves of all calls."""

    def __init__(self, rows: int) -> None:
        self.clock = 0
        """Samples since the engine began."""
        self.outbox = Outbox(rows)
        self.packets = np.zeros(rows, np.int64)
        self.octets = np.zeros(rows, np.int64)
        """Of payload, as sender reports count them."""
        self.ssrc = np.zeros(rows, np.uint32)
        self.is_plain = np.zeros(rows, np.bool_)
        self.pairs = np.zeros(rows, np.intp)
        """The port pair that packets leave by."""
        self._is_sending = np.zeros(rows, np.bool_)
        self._due = np.zeros(rows, np.int64)
        """On the clock: when the next packet goes."""
        self._frames = np.ones(rows, np.int64)
        """Of 20 ms in each packet."""
        self._first_word = np.zeros(rows, np.int64)
        """Of the header, without the sequence number."""
        self._is_marked = False
        """Whether some stream is about to begin."""
        self._sequence_number = np.zeros(rows, np.int64)
        self._offset = np.zeros(rows, np.int64)
        self._units = np.ones(rows, np.int64)
        """Timestamp units of a sample."""
        self._spoke_at = np.zeros(rows, np.int64)
        """On the clock: when the last packet went that said something."""
        self._rests = np.zeros(rows, np.bool_)
        """Rows to which nothing has been said for a while."""
        self._may_rest = np.zeros(rows, np.bool_)
        self._noise = np.full(rows, _NO_NOISE, np.int64)
        """The payload type of comfort noise."""
        self._is_by_packet = np.zeros(rows, np.bool_)
        """Rows of Opus, whose packets have no length of their own (``transcoding``)."""
        self._order: Rows = np.zeros(0, np.intp)
        """The rows that send, those of a pair together."""
        self._is_stale = False

    def open(self, row: int, randomness: bytes) -> None:
        """Begin a new stream in *row* with eight random octets."""
        self.packets[row] = self.octets[row] = 0
        self.ssrc[row] = int.from_bytes(randomness[:4])
        self.outbox.headers[row, 2] = self.ssrc[row]
        # Below half, so that SRTP peers cannot mistake a lost first packet for a wrap.
        self._sequence_number[row] = int.from_bytes(randomness[4:6]) >> 1
        self._offset[row] = int.from_bytes(randomness[4:8])
        self.hold(row)

    def connect(self, row: int, media: MediaSession) -> None:
        """Send from the next tick on what *media* says."""
        self._first_word[row] = _FIRST_WORD | media.payload_type << _PAYLOAD_TYPE_AT
        must_speak = self._rests[row] and not media.silence_suppression
        if must_speak or not self._is_sending[row]:
            self._begin_spurt(row)
        self._is_sending[row] = True
        self._noise[row] = _NO_NOISE if media.comfort_noise is None else media.comfort_noise
        self._may_rest[row] = media.silence_suppression
        frames = media.ptime // _MILLISECONDS_OF_A_FRAME
        self._frames[row] = min(max(1, frames), _MOST_FRAMES)
        self._units[row] = media.codec.clock_rate // SAMPLES_PER_SECOND
        self._is_by_packet[row] = media.codec is Codec.OPUS
        self._is_stale = True

    def speak(self, row: int) -> None:
        """Send without a gap from the next tick on: something is said in *row*."""
        if self._rests[row]:
            self._begin_spurt(row)

    def _begin_spurt(self, row: int) -> None:
        """Begin what a mark tells the peer is a new spurt of talk (RFC 3551 section 4.1)."""
        self._first_word[row] |= _MARKER
        self._is_marked = True
        self._due[row] = self._spoke_at[row] = self.clock
        self._rests[row] = False

    def note(self, rows: Rows, speaks: NDArray[np.bool_]) -> None:
        """Take note of which of *rows*, to which a packet goes now, something is said."""
        if speaks.all():
            self._spoke_at[rows] = self.clock
            return
        self._spoke_at[rows[speaks]] = self.clock
        silent = rows[~speaks]
        has_lasted = self.clock - self._spoke_at[silent] >= _LINGER
        resting = silent[has_lasted & self._may_rest[silent]]
        self._rests[resting] = True
        self._due[resting] = self.clock + _REST

    def aim(self, row: int, pair: int, target: Endpoint, *, is_plain: bool) -> None:
        """Let the packets of *row* go from a port pair to *target*, encrypted or not."""
        self.is_plain[row] = is_plain
        self.pairs[row] = pair
        self.outbox.aim(row, name_of(target), is_plain=is_plain)
        self._is_stale = True

    def hold(self, row: int) -> None:
        """Send nothing; the clock of the stream runs on."""
        self._is_sending[row] = False
        self._is_stale = True

    def is_sending(self, row: int) -> bool:
        """Say whether packets of *row* are sent."""
        return bool(self._is_sending[row])

    def due(self) -> Rows:
        """Give the rows for which a packet is to go now, those of a port pair together."""
        if self._is_stale:
            rows = np.flatnonzero(self._is_sending & ~self._is_by_packet)
            self._order = rows[np.argsort(self.pairs[rows], kind="stable")]
            self._is_stale = False
        is_due = self._due[self._order] <= self.clock
        return self._order if is_due.all() else self._order[is_due]

    def due_by_packet(self) -> list[int]:
        """Give the rows for which a packet is to go that is made elsewhere, in each tick."""
        return np.flatnonzero(self._is_sending & self._is_by_packet).tolist()

    def batches(self, rows: Rows) -> Iterator[tuple[Rows, int]]:
        """Divide *rows* by how many samples their packets carry, and set when the next ones go."""
        frames = self._frames[rows]
        self._due[rows] = self.clock + frames * FRAME
        for count in range(1, _MOST_FRAMES + 1):
            is_so_long = frames == count
            if is_so_long.any():
                yield rows if is_so_long.all() else rows[is_so_long], count * FRAME

    def in_noise(self, rows: Rows) -> NDArray[np.bool_]:
        """Say which of *rows* are sent comfort noise now."""
        rests = self._rests[rows]
        return rests & (self._noise[rows] != _NO_NOISE) if rests.any() else rests

    def timestamp(self, row: int) -> int:
        """Give the timestamp of this tick in *row*."""
        return int(self._offset[row] + self.clock * self._units[row]) & 0xFFFF_FFFF

    def timestamps(self, rows: Rows) -> NDArray[np.int64]:
        """Give the timestamps of this tick in *rows*."""
        timestamps: NDArray[np.int64] = (
            self._offset[rows] + self.clock * self._units[rows]
        ) & 0xFFFF_FFFF
        return timestamps

    def take_sequence_number(self, row: int, payload_octets: int) -> int:
        """Give the sequence number for a packet made elsewhere, and count that packet as sent."""
        number = int(self._sequence_number[row]) & 0xFFFF
        self._sequence_number[row] += 1
        self.packets[row] += 1
        self.octets[row] += payload_octets
        return number

    def packet(self, row: int, payload: bytes) -> bytes:
        """Make the packet of *row* whose payload was made elsewhere, and count it as sent."""
        first = int(self._first_word[row])
        self._first_word[row] = first & ~_MARKER
        return bytes(
            rtp.Packet(
                payload_type=first >> _PAYLOAD_TYPE_AT & 0x7F,
                marker=bool(first & _MARKER),
                sequence_number=self.take_sequence_number(row, len(payload)),
                timestamp=self.timestamp(row),
                ssrc=int(self.ssrc[row]),
                payload=payload,
            )
        )

    def begin_noise(self, rows: Rows, octets: int) -> None:
        """Make the headers of packets of comfort noise, and set when the next ones go."""
        self._begin(rows, _FIRST_WORD | self._noise[rows] << _PAYLOAD_TYPE_AT, octets)
        self._due[rows] = self.clock + _REST

    def _begin(self, rows: Rows, first_words: NDArray[np.int64], octets: int) -> None:
        number, headers = self._sequence_number[rows], self.outbox.headers
        headers[rows, 0] = first_words | (number & 0xFFFF)
        headers[rows, 1] = (self._offset[rows] + self.clock) & 0xFFFF_FFFF
        self._sequence_number[rows] = number + 1
        self.packets[rows] += 1
        self.octets[rows] += octets

    def begin_packets(self, rows: Rows, samples: int) -> None:
        """Make the headers of packets of *rows* with so many *samples*, and count them as sent."""
        self._begin(rows, self._first_word[rows], samples)
        if self._is_marked:
            self._first_word[rows] &= ~_MARKER
            self._is_marked = bool((self._first_word[self._order] & _MARKER).any())

"""What is heard of all calls, as arrays: plain packets of known peers are taken many at once.

A packet is plain where nothing about it is new: it comes from where the call's peer is, of the
source that was heard last, with audio of the codec agreed on, near in sequence; with SRTP it is
authentic besides. Everything else (a first packet, a key, another source, a header with more in
it) goes the long way, one by one, through ``Session``; whatever that changes is put back here with
``resume``.

One row more than there are calls stands for packets of nobody: it never expects any.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.core.instants import Instant
from umbel.media import rtp
from umbel.media.rtp import Reception
from umbel.media.srtp import Unprotectors

from .batches import Inbox, Rows, different
from .recording import Recorder
from .tones import Tones

Slots = NDArray[np.intp]

_VERSION_AND_TYPE: Final = 0xFF7F_0000
"""Of the first word of a header, all but the marker and the sequence number."""
_FIRST_WORD: Final = rtp.VERSION << 30
_NOTHING: Final = 1
"""A first word that no packet of RTP has."""
_PAYLOAD_TYPE_AT: Final = 16
_TIMESTAMP_WRAP: Final = 1 << 32
_TIMESTAMP_HALF: Final = 1 << 31


class Hearing:
    """The receiving halves of all calls."""

    def __init__(
        self, rows: int, recorder: Recorder, tones: Tones, unprotectors: Unprotectors
    ) -> None:
        self._recorder = recorder
        self._tones = tones
        self._unprotectors = unprotectors
        self._nobody = rows
        self.refused = np.zeros(rows, np.int64)
        """Packets of each call, taken many at once, that were not authentic or came before."""
        self._expected = np.full(rows + 1, _NOTHING, np.uint32)
        """The first word of plain packets."""
        self._ssrc = np.zeros(rows + 1, np.uint32)
        self._overhead = np.zeros(rows + 1, np.intp)
        """Octets that SRTP adds."""
        self._is_mixed = np.zeros(rows + 1, np.bool_)
        """In the tick that is being heard: the call has sent something that is not plain."""
        self._place = np.zeros(rows + 1, np.intp)
        self._receptions: dict[int, Reception] = {}
        """Of the sources whose figures are here for now."""
        self._highest = np.zeros(rows + 1, np.int64)
        self._received = np.zeros(rows, np.int64)
        self.heard_at = np.zeros(rows, np.float64)
        """The instant at which something came last, of those that something came of."""
        self._transit = np.zeros(rows, np.float64)
        self._jitter = np.zeros(rows, np.float64)

    def open(self, row: int) -> None:
        """Begin a call in *row*."""
        self.refused[row] = 0

    def resume(self, row: int, reception: Reception, ssrc: int, payload_type: int) -> None:
        """Take plain packets of one source of *row* from now on."""
        figures = reception.figures
        if figures is None:
            return
        self._receptions[row] = reception
        self._highest[row], self._received[row], self._transit[row], self._jitter[row] = figures
        self._ssrc[row], self._overhead[row] = ssrc, self._unprotectors.overhead[row]
        self._expected[row] = _FIRST_WORD | payload_type << _PAYLOAD_TYPE_AT

    def pause(self, row: int) -> None:
        """Take nothing more of *row*, and give its source back what was counted here."""
        if self._expected[row] != _NOTHING:
            self._expected[row] = _NOTHING
            self._receptions.pop(row).figures = self._figures(row)

    def report(self, row: int) -> None:
        """Let the source of *row* know what was counted so far."""
        if self._expected[row] != _NOTHING:
            self._receptions[row].figures = self._figures(row)

    def hear(self, inbox: Inbox, rows: Rows, now: Instant) -> Slots:
        """
        Take every plain packet of the tick; give the slots of all others.

        *rows* has the row of each packet, less than 0 where nobody is known by its address.
        """
        rows = np.where(rows < 0, self._nobody, rows)
        words, lengths = inbox.header_words(), inbox.lengths
        near = (words[:, 0].astype(np.int64) - self._highest[rows]).astype(np.int16)
        is_plain = self._is_plain(words, rows, lengths, near)
        if is_plain.all():
            taken = np.arange(len(rows))
        else:
            # Whatever else a call has sent in this tick is looked at in the order in which it came.
            self._is_mixed[rows[~is_plain]] = True
            is_plain &= ~self._is_mixed[rows]
            self._is_mixed[rows] = False
            taken = np.flatnonzero(is_plain)
        for wave in self._waves(rows[taken]):
            slots = taken if wave is None else taken[wave]
            self._take(inbox, slots, rows[slots], words[slots], now)
        return np.flatnonzero(~is_plain)

    def _is_plain(
        self,
        words: NDArray[np.uint32],
        rows: Rows,
        lengths: NDArray[np.uint32],
        near: NDArray[np.int16],
    ) -> NDArray[np.bool_]:
        is_plain: NDArray[np.bool_] = (
            ((words[:, 0] & _VERSION_AND_TYPE) == self._expected[rows])
            & (words[:, 2] == self._ssrc[rows])
            & (lengths > rtp.HEADER_OCTETS + self._overhead[rows])
            & (near > -Reception.MAX_MISORDER)
            & (near < Reception.MAX_DROPOUT)
        )
        return is_plain

    def _take(
        self, inbox: Inbox, slots: Slots, rows: Rows, words: NDArray[np.uint32], now: Instant
    ) -> None:
        """Take packets, one of each row."""
        lengths = inbox.lengths[slots].astype(np.intp) - rtp.HEADER_OCTETS
        overhead = self._overhead[rows]
        if overhead.any():
            lengths -= overhead
            is_good = self._decrypted(inbox, slots, rows, lengths)
            if not is_good.all():
                slots, rows = slots[is_good], rows[is_good]
                words, lengths = words[is_good], lengths[is_good]
        highest = self._highest[rows]
        numbers = highest + (words[:, 0].astype(np.int64) - highest).astype(np.int16)
        stamps = words[:, 1].astype(np.int64)
        self._highest[rows] = np.maximum(highest, numbers)
        self._received[rows] += 1
        self.heard_at[rows] = now
        self._measure_jitter(rows, stamps, now)
        is_heard = self._is_heard(rows)
        for length in different(lengths[is_heard]):
            wanted = np.flatnonzero(is_heard & (lengths == length))
            payloads = inbox.payloads(slots[wanted], length)
            of = rows[wanted]
            self._recorder.put(of, numbers[wanted], stamps[wanted], payloads)
            self._tones.put(of, numbers[wanted], stamps[wanted], payloads)

    def _is_heard(self, rows: Rows) -> NDArray[np.bool_]:
        """Say whose audio somebody listens to."""
        is_heard: NDArray[np.bool_] = self._recorder.is_recording[rows]
        return is_heard | self._tones.is_listening[rows]

    def _decrypted(
        self, inbox: Inbox, slots: Slots, rows: Rows, lengths: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Say which packets are good; decrypt, where they lie, those that are recorded."""
        is_good = np.ones(len(rows), np.bool_)
        overhead = self._overhead[rows]
        tags = self._unprotectors.tag_octets[rows]
        kinds = np.where(overhead > 0, lengths << 16 | tags << 8 | overhead, 0)
        for kind in different(kinds):
            if not kind:
                continue
            chosen = np.flatnonzero(kinds == kind)
            whole = rtp.HEADER_OCTETS + (kind >> 16) + (kind & 0xFF)
            self._open(inbox, slots[chosen], rows[chosen], whole, is_good, chosen)
        return is_good

    def _open(
        self,
        inbox: Inbox,
        slots: Slots,
        rows: Rows,
        whole: int,
        is_good: NDArray[np.bool_],
        places: Slots,
    ) -> None:
        packets = inbox.data[slots, :whole]
        good, indexes = self._unprotectors.check(rows, packets)
        is_good[places] = good
        np.add.at(self.refused, rows[~good], 1)
        wanted = good & self._is_heard(rows)
        end = whole - int(self._overhead[rows[0]])
        payloads = packets[wanted, rtp.HEADER_OCTETS : end]
        opened = self._unprotectors.decrypt(rows[wanted], indexes[wanted], payloads)
        inbox.data[slots[wanted], rtp.HEADER_OCTETS : end] = opened

    def _measure_jitter(self, rows: Rows, stamps: NDArray[np.int64], now: Instant) -> None:
        """RFC 3550 section A.8, as ``Reception`` does it."""
        transit = now * Reception.CLOCK_RATE - stamps
        moved = (transit - self._transit[rows] + _TIMESTAMP_HALF) % _TIMESTAMP_WRAP
        moved = np.abs(moved - _TIMESTAMP_HALF)
        jitter = self._jitter[rows]
        self._jitter[rows] = jitter + (moved - jitter) / 16
        self._transit[rows] = transit

    def _figures(self, row: int) -> tuple[int, int, float, float]:
        return (
            int(self._highest[row]),
            int(self._received[row]),
            float(self._transit[row]),
            float(self._jitter[row]),
        )

    def _waves(self, rows: Rows) -> Iterator[NDArray[np.intp] | None]:
        """Give the places of *rows* in waves, in each a row at most once; ``None``: all at once."""
        places = np.arange(len(rows))
        self._place[rows] = places
        if (self._place[rows] == places).all():
            if len(rows):
                yield None
            return
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        is_first = np.ones(len(rows), np.bool_)
        is_first[1:] = ordered[1:] != ordered[:-1]
        rank = places - np.maximum.accumulate(np.where(is_first, places, 0))
        for number in range(int(rank.max()) + 1):
            yield order[rank == number]

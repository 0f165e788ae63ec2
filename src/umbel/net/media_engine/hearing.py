"""What is heard of all calls, as arrays: plain packets of known peers are taken many at once.

A packet is plain where nothing about it is new: it comes from where the call's peer is, of the
source that was heard last, with audio of the codec agreed on, near in sequence. Everything else
(a first packet, a key, another source, a header with more in it) goes the long way, one by one,
through ``Session``; whatever that changes is put back here with ``resume``.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umbel.core.instants import Instant
from umbel.media import rtp
from umbel.media.rtp import Reception

from .batches import DENSE, Inbox
from .recording import Recorder

Rows = NDArray[np.intp]
Slots = NDArray[np.intp]

_PLAIN_FIRST_OCTET: Final = rtp.VERSION << 6
_PAYLOAD_TYPE: Final = 0x7F
_WRAP: Final = 1 << 16
_HALF: Final = 1 << 15
_TIMESTAMP_WRAP: Final = 1 << 32
_TIMESTAMP_HALF: Final = 1 << 31


class Hearing:
    """The receiving halves of all calls."""

    def __init__(self, rows: int, recorder: Recorder) -> None:
        self._recorder = recorder
        self._is_ready = np.zeros(rows, np.bool_)
        self._payload_type = np.zeros(rows, np.uint8)
        self._ssrc = np.zeros(rows, np.uint32)
        self._is_mixed = np.zeros(rows, np.bool_)
        """In the tick that is being heard: the call has sent something that is not plain."""
        self._receptions: dict[int, Reception] = {}
        """Of the sources whose figures are here for now."""
        self._highest = np.zeros(rows, np.int64)
        self._received = np.zeros(rows, np.int64)
        self._transit = np.zeros(rows, np.float64)
        self._jitter = np.zeros(rows, np.float64)

    def resume(self, row: int, reception: Reception, ssrc: int, payload_type: int) -> None:
        """Take plain packets of one source of *row* from now on."""
        figures = reception.figures
        if figures is None:
            return
        self._receptions[row] = reception
        self._highest[row], self._received[row], self._transit[row], self._jitter[row] = figures
        self._ssrc[row], self._payload_type[row] = ssrc, payload_type
        self._is_ready[row] = True

    def pause(self, row: int) -> None:
        """Take nothing more of *row*, and give its source back what was counted here."""
        if self._is_ready[row]:
            self._is_ready[row] = False
            self._receptions.pop(row).figures = self._figures(row)

    def report(self, row: int) -> None:
        """Let the source of *row* know what was counted so far."""
        if self._is_ready[row]:
            self._receptions[row].figures = self._figures(row)

    def hear(self, inbox: Inbox, rows: Rows, now: Instant) -> Slots:
        """
        Take every plain packet of the tick; give the slots of all others.

        *rows* has the row of each packet, less than 0 where nobody is known by its address.
        """
        known = np.flatnonzero(rows >= 0)
        headers = np.ascontiguousarray(inbox.data[known, : rtp.HEADER_OCTETS])
        fields = headers.view(rtp.HEADER).reshape(-1)
        is_plain = self._is_plain(fields, rows[known], inbox.lengths[known])
        # Whatever else a call has sent in this tick is looked at in the order in which it came.
        self._is_mixed[rows[known[~is_plain]]] = True
        is_plain &= ~self._is_mixed[rows[known]]
        self._is_mixed[rows[known]] = False
        is_taken = np.zeros(len(rows), np.bool_)
        taken = known[is_plain]
        is_taken[taken] = True
        plain = fields[is_plain]
        for wave in _waves(rows[taken]):
            self._take(inbox, taken[wave], rows[taken[wave]], plain[wave], now)
        return np.flatnonzero(~is_taken)

    def _is_plain(
        self, fields: NDArray[np.void], rows: Rows, lengths: NDArray[np.uint32]
    ) -> NDArray[np.bool_]:
        near = _distance(fields["sequence_number"], self._highest[rows])
        is_plain: NDArray[np.bool_] = (
            self._is_ready[rows]
            & (fields["first"] == _PLAIN_FIRST_OCTET)
            & ((fields["second"] & _PAYLOAD_TYPE) == self._payload_type[rows])
            & (fields["ssrc"] == self._ssrc[rows])
            & (lengths > rtp.HEADER_OCTETS)
            & (lengths <= DENSE)
            & (near > -Reception.MAX_MISORDER)
            & (near < Reception.MAX_DROPOUT)
        )
        return is_plain

    def _take(
        self, inbox: Inbox, slots: Slots, rows: Rows, fields: NDArray[np.void], now: Instant
    ) -> None:
        """Take packets, one of each row."""
        highest = self._highest[rows]
        numbers = highest + _distance(fields["sequence_number"], highest)
        stamps = fields["timestamp"].astype(np.int64)
        self._highest[rows] = np.maximum(highest, numbers)
        self._received[rows] += 1
        self._measure_jitter(rows, stamps, now)
        is_recorded = self._recorder.is_recording[rows]
        if not is_recorded.any():
            return
        octets = inbox.lengths[slots].astype(np.intp) - rtp.HEADER_OCTETS
        for length in np.unique(octets[is_recorded]).tolist():
            chosen = np.flatnonzero(is_recorded & (octets == length))
            payloads = inbox.data[slots[chosen], rtp.HEADER_OCTETS : rtp.HEADER_OCTETS + length]
            of = rows[chosen]
            self._recorder.put(of, self._ssrc[of], numbers[chosen], stamps[chosen], payloads)

    def _measure_jitter(self, rows: Rows, stamps: NDArray[np.int64], now: Instant) -> None:
        """RFC 3550 section A.8, as ``Reception`` does it."""
        transit = now * Reception.CLOCK_RATE - stamps
        moved = (transit - self._transit[rows] + _TIMESTAMP_HALF) % _TIMESTAMP_WRAP
        moved = np.abs(moved - _TIMESTAMP_HALF)
        self._jitter[rows] += (moved - self._jitter[rows]) / 16
        self._transit[rows] = transit

    def _figures(self, row: int) -> tuple[int, int, float, float]:
        return (
            int(self._highest[row]),
            int(self._received[row]),
            float(self._transit[row]),
            float(self._jitter[row]),
        )


def _distance(numbers: NDArray[np.uint16], highest: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say how far each sequence number lies from the highest of its stream."""
    distance: NDArray[np.int64] = (numbers.astype(np.int64) - highest + _HALF) % _WRAP - _HALF
    return distance


def _waves(rows: Rows) -> Iterator[NDArray[np.intp]]:
    """Give the places of *rows* in waves: in each wave a row at most once, in their order."""
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    is_first = np.ones(len(rows), np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    if is_first.all():
        if len(rows):
            yield order
        return
    place = np.arange(len(rows))
    rank = place - np.maximum.accumulate(np.where(is_first, place, 0))
    for number in range(int(rank.max()) + 1):
        yield order[rank == number]

"""Keys that we press: one packet a tick, the audio stands aside meanwhile (RFC 4733).

A press waits while the call is held. Where no telephone events were agreed on it is not sent.
"""

from collections import deque
from typing import Final

from umbel.core.instants import Duration
from umbel.media import telephone_event
from umbel.media.rtp import Packet
from umbel.media.telephone_event import ScheduledPacket

from .senders import Senders

LONGEST: Final = 8.0
"""Seconds that one press can tell, in whole ticks."""

_TICKS_BETWEEN: Final = 3
"""Of audio between two presses, so that the same key twice is heard as two."""


class Pressing:
    """The presses that one call has yet to send."""

    def __init__(self) -> None:
        self._ticks: deque[ScheduledPacket | None] = deque()
        """For each tick its packet; ``None``: a tick of audio."""
        self._timestamp = 0

    def press(self, key: str, held: Duration, clock_rate: int) -> None:
        """Send *key* after those that wait."""
        self._ticks += telephone_event.press(key, held, clock_rate=clock_rate)
        self._ticks += [None] * _TICKS_BETWEEN

    def forget(self) -> None:
        """Send nothing of what waits."""
        self._ticks.clear()

    def is_idle(self) -> bool:
        """Say whether nothing waits."""
        return not self._ticks

    def next_packet(self, senders: Senders, row: int, payload_type: int) -> bytes | None:
        """Give the packet of this tick; ``None``: this tick is for audio."""
        scheduled = self._ticks.popleft()
        if scheduled is None:
            return None
        if scheduled.marker:
            self._timestamp = senders.timestamp(row)
        payload = bytes(scheduled.event)
        return bytes(
            Packet(
                payload_type=payload_type,
                marker=scheduled.marker,
                sequence_number=senders.take_sequence_number(row, len(payload)),
                timestamp=(self._timestamp + scheduled.segment) & 0xFFFF_FFFF,
                ssrc=int(senders.ssrc[row]),
                payload=payload,
            )
        )

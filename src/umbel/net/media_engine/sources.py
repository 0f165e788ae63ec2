"""Who is heard in one call: a source for each SSRC (RFC 3550 section 3), mostly a single one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from umbel.core.instants import Duration
from umbel.media.rtp import Reception
from umbel.media.telephone_event import KeyDetector

_MOST: Final = 4
"""A peer that mixes its streams anew has a new source each time; the oldest is forgotten."""


@dataclass(slots=True, eq=False)
class Source:
    """One stream of the peer."""

    ssrc: int
    reception: Reception = field(default_factory=Reception)
    keys: KeyDetector = field(default_factory=KeyDetector)


class Sources:
    """The streams of one call and what is told of all of them."""

    def __init__(self) -> None:
        self.latest: Source | None = None
        self._clock_rate = Reception.CLOCK_RATE
        self._known: dict[int, Source] = {}
        self._forgotten_received = 0
        self._forgotten_lost = 0

    def __iter__(self) -> Iterator[Source]:
        return iter(self._known.values())

    def change_clock(self, clock_rate: int) -> None:
        """Expect the clock of the codec that was agreed on last."""
        self._clock_rate = clock_rate
        for source in self:
            source.reception.change_clock(clock_rate)

    def knows(self, ssrc: int) -> bool:
        """Say whether the source was heard before."""
        return ssrc in self._known

    def of(self, ssrc: int) -> Source:
        """Give the source of a packet, from which something has just come."""
        if self.latest is not None and self.latest.ssrc == ssrc:
            return self.latest
        if ssrc not in self._known:
            self._add(Source(ssrc, Reception(self._clock_rate)))
        self.latest = self._known[ssrc]
        return self.latest

    def _add(self, source: Source) -> None:
        if len(self._known) == _MOST:
            oldest = self._known.pop(next(iter(self._known)))
            self._forgotten_received += oldest.reception.received
            self._forgotten_lost += oldest.reception.lost
        self._known[source.ssrc] = source

    @property
    def received(self) -> int:
        """Count the packets."""
        return self._forgotten_received + sum(one.reception.received for one in self)

    @property
    def lost(self) -> int:
        """Count the packets that are missing, as far as sequence numbers tell."""
        return max(0, self._forgotten_lost + sum(one.reception.lost for one in self))

    @property
    def jitter(self) -> Duration:
        """Give the jitter of the latest source."""
        return self.latest.reception.jitter if self.latest is not None else 0.0

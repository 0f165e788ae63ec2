"""Where the packets of a stream may come from, and where ours go: agreed, learnt, or followed.

A peer behind NAT cannot know its own address. Where signalling allows it, the first packet that
proves valid settles the address; and as the NAT may give the peer another one in mid-call, the
stream is followed there by a packet that continues it (``Trail``). Without that permission no
packet ever changes an address.
"""

from dataclasses import dataclass
from typing import Final

from umbel.core.instants import Duration, Instant
from umbel.media.rtp import Reception, extended

from .names import Endpoint, canonical

SILENT: Final[Duration] = 0.2
"""Seconds without a packet, after which a plain stream may go on from elsewhere."""

_UNDER_WAY: Final = 50
"""Packets, of a second, that may come from an address of before when signalling names another."""
_MOST_PACKETS: Final = 100
"""Of a second: 10 ms in each, the shortest there are."""
_SPARE: Final = 3
"""Packets that may have come by unevenness."""
_SLACK: Final[Duration] = 1.0
"""Seconds by which the clock of the sender may have gone wrong meanwhile."""
_TIMESTAMP_WRAP: Final = 1 << 32
_TIMESTAMP_HALF: Final = 1 << 31


class Origin:
    """The peer's address of one stream, as signalling agrees on it or lets us learn it."""

    def __init__(self, address: str, port: int, *, learns: bool) -> None:
        host = canonical(address)
        self.agreed = (address, port)
        self.learns = learns
        self.target: Endpoint | None = (host, port) if host is not None and port else None
        """Where our packets go; ``None``: nowhere, the peer has no use for them."""
        self.is_settled = not learns
        self._is_closed = port == 0
        self._named = self.target
        self._former: Endpoint | None = None
        self._late = 0
        """Packets that may still come from the former address."""

    def renewed(self, address: str, port: int, *, learns: bool) -> "Origin":
        """Give the address that signalling agrees on now, which is this one where it says the same."""
        if self.agreed == (address, port) and self.learns == learns:
            return self
        origin = Origin(address, port, learns=learns)
        if origin.target != self.target:
            origin._former, origin._late = self.target, _UNDER_WAY
        return origin

    def admits(self, source: Endpoint) -> bool:
        """Say whether a packet from *source* may belong to the stream."""
        return not self._is_closed and (
            source == self.target or not self.is_settled or self._is_named(source)
        )

    def _is_named(self, source: Endpoint) -> bool:
        """Say whether signalling has named *source*, even if somebody else was heard first."""
        return self.learns and source == self._named

    @property
    def may_move(self) -> bool:
        """Say whether the stream may go on from an address that nobody has named."""
        return self.learns and self.is_settled and not self._is_closed

    def settle(self, source: Endpoint) -> None:
        """
        Take *source*, whose packet was valid, for the address, unless one is settled.

        The address that signalling names always is. The one of before is only if packets come from
        it for longer than some that were under way.
        """
        if not self._is_named(source):
            if self.is_settled:
                return
            if source == self._former and self._late:
                self._late -= 1
                return
        self.target = source
        self.is_settled = True

    def follow(self, source: Endpoint) -> None:
        """Take *source*, whose packet has continued the stream, for the address from now on."""
        self.target = source
        self._named = None  # The stream was there, and has gone on from it.

    def unsettle(self) -> None:
        """Learn the address anew, where that is allowed; until then it stays what it is."""
        self.is_settled = not self.learns


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """
    How far a stream has come, and where its next packets therefore are.

    Whoever has not heard the stream would have to guess its SSRC (32 bits), its timestamp to three
    seconds (17 bits more), and its sequence number to what can have been sent since (11 bits where
    it was silent for 0.2 s, never less than 4), while it is silent, with 800 guesses a second.
    """

    ssrc: int
    highest: int
    """The highest extended sequence number."""
    timestamp: float
    """Of the packet that came last, in units of the clock."""
    clock_rate: int
    silent: Duration
    """How long ago that was, in seconds."""

    @classmethod
    def of(cls, ssrc: int, reception: Reception, heard_at: Instant, now: Instant) -> "Trail | None":
        """Give the trail of a source; ``None``: nothing has come of it."""
        figures = reception.figures
        if figures is None:
            return None
        highest, _, transit, _ = figures
        rate = reception.clock_rate
        return cls(
            ssrc=ssrc,
            highest=highest,
            timestamp=heard_at * rate - transit,
            clock_rate=rate,
            silent=now - heard_at,
        )

    def is_of(self, ssrc: int) -> bool:
        """Say whether a packet with *ssrc* may be one of the stream."""
        return ssrc == self.ssrc

    def is_ahead(self, sequence_number: int) -> bool:
        """Say whether a packet is newer than all that came."""
        return 0 < extended(sequence_number, self.highest) - self.highest < Reception.MAX_DROPOUT

    def is_continued_by(self, ssrc: int, sequence_number: int, timestamp: int) -> bool:
        """Say whether a packet is what the stream, silent for a while, would go on with."""
        return (
            self.silent >= SILENT
            and self.is_of(ssrc)
            and self.is_ahead(sequence_number)
            and self._is_near(sequence_number)
            and self._is_timely(timestamp)
        )

    def _is_near(self, sequence_number: int) -> bool:
        ahead = extended(sequence_number, self.highest) - self.highest
        return ahead <= self.silent * _MOST_PACKETS + _SPARE

    def _is_timely(self, timestamp: int) -> bool:
        """Say whether the sender's clock has gone on, or stood still while it was silent."""
        moved = timestamp - self.timestamp
        moved = (moved + _TIMESTAMP_HALF) % _TIMESTAMP_WRAP - _TIMESTAMP_HALF
        slack = _SLACK * self.clock_rate
        return 0 < moved <= slack or abs(moved - self.silent * self.clock_rate) <= slack

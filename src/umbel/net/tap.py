"""Tells of all that passes between this node and its peers, for traces."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from umbel.core.instants import Clock, Instant
from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Hop, Source
from umbel.trace.entry import ConnectionEnd, Entry, Handshake, Passage, Untold

_MOST_OPTIONS: Final = 500
"""OPTIONS of one address that are told of in a second. Whoever asks oftener would push all else out of
the trace, and have us do more to remember the questions than to answer them."""

_OPTIONS: Final = b"OPTIONS "
_ANSWER: Final = b"SIP/2.0 "


class _OptionsOfASecond:
    """How many OPTIONS came from each address within the second, and which are not told of."""

    def __init__(self) -> None:
        self._second = 0
        self._counts: Counter[str] = Counter()
        self._untold = 0
        self._untold_in = 0
        """The second in which the last of them came."""
        self.is_untold = False
        """Whether the message that is being taken is not told of."""

    def has_too_many(self, address: str, now: Instant) -> bool:
        """Count one more."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._counts.clear()
        self._counts[address] += 1
        self.is_untold = self._counts[address] > _MOST_OPTIONS
        if self.is_untold:
            self._untold += 1
            self._untold_in = second
        return self.is_untold

    def settle(self, clock: Clock) -> int:
        """End the taking of a message; give the number of those untold, once their second is over."""
        self.is_untold = False
        if not self._untold or int(clock.now()) == self._untold_in:
            return 0
        untold, self._untold = self._untold, 0
        return untold


class Tap:
    """
    Makes an entry of each message, handshake and end; does nothing where nobody listens.

    Of OPTIONS that come too fast, and of the answers that they get at once, it tells the number.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.watcher: Callable[[Entry], None] | None = None
        self._options = _OptionsOfASecond()

    def received(self, octets: bytes, source: Source, problem: str = "") -> None:
        """Tell of a message that came, or of bytes that are none."""
        if self.watcher is None:
            return
        may_be_untold = not problem and octets.startswith(_OPTIONS)
        if may_be_untold and self._options.has_too_many(source.address, self._clock.now()):
            return
        self._pass(octets, source, sent_by_us=False, problem=problem)

    def answered(self) -> None:
        """Take note that whoever takes messages has done with the one that came last."""
        if (untold := self._options.settle(self._clock)) and self.watcher is not None:
            self.watcher(Untold(at=self._clock.wall(), count=untold))

    def sent(self, octets: bytes, to: Source, domain: str) -> None:
        """Tell of a message that was handed to the network; *to* is whom answers come from."""
        if self._options.is_untold and octets.startswith(_ANSWER):
            return
        self._pass(octets, to, sent_by_us=True, domain=domain)

    def failed(self, octets: bytes, hop: Hop, reason: str) -> None:
        """Tell of a message that did not arrive, as far as is known."""
        if self.watcher is not None:
            self.watcher(
                Passage(
                    at=self._clock.wall(),
                    transport=hop.transport,
                    local=("", 0),
                    remote=(hop.address, hop.port),
                    sent_by_us=True,
                    octets=octets,
                    connection=hop.connection or "",
                    domain=hop.domain,
                    problem=reason,
                )
            )

    def shaken(self, connection: str, report: HandshakeReport) -> None:
        """Tell of a handshake that succeeded or failed."""
        if self.watcher is not None:
            self.watcher(Handshake(at=self._clock.wall(), connection=connection, report=report))

    def ended(self, source: Source, detail: str) -> None:
        """Tell of a connection that ended."""
        if self.watcher is not None:
            self.watcher(
                ConnectionEnd(
                    at=self._clock.wall(),
                    connection=source.connection or "",
                    transport=source.transport,
                    local=(source.local_address, source.local_port),
                    remote=(source.address, source.port),
                    detail=detail,
                )
            )

    def _pass(
        self,
        octets: bytes,
        peer: Source,
        *,
        sent_by_us: bool,
        domain: str = "",
        problem: str = "",
    ) -> None:
        if self.watcher is not None:
            self.watcher(
                Passage(
                    at=self._clock.wall(),
                    transport=peer.transport,
                    local=(peer.local_address, peer.local_port),
                    remote=(peer.address, peer.port),
                    sent_by_us=sent_by_us,
                    octets=octets,
                    connection=peer.connection or "",
                    domain=domain,
                    problem=problem,
                )
            )

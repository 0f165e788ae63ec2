"""Tells of all that passes between this node and its peers, for traces."""

from collections.abc import Callable

from umbel.core.instants import Clock
from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Hop, Source
from umbel.trace.entry import ConnectionEnd, Entry, Handshake, Passage


class Tap:
    """Makes an entry of each message, handshake and end; does nothing where nobody listens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.watcher: Callable[[Entry], None] | None = None

    def received(self, octets: bytes, source: Source, problem: str = "") -> None:
        """Tell of a message that came, or of bytes that are none."""
        self._pass(octets, source, sent_by_us=False, problem=problem)

    def sent(self, octets: bytes, to: Source, domain: str) -> None:
        """Tell of a message that was handed to the network; *to* is whom answers come from."""
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

"""Which accepted connections may stay, decided before a byte of them is read."""

from collections.abc import Callable

from umbel.core.instants import Clock
from umbel.sip.hop import Transport

from .connection_table import ConnectionTable
from .layer import Address
from .limits import ConnectionLimits
from .pace import Pace
from .party import party_of
from .stream import StreamConnection

RefusalWatcher = Callable[[Address, str], None]
"""Takes who was turned away, and why."""


class Admission:
    """Turns away connections that are too many or come too fast."""

    def __init__(self, limits: ConnectionLimits, clock: Clock, living: ConnectionTable) -> None:
        self.refused = 0
        """Connections turned away."""
        self.watcher: RefusalWatcher = lambda _address, _reason: None
        self._limits, self._clock, self._living = limits, clock, living
        self._handshakes = Pace(
            per_second=limits.handshakes_per_second, at_once=limits.handshakes_at_once
        )

    def admits(self, connection: StreamConnection) -> bool:
        """Say whether a connection that was just accepted may stay."""
        reason = self._objection(connection)
        if reason:
            self.refused += 1
            self.watcher(connection.ends.remote, reason)
        return not reason

    def _objection(self, connection: StreamConnection) -> str:
        limits, party = self._limits, party_of(connection.ends.remote[0])
        if self._living.accepted >= limits.connections:
            return f"{limits.connections} connections live already"
        if self._living.accepted_from(party) >= limits.connections_per_address:
            return f"{limits.connections_per_address} connections of {party} live already"
        is_tls = connection.origin.transport is Transport.TLS
        if is_tls and not self._handshakes.allows(party, self._clock.now()):
            return (
                f"{party} began more than {limits.handshakes_per_second:g} TLS handshakes a second"
            )
        return ""

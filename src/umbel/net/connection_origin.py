"""What tells connections apart before they are open."""

from dataclasses import dataclass

from umbel.identity.demands import OurDemand
from umbel.identity.handshake import Role
from umbel.sip.hop import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionKey:
    """Connections with the same key lead to the same peer and may stand for each other.

    The reference names and their rule are part of it (RFC 5923 section 9.3): a peer that proved to
    be one is not used for another. So is the identity that we showed, which may have been renewed:
    a peer that accepted the old certificate may refuse the new one, or the reverse, and a probe
    over the old connection would call a cure useless, or a mistake harmless, until it is closed.
    """

    transport: Transport
    address: str
    port: int
    domain: str = ""
    demand: OurDemand | None = None
    """What the peer has to prove; ``None`` without TLS."""
    identity: int = 0

    def is_of_same_peer(self, other: "ConnectionKey") -> bool:
        """Say whether both ask the same of the peer, wherever it is."""
        return (self.domain, self.demand) == (other.domain, other.demand)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOrigin:
    """What is known of a connection before it is open."""

    name: str
    transport: Transport
    role: Role
    key: ConnectionKey | None = None
    """Where we opened it to; ``None`` for an accepted one."""

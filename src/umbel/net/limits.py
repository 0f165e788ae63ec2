"""How much of this machine a peer may use before, and after, it has shown who it is."""

from dataclasses import dataclass

from umbel.core.instants import Duration
from umbel.sip.limits import LIMITS, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits of TCP and TLS connections. All times are in seconds."""

    message: Limits = LIMITS
    """Of each message; one that is larger cannot be skipped, so its connection is closed."""
    connections: int = 5000
    """Accepted connections in all."""
    connections_per_address: int = 500
    """Accepted connections from one address."""
    opening: Duration = 5.0
    """For the TCP connection that we open to be taken."""
    handshake: Duration = 10.0
    """For the whole TLS handshake."""
    confirmation: Duration = 2.0
    """How long a new connection may be refused after its handshake, until it counts as up: a
    TLS 1.3 server judges our certificate after we believe in success."""
    half_message: Duration = 10.0
    """From the first byte of a message to its last."""
    silence: Duration = 300.0
    """For an accepted connection to bring its first message."""
    idle: Duration = 1800.0
    """Without a byte in either direction; then the connection is closed in good order."""
    unacknowledged: Duration = 20.0
    """For the peer's machine to acknowledge what was sent; then the connection counts as lost."""
    closing: Duration = 2.0
    """For a closed connection to take what it was still to be told; then it is cut."""
    unread: int = 262_144
    """Bytes that may wait for a peer that does not read; beyond, the connection is cut."""

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
    """Accepted connections from one address; of IPv6, from one /64 network."""
    handshakes_per_second: float = 50.0
    """TLS handshakes that one address may begin; each costs us about two milliseconds."""
    handshakes_at_once: float = 200.0
    """TLS handshakes that one address may begin before its pace counts: a peer that restarts."""
    opening: Duration = 5.0
    """For the TCP connection that we open to be taken."""
    handshake: Duration = 10.0
    """For the whole TLS handshake."""
    handshake_octets: int = 262_144
    """Bytes that a peer may send before the handshake is done; long chains have 20,000."""
    first_octets: int = 131_072
    """Bytes that whoever has not proved who it is may send before a message of it is let in."""
    confirmation: Duration = 2.0
    """How long a new connection may be refused after its handshake, until it counts as up: a
    TLS 1.3 server judges our certificate after we believe in success."""
    half_message: Duration = 10.0
    """From the first byte of a message to its last."""
    silence: Duration = 120.0
    """For an accepted connection to bring anything, once a good certificate says whose it is."""
    silence_of_strangers: Duration = 20.0
    """For any other to bring a message that is let in; whole ones that are refused do not count."""
    idle: Duration = 1800.0
    """Without a byte in either direction; then the connection is closed in good order."""
    unacknowledged: Duration = 20.0
    """For the peer's machine to acknowledge what was sent; then the connection counts as lost."""
    closing: Duration = 2.0
    """For a closed connection to take what it was still to be told; then it is cut."""
    unread: int = 262_144
    """Bytes that may wait for a peer that does not read; beyond, the connection is cut."""

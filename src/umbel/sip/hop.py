"""Where a message goes to and where it came from, as far as SIP needs to know (RFC 3261 section 18)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Transport(StrEnum):
    """A transport protocol, as a Via names it."""

    UDP = "UDP"
    TCP = "TCP"
    TLS = "TLS"

    @property
    def is_reliable(self) -> bool:
        """Say whether the transport repeats lost packets by itself (RFC 3261 section 17)."""
        return self is not Transport.UDP

    @property
    def default_port(self) -> int:
        """Give the port that a URI without one means (RFC 3261 section 19.1.2)."""
        return 5061 if self is Transport.TLS else 5060


class HandshakeOutcome(Protocol):
    """What SIP may know of a TLS handshake; ``identity.handshake`` has the whole report."""

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """The certificates that the peer sent, DER, leaf first; empty where it sent none."""
        ...

    @property
    def is_verified(self) -> bool:
        """Whether the peer sent a certificate and its chain was found good."""
        ...

    @property
    def verify_text(self) -> str:
        """What is wrong with the chain, in OpenSSL's words; empty where nothing is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One place that a message can be sent to."""

    transport: Transport
    address: str
    """An IP address as text, without brackets."""
    port: int
    domain: str = ""
    """The name before DNS resolution: TLS server name and reference identity (RFC 5922, 7.3)."""
    connection: str | None = None
    """A living connection to prefer; where it is gone, a new one is opened."""
    local: tuple[str, int] | None = None
    """Our address and port to send from by UDP: an answer leaves where its request came to."""


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Source:
    """Where a message came from, and by which connection."""

    transport: Transport
    address: str
    port: int
    local_address: str
    local_port: int
    connection: str | None = None
    """Names the connection for as long as it lives; ``None`` for UDP."""
    handshake: HandshakeOutcome | None = None
    """The TLS handshake of that connection; ``None`` without TLS."""

    @property
    def local(self) -> tuple[str, int]:
        """Our address and port that it came to."""
        return self.local_address, self.local_port

    def hop_back(self) -> Hop:
        """Give the hop that leads back the way the message came."""
        return Hop(
            transport=self.transport,
            address=self.address,
            port=self.port,
            connection=self.connection,
            local=self.local,
        )

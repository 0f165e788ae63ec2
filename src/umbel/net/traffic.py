"""How much SIP has passed on a connection, and who ended it: the last words of a report."""

from dataclasses import dataclass, replace
from typing import Final

from umbel.identity.handshake import Closer, Ending, HandshakeReport

_BY_PEER: Final = (Ending.REFUSED_BY_PEER, Ending.CLOSED_BY_PEER, Ending.RESET_BY_PEER)


@dataclass(slots=True)
class Traffic:
    """Bytes of SIP in each direction, and what came of them."""

    received: int = 0
    sent: int = 0
    shaken: int = 0
    """Bytes that came in the handshake, of TLS."""
    is_welcome: bool = False
    """Whether a message of the peer was let in, by whoever takes messages."""
    is_coming: bool = False
    """Whether bytes are just being taken: what answers them waits for the last of them."""

    @property
    def has_come(self) -> bool:
        """Whether the peer has sent any."""
        return self.received > 0

    def added_to(self, report: HandshakeReport) -> HandshakeReport:
        """Give the report with what has passed so far."""
        return replace(report, sip_received=self.received, sip_sent=self.sent)


def closer_of(ending: Ending | None) -> Closer:
    """Say who closes a connection that ends so; ``None`` is a decision of our own."""
    return Closer.PEER if ending in _BY_PEER else Closer.US

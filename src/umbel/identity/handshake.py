"""What is known of one TLS handshake, whichever side opened it and however it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from umbel.core.instants import Duration


class Role(StrEnum):
    """Our part in the handshake."""

    CLIENT = "client"
    SERVER = "server"


class Ending(StrEnum):
    """How the handshake ended."""

    SUCCEEDED = "succeeded"
    REFUSED_BY_US = "refused by us"
    REFUSED_BY_PEER = "refused by the peer"
    """An alert came from the peer, in the handshake or instead of its first message."""
    CLOSED_BY_PEER = "closed by the peer"
    RESET_BY_PEER = "reset by the peer"
    TIMED_OUT = "timed out"
    NOT_TLS = "the peer does not speak TLS"


class Closer(StrEnum):
    """Who ended a connection."""

    US = "us"
    PEER = "the peer"
    NETWORK = "the network"
    """Neither: the other machine, or the way to it, is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One TLS alert (RFC 8446 section 6)."""

    sent_by_us: bool
    description: str
    """Its name in RFC 8446, such as ``unknown_ca``; ``alert 123`` where it has none."""
    is_fatal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One handshake message, when it went or came."""

    sent_by_us: bool
    message: str
    """Its name in RFC 8446 or RFC 5246, such as ``CertificateVerify``."""
    after: Duration
    """Seconds since the handshake began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandshakeReport:
    """Everything that a connection's handshake showed."""

    role: Role
    local: tuple[str, int]
    remote: tuple[str, int]
    at: datetime
    took: Duration
    ending: Ending
    detail: str = ""
    """One sentence with the evidence, such as OpenSSL's reason or the first bytes of a non-TLS peer."""
    versions_offered: tuple[str, ...] = ()
    """What the client offers, whichever side that is, as ``TLSv1.3``; where it names no list, as
    before TLS 1.3, the highest alone. Empty where its ClientHello was not seen."""
    version: str | None = None
    """What the server chose; ``None`` where it came to no choice."""
    ciphers_offered: tuple[str, ...] = ()
    """The client's cipher suites in its order, by the names of the RFCs."""
    cipher: str | None = None
    """The server's choice, by the RFCs' name too; ``None`` where it came to none."""
    server_name: str | None = None
    """The name asked for (SNI): ours as a client, the peer's as a server."""
    own_chain: tuple[bytes, ...] = ()
    """The certificates that we presented, DER, leaf first."""
    peer_chain: tuple[bytes, ...] = ()
    """The certificates that the peer sent, DER, leaf first, also where they did not verify."""
    verify_code: int = 0
    """OpenSSL's verification result; 0 is X509_V_OK."""
    verify_text: str = ""
    is_somebody_else: bool = False
    """Whether we ended it after the handshake: the peer's names are not those that we meant."""
    alerts: tuple[Alert, ...] = ()
    steps: tuple[Step, ...] = ()
    """The handshake messages in their order: how far both sides came, and when."""
    is_resumed: bool = False
    """Whether an earlier session was taken up again, so that no certificate was sent."""
    closed_by: Closer | None = None
    """Who ended the connection; ``None`` where it lived on when this was reported."""
    closed_after: str = ""
    """What had come to pass when it ended, such as ``after its ServerHello``; empty while it
    lives."""
    sip_received: int = 0
    """Bytes of SIP that had come from the peer when this was reported."""
    sip_sent: int = 0
    """Bytes of SIP that had gone to the peer by then; whether it read them is not known."""

    @property
    def is_verified(self) -> bool:
        """Whether the peer sent a certificate and its chain was found good."""
        return bool(self.peer_chain) and self.verify_code == 0 and self.ending is Ending.SUCCEEDED

    @property
    def is_in_order(self) -> bool:
        """Whether it succeeded, and what the peer showed, if anything, is good."""
        return self.ending is Ending.SUCCEEDED and self.verify_code == 0

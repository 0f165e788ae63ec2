"""What a trace is made of: each thing that happened between this node and a SIP peer."""

from dataclasses import dataclass
from datetime import datetime

from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Transport

Address = tuple[str, int]
"""An IP address as text, without brackets, and a port."""


@dataclass(slots=True, kw_only=True)  # Not frozen, which takes thrice as long: they are thousands.
class Passage:
    """One SIP message that came, went, or was to go."""

    at: datetime
    transport: Transport
    local: Address
    remote: Address
    sent_by_us: bool
    octets: bytes
    """The whole message; decrypted, and redacted before it is kept."""
    connection: str = ""
    """Names the connection; empty for UDP."""
    domain: str = ""
    """The name that we looked up to find the peer; empty where it came to us, or had none."""
    problem: str = ""
    """Why it was not sent, or cannot be read; empty where all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What the TLS handshake of a connection showed."""

    at: datetime
    """When it was told; ``report.at`` is when the handshake began."""
    connection: str
    report: HandshakeReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEnd:
    """A connection ended that had been open."""

    at: datetime
    connection: str
    transport: Transport
    local: Address
    remote: Address
    detail: str
    """Who ended it, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNamed:
    """A dialog got the name that ``umbel calls`` gives its call; all legs of a call have the same."""

    at: datetime
    call: str
    call_id: str
    """The Call-ID of the leg."""
    gateway: str = ""
    """Empty: not known, or of no gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """TLS secrets of a connection, in the format of ``SSLKEYLOGFILE``; kept only when asked for."""

    at: datetime
    connection: str
    lines: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """OPTIONS that passed too fast to be kept one by one, each with its answer."""

    at: datetime
    count: int


Entry = Passage | Handshake | ConnectionEnd | CallNamed | Secrets | Untold


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An entry as the trace gives it back."""

    node: str
    run: str
    """Tells apart the times that the node was started: connections are named anew in each."""
    entry: Entry

    @property
    def moment(self) -> datetime:
        """When it happened."""
        return self.entry.report.at if isinstance(self.entry, Handshake) else self.entry.at

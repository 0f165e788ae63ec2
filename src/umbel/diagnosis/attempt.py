"""What one try to reach a SIP peer showed, step by step, as far as it came."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from umbel.core.instants import Duration
from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Hop, Transport
from umbel.sip.unresolved import WhyUnresolved

from .knock import Knock


class Step(StrEnum):
    """Where a try ended; each step needs those before it."""

    RESOLVING = "DNS"
    CONNECTING = "connecting"
    SHAKING_HANDS = "TLS"
    IDENTIFYING = "identity"
    """The handshake went well, but the peer is not the one that we meant."""
    ASKING = "OPTIONS"
    ANSWERED = "answered"
    """There was a final answer, whatever it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try, whether it was a probe or part of a diagnosis."""

    target: str
    """The host that was asked for, as configured or typed: a name or an IP address."""
    port: int | None = None
    """``None``: DNS or the transport's default decided."""
    transport: Transport
    at: datetime
    took: Duration
    step: Step
    """The last step that it came to."""
    problem: str = ""
    """One sentence with the evidence why it went no further; empty where it was answered."""
    hops: tuple[Hop, ...] = ()
    """What DNS gave, in the order of trying."""
    hop: Hop | None = None
    """The one that all that follows is about; ``None``: it came to none."""
    handshake: HandshakeReport | None = None
    status: int | None = None
    """Of the final answer to OPTIONS."""
    reason: str = ""
    """The answer's reason phrase."""
    retry_after: int | None = None
    """Seconds after which a 503 asks us to come again; ``None``: it does not say."""
    warning: str = ""
    """What the answer's Warning, Reason or ms-diagnostics header says more."""
    server: str = ""
    """The answer's Server header: the product at the other end."""
    unresolved: WhyUnresolved | None = None
    """Why there is no hop; ``None`` where there are some, or nobody looked."""
    asked: str = ""
    """What DNS was asked, and what came of it; empty where it was not asked, or had an answer."""
    knocks: tuple[Knock, ...] = ()
    """What was found at this port and at its neighbours, where no connection could be had."""
    answered_after: Duration | None = None
    """From the request to the answer, the connection included."""
    answered_from: tuple[str, int] | None = None
    """The address and port that the answer came from."""
    peer_clock: datetime | None = None
    """The answer's Date header: what time it is at the other end."""
    allows: tuple[str, ...] = ()
    """The methods of the answer's Allow header; empty: it has none."""
    redirected_to: tuple[str, ...] = ()
    """The URIs of the Contacts of a 3xx answer."""
    is_other_protocol: bool = False
    """Whether something answered that is no SIP."""
    despite_refusal: bool = False
    """Whether a diagnosis went on where this node itself refuses the peer."""
    redirected_by: str = ""
    """The address that sent us here by a 3xx answer; empty: we came by ourselves."""

    @property
    def is_alive(self) -> bool:
        """Say whether the peer can take calls: any final answer but 408 and 503."""
        return self.status is not None and self.status not in (408, 503)

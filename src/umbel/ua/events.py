"""What a user agent tells its application about its legs, and what it asks of its driver."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umbel.media.session import MediaSession
from umbel.sip.hop import Hop, Source
from umbel.sip.message import Request, Response
from umbel.sip.uri import Uri

if TYPE_CHECKING:
    from .leg import Leg

# --- effects: asked of the driver, which owns sockets and DNS -----------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send these bytes there; if that fails, tell ``UserAgent.send_failed`` the *key*."""

    data: bytes
    hop: Hop
    key: str
    """Names the transaction; empty where nobody waits for the outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Find the hops that *uri* leads to (RFC 3263) and tell ``UserAgent.resolved`` the *key*."""

    uri: Uri
    key: str


Effect = Send | Resolve

# --- events: told to the application ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered:
    """An INVITE outside of a dialog arrived: ring, answer or reject the leg."""

    leg: "Leg"
    request: Request
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """The peer that we call sent a provisional response above 100."""

    leg: "Leg"
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Established:
    """The dialog is confirmed: ACK received (inbound) or sent (outbound)."""

    leg: "Leg"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaAgreed:
    """Offer and answer are complete, first or again (hold, resume, another address or codec)."""

    leg: "Leg"
    media: MediaSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ReOfferRefused:
    """The peer refused what ``Leg.re_offer`` offered: the session is as it was before."""

    leg: "Leg"
    status: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySignalled:
    """A key came by SIP INFO (application/dtmf-relay or application/dtmf)."""

    leg: "Leg"
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferProgress:
    """What the peer tells of a REFER that we sent: its answer, then NOTIFYs (RFC 3515)."""

    leg: "Leg"
    status: int
    """Of the sipfrag, or of the refused REFER; 408 where the subscription fell silent."""
    reason: str
    is_final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequested:
    """The peer asks us to call *target* instead: ``Leg.accept_transfer`` or ``decline_transfer``."""

    leg: "Leg"
    target: Uri


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded:
    """The leg is over, once and for all, whoever ended it. The last event of every leg."""

    leg: "Leg"
    status: int
    """200 for BYE; 487 for CANCEL; the final response that ended it; 408 for silence."""
    reason: str
    """From the Reason header or the reason phrase, or our own words."""
    by_peer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsAnswered:
    """The final answer to an OPTIONS that we sent, or 408 after silence, 503 where sending failed."""

    key: str
    status: int
    reason: str
    response: Response | None = None
    """As it came; ``None``: nobody answered, and the status is our own conclusion."""
    source: Source | None = None
    """Who answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerMisbehaved:
    """A message was malformed or broke a rule; it has been answered where an answer is possible."""

    source: Source
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangerRefused:
    """Somebody whom the application does not know asked for something; it has been answered."""

    request: Request
    source: Source


Event = (
    CallOffered
    | Ringing
    | Established
    | MediaAgreed
    | ReOfferRefused
    | KeySignalled
    | TransferProgress
    | TransferRequested
    | LegEnded
    | OptionsAnswered
    | PeerMisbehaved
    | StrangerRefused
)

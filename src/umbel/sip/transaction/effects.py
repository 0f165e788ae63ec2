"""What a transaction asks of its transport and tells its transaction user (RFC 3261 section 17)."""

from dataclasses import dataclass

from umbel.sip.hop import Hop, Source
from umbel.sip.message import Request, Response

# --- of one machine -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Pass the message to the transport, first or again."""

    message: Request | Response


@dataclass(frozen=True, slots=True)
class Deliver:
    """Pass the message to the transaction user."""

    message: Request | Response


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The peer stayed silent for 64*T1: no response to our request, or no ACK to our response."""

    request: Request


@dataclass(frozen=True, slots=True)
class TransportFailed:
    """The transport could not send; the transaction is over, unless it is to be tried again."""

    request: Request
    reason: str


Effect = Send | Deliver | TimedOut | TransportFailed

# --- of the layer, which knows where messages go and what the transactions are called ------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmit:
    """Send these bytes there; if that fails, tell the layer the *key*."""

    data: bytes
    hop: Hop
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestArrived:
    """A new request, told once however often it is repeated. To be answered by ``respond``."""

    key: str
    request: Request
    source: Source
    is_merged: bool = False
    """It reached us before by another path (RFC 3261 section 8.2.2.2): answer 482."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AckArrived:
    """An ACK to a 2xx, which is the business of the transaction user (section 17)."""

    request: Request
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseArrived:
    """A response to a request of ours; final ones once, but for each 2xx to INVITE."""

    key: str
    response: Response
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A request of ours ended without a final response: 408 or 503, as section 8.1.3.1 counts it."""

    key: str
    status: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionEnded:
    """The transaction is forgotten; its key will not be heard of again."""

    key: str


LayerEffect = (
    Transmit | RequestArrived | AckArrived | ResponseArrived | Unanswered | TransactionEnded
)

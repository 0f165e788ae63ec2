"""One request on its way: by each hop that its URI leads to, until somebody answers (RFC 3263, 4.3)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from umbel.core.instants import Instant, later
from umbel.sip.digest import Credentials
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request, Response
from umbel.sip.transaction.matching import client_key
from umbel.sip.uri import Uri

from .authorization import Authorization
from .requests import copy_of
from .responses import reason_in
from .wire import Wire

SERVICE_UNAVAILABLE = 503

NAMES_A_TARGET = frozenset({"INVITE", "UPDATE", "REFER", "OPTIONS"})
"""Methods whose Contact tells the peer where to send its own requests (RFC 3261 section 12.2)."""

ROOM_FOR_STAMP = 200
"""Bytes that Via and Contact add, roughly, to a request whose length decides its transport."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response to a request of ours, or 408 or 503 of our own where none came (section 8.1.3.1)."""

    response: Response
    request: Request
    """As it was sent."""
    hop: Hop | None
    """That answered; ``None``: there was none."""
    source: Source | None
    """``None``: nobody answered."""

    @property
    def status(self) -> int:
        """The status code."""
        return self.response.status

    @property
    def reason(self) -> str:
        """Why, for people: the Reason header, or else the reason phrase."""
        return reason_in(self.response) or self.response.reason

    @property
    def is_local(self) -> bool:
        """Say whether it is our own conclusion from silence."""
        return self.source is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What to send, where, and what to do with the answers."""

    request: Request
    """Without Via and Contact: those depend on the hop."""
    uri: Uri
    """What the hops are asked for."""
    on_answer: Callable[[Answer, Instant], None]
    """Told every response but 100; after the final one only further 2xx to INVITE."""
    on_over: Callable[[Instant], None] | None = None
    """Told once, when nothing can come any more."""
    renumber: Callable[[], int]
    """Gives the CSeq number of the request when it has to be asked again with credentials."""
    credentials: Credentials | None = None
    secure: bool = False
    """Whether Contact must be a sips URI."""
    only: Hop | None = None
    """The one hop to go to; the URI is not asked, and nothing else is tried."""
    first: Hop | None = None
    """A hop to go to without asking."""
    last_resort: Hop | None = None
    """A hop to go to when all others failed: the connection that the peer opened to us."""


class Pursuit:
    """The way of one errand; it tries, in turn, what can be tried."""

    def __init__(self, wire: Wire, errand: Errand) -> None:
        self._wire = wire
        self._errand = errand
        self._request = errand.request
        self._hops: deque[Hop] = deque()
        self._seeking: str | None = None
        self._key = ""
        self._hop: Hop | None = None
        self._sent = errand.request
        self._is_heard = False
        self._is_answered = False
        self._cancelling: tuple[tuple[str, str], ...] | None = None
        self._authorization = Authorization(errand.credentials, wire.randomness)

    def start(self, now: Instant) -> None:
        """Ask for the hops, or go by the one that is known."""
        known = self._errand.only or self._errand.first
        if known is None:
            self._seeking = self._wire.seek(self._errand.uri, self)
        else:
            self._hops.append(known)
            self._try_next_hop(now)

    def cancel(self, headers: tuple[tuple[str, str], ...], now: Instant) -> None:
        """Withdraw an INVITE: with CANCEL, but not before the peer was heard (section 9.1)."""
        if self._is_answered or self._cancelling is not None:
            return
        self._cancelling = headers
        if self._seeking is not None:
            self._wire.stop_seeking(self._seeking)
            self._finish(now)
        elif self._is_heard:
            self._send_cancel(now)

    def resolved(self, hops: list[Hop], now: Instant) -> None:
        """Take the hops and go by the first."""
        self._seeking = None
        self._hops.extend(hop for found in hops for hop in self._ways(found))
        self._add_last_resort()
        self._try_next_hop(now)

    def resolution_failed(self, reason: str, now: Instant) -> None:
        """Go by the last resort, or tell that there is no way."""
        self._seeking = None
        self._add_last_resort()
        if self._hops:
            self._try_next_hop(now)
        else:
            self._conclude(SERVICE_UNAVAILABLE, reason, now)
            self._finish(now)

    def received(self, response: Response, source: Source, now: Instant) -> None:
        """Take a response of the transaction."""
        is_first = not self._is_heard
        self._is_heard = True
        if response.status < 200:
            if is_first and self._cancelling is not None:
                self._send_cancel(now)
        elif self._tries_again(response, now):
            return
        else:
            self._settle()
        if response.status > 100:
            self._tell(response, source, now)

    def unanswered(self, status: int, reason: str, now: Instant) -> None:
        """Go on to the next hop, or tell that nobody answered."""
        if self._cancelling is not None:
            self._conclude(status, reason, now)
        elif self._hops:
            self._try_next_hop(now)
        elif self._hop == self._errand.first:
            self._seeking = self._wire.seek(self._errand.uri, self)
        else:
            self._conclude(status, reason, now)

    def ended(self, key: str, now: Instant) -> None:
        """Take the news that a transaction is over; only that of the last hop ends the errand."""
        if key == self._key and self._seeking is None:
            self._settle()
            self._finish(now)

    def _ways(self, hop: Hop) -> list[Hop]:
        """Send by TCP what is too long for UDP, and by UDP after all where TCP is refused (18.1.1)."""
        limit = self._wire.policy.largest_datagram - ROOM_FOR_STAMP
        is_free = "transport" not in self._errand.uri.parameters
        if hop.transport is Transport.UDP and is_free and len(bytes(self._request)) > limit:
            return [replace(hop, transport=Transport.TCP), hop]
        return [hop]

    def _add_last_resort(self) -> None:
        last = self._errand.last_resort
        if last is not None and last != self._errand.first and last not in self._hops:
            self._hops.append(last)

    def _try_next_hop(self, now: Instant) -> None:
        self._attempt(self._hops.popleft(), now)

    def _attempt(self, hop: Hop, now: Instant) -> None:
        self._hop = hop
        self._is_heard = False
        self._sent = self._stamped(hop)
        # The key stands before anything is sent: the transaction may end at once.
        self._key = client_key(self._sent)
        self._wire.request(self._sent, hop, self, now)

    def _stamped(self, hop: Hop) -> Request:
        identity = self._wire.identity
        request = copy_of(self._request)
        request.headers.prepend("Via", str(identity.via(hop, self._wire.new_branch())))
        if request.method in NAMES_A_TARGET:
            contact = identity.contact(hop.transport, hop.address, secure=self._errand.secure)
            request.headers.set("Contact", str(contact))
        return request

    def _tries_again(self, response: Response, now: Instant) -> bool:
        if self._is_answered or self._cancelling is not None:
            return False
        if response.status == SERVICE_UNAVAILABLE and self._hops:
            self._try_next_hop(now)
            return True
        if self._authorization.takes_up(response) and self._hop is not None:
            self._ask_again(self._hop, now)
            return True
        return False

    def _ask_again(self, hop: Hop, now: Instant) -> None:
        """Ask with credentials: another request, with a number of its own (section 22.2)."""
        self._request = copy_of(self._request)
        method = self._request.method
        self._request.headers.set("CSeq", f"{self._errand.renumber()} {method}")
        self._authorization.authorize(self._request)
        self._attempt(hop, now)

    def _send_cancel(self, now: Instant) -> None:
        self._wire.cancel(self._key, self._cancelling or (), now)
        self._wire.alarms.set(self._abandon, later(now, self._wire.policy.timing.patience))

    def _abandon(self, now: Instant) -> None:
        self._wire.abandon(self._key, now)

    def _settle(self) -> None:
        self._is_answered = True
        self._wire.alarms.set(self._abandon, None)

    def _conclude(self, status: int, reason: str, now: Instant) -> None:
        self._settle()
        self._tell(self._sent.create_response(status, reason=reason), None, now)

    def _tell(self, response: Response, source: Source | None, now: Instant) -> None:
        answer = Answer(response=response, request=self._sent, hop=self._hop, source=source)
        self._errand.on_answer(answer, now)

    def _finish(self, now: Instant) -> None:
        if self._errand.on_over is not None:
            self._errand.on_over(now)

"""What every part of a leg does to the outside: send, ask for hops, wait, and tell the application."""

from collections.abc import Callable
from typing import Protocol

from umbel.core.identifiers import Randomness
from umbel.core.instants import Instant
from umbel.sip.hop import Hop, Source
from umbel.sip.message import Request, Response
from umbel.sip.transaction.effects import (
    AckArrived,
    LayerEffect,
    RequestArrived,
    ResponseArrived,
    TransactionEnded,
    Transmit,
    Unanswered,
)
from umbel.sip.transaction.layer import TransactionLayer
from umbel.sip.transaction.matching import client_key, new_branch
from umbel.sip.transaction.timers import Agenda
from umbel.sip.uri import Uri

from .events import Effect, Event, Resolve, Send
from .local import LocalIdentity, Policy

Alarm = Callable[[Instant], None]
"""What is called when its time has come; it is also the name of its timer."""

Arrival = RequestArrived | AckArrived


class Seeker(Protocol):
    """Somebody who asked which hops a URI leads to (RFC 3263)."""

    def resolved(self, hops: list[Hop], now: Instant) -> None:
        """Take the hops, the best first."""
        ...

    def resolution_failed(self, reason: str, now: Instant) -> None:
        """Take the news that there are none."""
        ...


class Sender(Protocol):
    """The transaction user of a client transaction."""

    def received(self, response: Response, source: Source, now: Instant) -> None:
        """Take a response."""
        ...

    def unanswered(self, status: int, reason: str, now: Instant) -> None:
        """Take the news that no final response will come: 408 or 503."""
        ...

    def ended(self, key: str, now: Instant) -> None:
        """Take the news that the transaction named *key* is over."""
        ...


class Wire:
    """The transaction layer and the out-trays of one user agent, shared by all of its legs."""

    def __init__(self, randomness: Randomness, identity: LocalIdentity, policy: Policy) -> None:
        self.randomness = randomness
        self.identity = identity
        self.policy = policy
        self.alarms: Agenda[Alarm] = Agenda()
        self._layer = TransactionLayer(policy.timing)
        self._seekers: dict[str, Seeker] = {}
        self._senders: dict[str, Sender] = {}
        self._unconfirmed: dict[str, Callable[[Instant], None]] = {}
        self._effects: list[Effect] = []
        self._events: list[Event] = []

    # --- towards the application and the driver ---

    def tell(self, event: Event) -> None:
        """Put an event into the out-tray."""
        self._events.append(event)

    def take_effects(self) -> list[Effect]:
        """Empty the driver's out-tray."""
        effects, self._effects = self._effects, []
        return effects

    def take_events(self) -> list[Event]:
        """Empty the application's out-tray."""
        events, self._events = self._events, []
        return events

    # --- what the driver brings ---

    def receive(self, message: Request | Response, source: Source, now: Instant) -> list[Arrival]:
        """Take a message; what is new and for us comes back, the rest is done."""
        return self._absorb(self._layer.receive(message, source, now), now)

    def resolved(self, key: str, hops: list[Hop], now: Instant) -> None:
        """Bring the hops to whoever asked; nobody may care any more."""
        seeker = self._seekers.pop(key, None)
        if seeker is None:
            return
        if hops:
            seeker.resolved(hops, now)
        else:
            seeker.resolution_failed("the name leads nowhere", now)

    def resolution_failed(self, key: str, reason: str, now: Instant) -> None:
        """Bring the bad news to whoever asked for hops."""
        seeker = self._seekers.pop(key, None)
        if seeker is not None:
            seeker.resolution_failed(reason, now)

    def send_failed(self, key: str, reason: str, now: Instant) -> None:
        """Bring the news that a message could not be sent to its transaction, or its owner."""
        if (retry := self._unconfirmed.get(key)) is not None:
            retry(now)
        else:
            self._absorb(self._layer.send_failed(key, reason), now)

    def carried(self, key: str, connection: str) -> None:
        """Have a transaction know by which connection its message went."""
        self._layer.carried(key, connection)

    def connection_closed(self, connection: str, reason: str, now: Instant) -> None:
        """Bring the news that a connection is gone to the requests that wait for an answer by it."""
        for key in self._layer.unanswered_on(connection):
            self._absorb(self._layer.send_failed(key, reason), now)

    def handle_timeout(self, now: Instant) -> None:
        """Let everything that is due act."""
        self._absorb(self._layer.handle_timeout(now), now)
        for alarm in self.alarms.due(now):
            alarm(now)

    @property
    def next_timeout(self) -> Instant | None:
        """When ``handle_timeout`` wants to be called."""
        due = [self._layer.next_timeout, self.alarms.next_timeout]
        return min((at for at in due if at is not None), default=None)

    @property
    def transactions(self) -> int:
        """How many transactions live."""
        return len(self._layer)

    @property
    def resolutions(self) -> int:
        """How many answers of DNS are awaited."""
        return len(self._seekers)

    # --- what legs ask for ---

    def seek(self, uri: Uri, seeker: Seeker) -> str:
        """Ask the driver which hops *uri* leads to."""
        key = "seek " + self.randomness.token(8)
        self._seekers[key] = seeker
        self._effects.append(Resolve(uri=uri, key=key))
        return key

    def stop_seeking(self, key: str) -> None:
        """Lose interest in an answer."""
        self._seekers.pop(key, None)

    def new_branch(self) -> str:
        """Make a branch for a transaction of ours."""
        return new_branch(self.randomness)

    def request(self, request: Request, hop: Hop, sender: Sender, now: Instant) -> str:
        """Start a client transaction; *request* has its Via."""
        key = client_key(request)
        self._senders[key] = sender
        self._absorb(self._layer.request(request, hop, now), now)
        return key

    def cancel(self, key: str, headers: tuple[tuple[str, str], ...], now: Instant) -> None:
        """Send a CANCEL after the INVITE named *key*."""
        self._absorb(self._layer.cancel(key, headers, now), now)

    def abandon(self, key: str, now: Instant) -> None:
        """Wait no longer for an answer to the INVITE named *key*."""
        self._absorb(self._layer.abandon(key), now)

    def respond(self, key: str, response: Response, now: Instant) -> None:
        """Answer the request named *key*."""
        self._absorb(self._layer.respond(key, response, now), now)

    def repeats(self, request: Request) -> bool:
        """Say whether a request came before, and its transaction lives."""
        return self._layer.repeats(request)

    def is_asked(self, response: Response) -> bool:
        """Say whether a response answers a request of ours whose transaction lives."""
        return self._layer.knows(client_key(response))

    def knows_transaction(self, key: str) -> bool:
        """Say whether the transaction of this name lives."""
        return self._layer.knows(key)

    def invite_cancelled_by(self, cancel: Request) -> str | None:
        """Name the INVITE that a CANCEL means."""
        return self._layer.invite_cancelled_by(cancel)

    def transmit(self, data: bytes, hop: Hop, key: str = "") -> None:
        """Send a message that belongs to no transaction."""
        self._effects.append(Send(data=data, hop=hop, key=key))

    def watch_sending(self, key: str, retry: Callable[[Instant], None] | None) -> None:
        """Have *retry* called when a message transmitted as *key* fails; ``None``: no longer."""
        if retry is None:
            self._unconfirmed.pop(key, None)
        else:
            self._unconfirmed[key] = retry

    def _absorb(self, effects: list[LayerEffect], now: Instant) -> list[Arrival]:
        arrivals: list[Arrival] = []
        for effect in effects:
            match effect:
                case RequestArrived() | AckArrived():
                    arrivals.append(effect)
                case Transmit(data=data, hop=hop, key=key):
                    self._effects.append(Send(data=data, hop=hop, key=key))
                case _:
                    self._inform(effect, now)
        return arrivals

    def _inform(
        self, effect: ResponseArrived | Unanswered | TransactionEnded, now: Instant
    ) -> None:
        sender = self._senders.get(effect.key)
        if sender is None:
            return  # A CANCEL, or a transaction in which we are the server.
        match effect:
            case ResponseArrived(response=response, source=source):
                sender.received(response, source, now)
            case Unanswered(status=status, reason=reason):
                sender.unanswered(status, reason, now)
            case TransactionEnded(key=key):
                del self._senders[key]
                sender.ended(key, now)

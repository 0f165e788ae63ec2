"""User agents and scripted peers in one process, joined by a network in virtual time.

The network can lose, delay and reorder; nothing waits, and a call of an hour takes milliseconds.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from umbel.core.instants import Instant, later
from umbel.media.offer_answer import LocalMedia, MediaSecurity
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request, Response, parse_message
from umbel.sip.uri import Uri
from umbel.ua import LocalAddress, LocalIdentity, Policy, UserAgent
from umbel.ua.admission import Admits, at_any_time
from umbel.ua.doorkeeper import Knows, everybody
from umbel.ua.events import Event, Resolve, Send

from .repeatable_randomness import RepeatableRandomness

SIP_PORT = {Transport.UDP: 5060, Transport.TCP: 5060, Transport.TLS: 5061}
START = Instant(1000.0)

E = TypeVar("E")
Message = Request | Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One message on the wire."""

    at: float
    """Seconds since the start."""
    sender: str
    receiver: str
    transport: Transport
    message: Message

    @property
    def what(self) -> str:
        """Give the method or the status with its method: ``INVITE``, ``200 INVITE``."""
        if isinstance(self.message, Request):
            return self.message.method
        return f"{self.message.status} {self.message.cseq.method}"


class Station(Protocol):
    """Somebody at an address."""

    name: str
    address: str

    def receive(self, data: bytes, source: Source) -> None:
        """Take a message."""
        ...


@dataclass(slots=True)
class _Connection:
    """A stream between two stations."""

    name: str
    client: str
    client_port: int
    server: str
    server_port: int
    transport: Transport

    def other_end(self, address: str) -> str:
        return self.server if address == self.client else self.client


@dataclass(slots=True, kw_only=True)
class VirtualNetwork:
    """Carries messages, resolves names, and lets time pass."""

    delay: float = 0.01
    """Seconds from station to station."""
    loses: Callable[[int, Message], bool] = lambda _number, _message: False
    """Told the number of the message, from 0, and the message."""
    delays: Callable[[int, Message], float] = lambda _number, _message: 0.0
    """How much longer than ``delay`` a message takes."""
    names: dict[str, list[Hop] | str] = field(default_factory=dict)
    """What a host resolves to: hops, or a reason why it does not."""
    refuses: set[tuple[str, Transport]] = field(default_factory=set)
    """Addresses and transports that nobody can connect to."""
    now: Instant = START
    carried: list[Carried] = field(default_factory=list)
    stations: dict[str, Station] = field(default_factory=dict)
    agents: "list[Agent]" = field(default_factory=list)
    _queue: list[tuple[Instant, int, Callable[[], None]]] = field(default_factory=list)
    _connections: dict[str, _Connection] = field(default_factory=dict)
    _count: int = 0

    @property
    def elapsed(self) -> float:
        """Give the seconds since the start."""
        return self.now - START

    def log(self, sender: str | None = None) -> list[str]:
        """Give what was sent, by *sender* or by anybody."""
        return [one.what for one in self.carried if sender in (None, one.sender)]

    def requests(self, method: str, sender: str | None = None) -> list[Request]:
        """Give the requests that were sent."""
        return [
            one.message
            for one in self.carried
            if isinstance(one.message, Request)
            and one.message.method == method
            and sender in (None, one.sender)
        ]

    def responses(self, status: int, method: str | None = None) -> list[Response]:
        """Give the responses that were sent."""
        return [
            one.message
            for one in self.carried
            if isinstance(one.message, Response)
            and one.message.status == status
            and method in (None, one.message.cseq.method)
        ]

    # --- time ---

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Let *act* happen so many seconds from now."""
        self._count += 1
        heapq.heappush(self._queue, (later(self.now, seconds), self._count, act))

    def run(self, seconds: float = 0.5) -> None:
        """Let so many seconds pass."""
        end = later(self.now, seconds)
        while (due := self._next()) is not None and due <= end:
            self.now = max(self.now, due)
            self._step()
        self.now = end

    def run_to_rest(self, longest: float = 600.0) -> None:
        """Let time pass until nobody waits for anything."""
        end = later(self.now, longest)
        while (due := self._next()) is not None:
            assert due <= end, f"still not at rest: {self.log()[-20:]}"
            self.now = max(self.now, due)
            self._step()

    def _next(self) -> Instant | None:
        due = [agent.agent.next_timeout for agent in self.agents]
        if self._queue:
            due.append(self._queue[0][0])
        return min((at for at in due if at is not None), default=None)

    def _step(self) -> None:
        while self._queue and self._queue[0][0] <= self.now:
            heapq.heappop(self._queue)[2]()
        for agent in self.agents:
            if (due := agent.agent.next_timeout) is not None and due <= self.now:
                agent.agent.handle_timeout(self.now)
                agent.settle()

    # --- carrying ---

    def carry(self, sender: Station, data: bytes, hop: Hop) -> str | None:
        """Send a message; the reason is returned where that fails at once."""
        message = parse_message(data)
        connection = self._connections.get(hop.connection or "")
        receiver = connection.other_end(sender.address) if connection else hop.address
        is_refused = (receiver, hop.transport) in self.refuses or receiver not in self.stations
        if hop.transport.is_reliable and is_refused:
            return f"{receiver} refused the connection"
        if receiver not in self.stations:
            return None  # A datagram to nobody.
        number = len(self.carried)
        self.carried.append(
            Carried(
                at=round(self.elapsed, 3),
                sender=sender.name,
                receiver=self.stations[receiver].name,
                transport=hop.transport,
                message=message,
            )
        )
        if not self.loses(number, message):
            source = self.source_of(sender.address, hop, connection)
            wait = self.delay + self.delays(number, message)
            self.after(wait, lambda: self.stations[receiver].receive(data, source))
        return None

    def source_of(self, sender: str, hop: Hop, connection: _Connection | None) -> Source:
        """Give the source that a message from *sender* over *hop* seems to come from."""
        if hop.transport is Transport.UDP:
            return Source(
                transport=Transport.UDP,
                address=sender,
                port=SIP_PORT[Transport.UDP],
                local_address=hop.address,
                local_port=hop.port,
            )
        connection = connection or self._connect(sender, hop)
        is_client = sender == connection.client
        return Source(
            transport=hop.transport,
            address=sender,
            port=connection.client_port if is_client else connection.server_port,
            local_address=connection.other_end(sender),
            local_port=connection.server_port if is_client else connection.client_port,
            connection=connection.name,
        )

    def _connect(self, sender: str, hop: Hop) -> _Connection:
        name = f"{hop.transport} {sender} to {hop.address}:{hop.port}"
        if name not in self._connections:
            port = 40000 + len(self._connections)
            self._connections[name] = _Connection(
                name, sender, port, hop.address, hop.port, hop.transport
            )
        return self._connections[name]

    def resolve(self, uri: Uri) -> list[Hop] | str:
        """Find the hops of a URI: by ``names``, or because it has an address."""
        if uri.host in self.names:
            return self.names[uri.host]
        default = Transport.TLS if uri.scheme == "sips" else Transport.UDP
        transport = Transport((uri.parameters.get("transport") or default).upper())
        return [Hop(transport=transport, address=uri.host, port=uri.port or SIP_PORT[transport])]


class Agent:
    """A user agent at an address, with what its application does at once."""

    def __init__(
        self,
        network: VirtualNetwork,
        name: str,
        address: str,
        policy: Policy | None = None,
        *,
        knows: Knows = everybody,
        admits: Admits = at_any_time,
    ) -> None:
        self.name = name
        self.address = address
        self.events: list[Event] = []
        self.reactions: dict[type, Callable[[Event], None]] = {}
        identity = LocalIdentity(
            addresses=tuple(
                LocalAddress(transport=transport, host=address, port=port)
                for transport, port in SIP_PORT.items()
            ),
            user=name,
        )
        self.agent = UserAgent(
            RepeatableRandomness(name), identity, policy, knows=knows, admits=admits
        )
        self._network = network
        network.stations[address] = self
        network.agents.append(self)

    @property
    def uri(self) -> Uri:
        """Where the agent is called."""
        return Uri(scheme="sip", user=self.name, host=self.address)

    def receive(self, data: bytes, source: Source) -> None:
        """Take a message from the network."""
        self.agent.receive(data, source, self._network.now)
        self.settle()

    def on(self, kind: type[E], react: Callable[[E], None]) -> None:
        """Let the application do something whenever an event of *kind* is told."""
        self.reactions[kind] = react  # type: ignore[assignment]  # looked up by the event's type

    def told(self, kind: type[E]) -> list[E]:
        """Give the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def settle(self) -> None:
        """Carry out what the agent asks for, until it asks for nothing."""
        while True:
            effects, events = self.agent.take_effects(), self.agent.take_events()
            for effect in effects:
                self._carry_out(effect)
            for event in events:
                self.events.append(event)
                if (react := self.reactions.get(type(event))) is not None:
                    react(event)
            if not effects and not events:
                return

    def _carry_out(self, effect: Send | Resolve) -> None:
        if isinstance(effect, Resolve):
            self._resolve(effect)
            return
        failure = self._network.carry(self, effect.data, effect.hop)
        if failure is not None and effect.key:
            self._network.after(0.0, lambda: self._fail(effect.key, failure))

    def _resolve(self, effect: Resolve) -> None:
        found = self._network.resolve(effect.uri)
        if isinstance(found, str):
            self.agent.resolution_failed(effect.key, found, self._network.now)
        else:
            self.agent.resolved(effect.key, found, self._network.now)

    def _fail(self, key: str, failure: str) -> None:
        self.agent.send_failed(key, failure, self._network.now)
        self.settle()

    @property
    def gauges(self) -> dict[str, int]:
        """Give how much of everything lives."""
        agent = self.agent
        return {
            "legs": agent.legs,
            "dialogs": agent.dialogs,
            "transactions": agent.transactions,
            "alarms": agent.alarms,
            "resolutions": agent.resolutions,
        }


EMPTY = {"legs": 0, "dialogs": 0, "transactions": 0, "alarms": 0, "resolutions": 0}
"""The gauges of an agent at rest."""


def local_media(
    port: int = 30000, security: MediaSecurity = MediaSecurity.NONE, address: str = "192.0.2.99"
) -> LocalMedia:
    """Give media to offer and answer with."""
    return LocalMedia(address=address, port=port, security=security, session_id=7)

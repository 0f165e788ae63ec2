"""User agents and scripted peers in one process, joined by a network in virtual time.

The network can lose, delay and reorder; nothing waits, and a call of an hour takes milliseconds.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from umbel.core.instants import Instant, later
from umbel.media.offer_answer import LocalMedia, MediaSecurity
from umbel.sip.headers import Headers
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request, Response, parse_message
from umbel.sip.uri import Uri
from umbel.ua import LocalAddress, LocalIdentity, Policy, UserAgent
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
            source = self._source(sender.address, hop, connection)
            wait = self.delay + self.delays(number, message)
            self.after(wait, lambda: self.stations[receiver].receive(data, source))
        return None

    def _source(self, sender: str, hop: Hop, connection: _Connection | None) -> Source:
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
        self, network: VirtualNetwork, name: str, address: str, policy: Policy | None = None
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
        self.agent = UserAgent(RepeatableRandomness(name), identity, policy)
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


class Peer:
    """A peer that does exactly what a test says."""

    def __init__(self, network: VirtualNetwork, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self.received: list[tuple[Message, Source]] = []
        self.reactions: dict[str, Callable[[Request, Source], None]] = {}
        self._network = network
        network.stations[address] = self

    @property
    def uri(self) -> Uri:
        """Where the peer is called."""
        return Uri(scheme="sip", user=self.name, host=self.address)

    def on(self, method: str, react: Callable[[Request, Source], None]) -> None:
        """Do something whenever a request with *method* arrives."""
        self.reactions[method] = react

    def receive(self, data: bytes, source: Source) -> None:
        """Take a message and react."""
        message = parse_message(data)
        self.received.append((message, source))
        if isinstance(message, Request) and message.method in self.reactions:
            self.reactions[message.method](message, source)

    def got(self, method: str) -> list[Request]:
        """Give the requests with *method* that arrived."""
        return [
            message
            for message, _source in self.received
            if isinstance(message, Request) and message.method == method
        ]

    def answers(self, method: str | None = None) -> list[Response]:
        """Give the responses that arrived."""
        return [
            message
            for message, _source in self.received
            if isinstance(message, Response) and method in (None, message.cseq.method)
        ]

    def last_answer(self, method: str) -> Response:
        """Give the latest response to a request with *method*."""
        return self.answers(method)[-1]

    def respond(
        self,
        request: Request,
        source: Source,
        status: int,
        *,
        to_tag: str = "peer",
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> None:
        """Answer a request by the way that it came."""
        response = request.create_response(status, to_tag=to_tag)
        for name, value in fields:
            response.headers.add(name, value)
        if 100 < status < 300 and "Contact" not in response.headers:
            response.headers.add("Contact", f"<{self.uri}>")
        if body:
            response.headers.add("Content-Type", "application/sdp")
        response.body = body
        self.send(response, source.hop_back())

    def request_back(
        self,
        method: str,
        *,
        number: int = 1,
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
        tag: str = "peer",
    ) -> Request:
        """Send a request, as the callee, in the dialog of the first INVITE that arrived."""
        invite, source = self.invitation
        headers = Headers()
        branch = f"z9hG4bK{self.name}{number}{method}"
        headers.add("Via", f"SIP/2.0/UDP {self.address}:5060;branch={branch}")
        headers.add("From", f"{invite.headers.get('To')};tag={tag}")
        headers.add("To", invite.headers.get("From") or "")
        headers.add("Call-ID", invite.call_id)
        headers.add("CSeq", f"{number} {method}")
        headers.add("Contact", f"<{self.uri}>")
        for name, value in fields:
            headers.add(name, value)
        if body:
            headers.add("Content-Type", content_type)
        request = Request(method=method, uri=invite.contacts[0].uri, headers=headers, body=body)
        self.send(request, source.hop_back())
        return request

    @property
    def invitation(self) -> tuple[Request, Source]:
        """Give the first INVITE that arrived, and where from."""
        return next(
            (message, source)
            for message, source in self.received
            if isinstance(message, Request) and message.method == "INVITE"
        )

    def answer(
        self,
        status: int,
        *,
        to_tag: str = "peer",
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> None:
        """Answer the first INVITE that arrived."""
        self.respond(*self.invitation, status, to_tag=to_tag, fields=fields, body=body)

    def send(self, message: Message, hop: Hop) -> None:
        """Send a message."""
        self._network.carry(self, bytes(message), hop)

    def send_octets(self, data: bytes, to: Station) -> None:
        """Send what is perhaps no message."""
        hop = Hop(transport=Transport.UDP, address=to.address, port=5060)
        source = self._network._source(self.address, hop, None)
        to.receive(data, source)


class Caller(Peer):
    """A scripted peer that calls an agent over UDP and keeps one dialog."""

    def __init__(self, network: VirtualNetwork, name: str, address: str, callee: Agent) -> None:
        super().__init__(network, name, address)
        self.callee = callee
        self.sequence = 0
        self.remote_tag: str | None = None
        self.invite_branch = ""

    def build(
        self,
        method: str,
        *,
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
        number: int | None = None,
        branch: str | None = None,
        transport: Transport = Transport.UDP,
    ) -> Request:
        """Build a request of the call, in its dialog as soon as there is one."""
        if number is None and method not in ("ACK", "CANCEL"):
            self.sequence += 1
        number = self.sequence if number is None else number
        branch = branch or f"z9hG4bK{self.name}{number}{method}"
        headers = Headers()
        via = f"SIP/2.0/{transport} {self.address}:{SIP_PORT[transport]};branch={branch};rport"
        headers.add("Via", via)
        headers.add("Max-Forwards", "70")
        headers.add("From", f"<{self.uri}>;tag={self.name}")
        tag = f";tag={self.remote_tag}" if self.remote_tag else ""
        headers.add("To", f"<{self.callee.uri}>{tag}")
        headers.add("Call-ID", f"call-of-{self.name}")
        headers.add("CSeq", f"{number} {method}")
        if method in ("INVITE", "UPDATE") and not any(name == "Contact" for name, _ in fields):
            headers.add("Contact", f"<{self.uri}>")
        for name, value in fields:
            headers.add(name, value)
        if body:
            headers.add("Content-Type", content_type)
        return Request(method=method, uri=self.callee.uri, headers=headers, body=body)

    def request(
        self,
        method: str,
        *,
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
        number: int | None = None,
        branch: str | None = None,
        transport: Transport = Transport.UDP,
    ) -> Request:
        """Send a request of the call."""
        request = self.build(
            method,
            fields=fields,
            body=body,
            content_type=content_type,
            number=number,
            branch=branch,
            transport=transport,
        )
        hop = Hop(transport=transport, address=self.callee.address, port=SIP_PORT[transport])
        self.send(request, hop)
        return request

    def ask(
        self,
        method: str,
        *,
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
        number: int | None = None,
    ) -> Response:
        """Send a request and give the answer."""
        self.request(method, fields=fields, body=body, content_type=content_type, number=number)
        self._network.run(0.1)
        return self.last_answer(method)

    def call(self, body: bytes, fields: tuple[tuple[str, str], ...] = ()) -> Response:
        """Call, let the agent answer, acknowledge, and give its 200."""
        answer = self.ask("INVITE", fields=fields, body=body)
        self.remote_tag = answer.to.tag
        if answer.status == 200:
            self.acknowledge()
        return answer

    def acknowledge(self, body: bytes = b"", number: int | None = None) -> None:
        """Send the ACK to a 2xx."""
        self.request(
            "ACK",
            body=body,
            number=number,
            branch=f"z9hG4bK{self.name}{number or self.sequence}ack",
        )
        self._network.run(0.1)


def local_media(
    port: int = 30000, security: MediaSecurity = MediaSecurity.NONE, address: str = "192.0.2.99"
) -> LocalMedia:
    """Give media to offer and answer with."""
    return LocalMedia(address=address, port=port, security=security, session_id=7)


def sdp(port: int = 40000, *attributes: str, address: str = "192.0.2.50") -> bytes:
    """Give a session description of a scripted peer."""
    lines = (
        "v=0",
        f"o=- 1 1 IN IP4 {address}",
        "s=-",
        f"c=IN IP4 {address}",
        "t=0 0",
        f"m=audio {port} RTP/AVP 0 101",
        "a=rtpmap:101 telephone-event/8000",
        *(f"a={attribute}" for attribute in attributes),
    )
    return "".join(f"{line}\r\n" for line in lines).encode()

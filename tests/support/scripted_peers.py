"""Peers on a virtual network that do exactly what a test says."""

from collections.abc import Callable

from umbel.sip.headers import Headers
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request, Response, parse_message
from umbel.sip.uri import Uri

from .virtual_network import SIP_PORT, Agent, Message, Station, VirtualNetwork


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
        source = self._network.source_of(self.address, hop, None)
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

"""A signalling under test, and what it delivered."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from umbel.core.errors import PeerError
from umbel.core.instants import Clock
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import HandshakeReport
from umbel.net.clock import SystemClock
from umbel.net.limits import ConnectionLimits
from umbel.net.listeners import Listener
from umbel.net.signalling import Signalling
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.hop import Hop, Source, Transport
from umbel.trace.entry import Entry

OPTIONS = (
    b"OPTIONS sip:umbel.example.org SIP/2.0\r\n"
    b"Via: SIP/2.0/TCP client.example.org;branch=z9hG4bK7\r\n"
    b"From: <sip:antonio@example.org>;tag=1\r\n"
    b"To: <sip:umbel.example.org>\r\n"
    b"Call-ID: 8@client.example.org\r\n"
    b"CSeq: 1 OPTIONS\r\n"
    b"Max-Forwards: 70\r\n"
    b"Content-Length: 0\r\n\r\n"
)

OK = OPTIONS.replace(b"OPTIONS sip:umbel.example.org SIP/2.0", b"SIP/2.0 200 OK")

PATIENT = ConnectionLimits()
HASTY = ConnectionLimits(
    opening=0.2,
    handshake=0.2,
    confirmation=0.2,
    half_message=0.2,
    silence=0.2,
    silence_of_strangers=0.2,
    idle=0.2,
    closing=0.2,
)
"""Limits that a test can wait for."""


@dataclass
class Wire:
    """Keeps what a ``Signalling`` delivers, in queues that a test can wait on."""

    tls: TlsIdentity | None = None
    limits: ConnectionLimits = PATIENT
    clock: Clock = field(default_factory=SystemClock)
    expects: Callable[[Hop], OurDemand] | None = None
    messages: asyncio.Queue[tuple[bytes, Source]] = field(default_factory=asyncio.Queue)
    reports: asyncio.Queue[HandshakeReport] = field(default_factory=asyncio.Queue)
    complaints: asyncio.Queue[tuple[bytes, Source, PeerError]] = field(
        default_factory=asyncio.Queue
    )
    traffic: list[Entry] = field(default_factory=list)
    signalling: Signalling = field(init=False)

    def __post_init__(self) -> None:
        self.signalling = Signalling(
            on_message=lambda data, source: self.messages.put_nowait((data, source)),
            on_handshake=self.reports.put_nowait,
            on_malformed=lambda *what: self.complaints.put_nowait(what),
            clock=self.clock,
            tls=self.tls,
            limits=self.limits,
        )
        if self.expects is not None:
            self.signalling.judge_servers_by(self.expects)
        self.signalling.watch_traffic(self.traffic.append)

    async def listen(
        self, transport: Transport, address: str = "127.0.0.1", *, strict: bool = False
    ) -> Hop:
        """Listen on a free port; give the hop that leads there."""
        listener = Listener(
            transport=transport, address=address, port=0, requires_client_certificate=strict
        )
        port = await self.signalling.listen(listener)
        return Hop(transport=transport, address=address, port=port)

    async def message(self) -> tuple[bytes, Source]:
        """Wait for a message."""
        return await asyncio.wait_for(self.messages.get(), 5)

    async def report(self) -> HandshakeReport:
        """Wait for a handshake's report."""
        return await asyncio.wait_for(self.reports.get(), 5)

    async def complaint(self) -> tuple[bytes, Source, PeerError]:
        """Wait for a complaint."""
        return await asyncio.wait_for(self.complaints.get(), 5)

    async def ask(self, other: "Wire", hop: Hop) -> Source:
        """Send OPTIONS to *hop*, where *other* listens and answers; give where it came from."""
        answering = asyncio.ensure_future(other.answer())
        await asyncio.wait_for(self.signalling.send(OPTIONS, hop), 5)
        source = await answering
        assert (await self.message())[0] == OK
        return source

    async def answer(self) -> Source:
        """Take a request, answer it the way it came, and give where it came from."""
        data, source = await self.message()
        assert data == OPTIONS
        await self.signalling.send(OK, source.hop_back())
        return source


def named(hop: Hop, domain: str) -> Hop:
    """Give the same hop under a name."""
    return replace(hop, domain=domain)

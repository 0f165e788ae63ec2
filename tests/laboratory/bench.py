"""The laboratory's bench: an authority, a name server, peers of every temper, and a node that looks."""

import asyncio
import contextlib
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from tests.support import certificates
from tests.support.certificates import BOTH_ROLES, Issued, Key
from tests.support.name_server import NameServer, Zone, serving
from tests.support.sip_wire import OPTIONS, Wire, named

from umbel.app.diagnosing.gateway import diagnose_gateway, served_findings, site_of
from umbel.app.diagnosing.outfit import Asked, outfit
from umbel.app.media_settings import MediaSettings
from umbel.app.settings import ListenerSettings, Settings, TlsSettings
from umbel.core.errors import Unavailable
from umbel.core.findings import Finding
from umbel.diagnosis.observation import Direction, Observation, PeeringState
from umbel.diagnosis.ranking import ranked
from umbel.directory.objects import DialPlan, Gateway, HuntGroup, Transport
from umbel.directory.ports import Configuration
from umbel.identity.names import presented_names
from umbel.net.dns import NameSources
from umbel.net.tls_identity import TlsIdentity
from umbel.sip import hop as hops
from umbel.sip.framing import StreamFramer

NODE = "node01.domain.local"
PEER = "lync.domain.local"
LOOPBACK = "127.0.0.1"
_MUCH = 65536
_FULL = 4
"""Connections that fill the queue of a listener that takes none."""
HASTY = 0.4
"""Seconds that each step may take where the experiment is that nothing comes."""
CALM = 5.0
"""Seconds that each step may take where something comes, if the machine is busy only later."""
LISTENING = 0.8
"""Seconds that both sides of a test call are given to speak."""

Result = TypeVar("Result")
Answer = Callable[[bytes], bytes | None]
"""What a peer answers to a request; ``None``: nothing."""


def now() -> datetime:
    """Give the time of day, to which the certificates of the laboratory are fitted."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Certificate and key as a node or a peer has them."""

    certificate: Path
    key: Path
    issued: Issued


@dataclass(slots=True)
class Authority:
    """An authority of the laboratory."""

    folder: Path
    name: str = "Laboratory Root"
    issued: int = 0
    root: Issued = field(init=False)

    def __post_init__(self) -> None:
        self.root = certificates.authority(self.name, begins=now() - timedelta(days=400))

    @property
    def trust(self) -> Path:
        """Give the file with its own certificate."""
        return self._write("root", pem(self.root.certificate))

    def issue(
        self,
        name: str = NODE,
        *,
        dns: Iterable[str] | None = None,
        usages: Iterable[x509.ObjectIdentifier] = BOTH_ROLES,
        begins: datetime | None = None,
        ends: datetime | None = None,
        by: Sequence[Issued] = (),
        sends: bool = True,
        key: Key | None = None,
        pss: bool = False,
        has_list: bool = True,
    ) -> Files:
        """Issue a certificate; *by* are intermediates, the nearest first, sent along if it *sends*."""
        issuer = by[0] if by else self.root
        leaf = certificates.leaf if has_list else without_list
        one = leaf(
            name,
            issuer=issuer,
            dns=dns,
            usages=usages,
            begins=begins or now() - timedelta(days=100),
            ends=ends or now() + timedelta(days=265),
            key=key,
            pss=pss,
        )
        chain = [one, *by] if sends else [one]
        return self.write(one, [each.certificate for each in chain])

    def write(self, one: Issued, chain: Sequence[x509.Certificate]) -> Files:
        """Write a certificate and its key."""
        self.issued += 1
        return Files(
            certificate=self._write(f"{self.issued}", b"".join(map(pem, chain))),
            key=self._write(f"{self.issued}-key", key_pem(one)),
            issued=one,
        )

    def _write(self, name: str, octets: bytes) -> Path:
        path = self.folder / f"{self.name.replace(' ', '-').lower()}-{name}.pem"
        path.write_bytes(octets)
        return path


def without_list(name: str, **asked: Any) -> Issued:
    """Issue a certificate that names no revocation list."""
    issuer: Issued = asked["issuer"]
    return certificates.issue(
        name,
        issuer=issuer,
        key=asked["key"],
        begins=asked["begins"],
        ends=asked["ends"],
        extensions=[
            (x509.BasicConstraints(ca=False, path_length=None), True),
            certificates.alternative_names((name,)),
            x509.ExtendedKeyUsage(asked["usages"]),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
        ],
    )


def pem(certificate: x509.Certificate) -> bytes:
    """Write a certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM)


def key_pem(issued: Issued) -> bytes:
    """Write a key as PEM."""
    return issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def sealed_key_pem(issued: Issued) -> bytes:
    """Write a key as PEM, with a passphrase."""
    sealed = BestAvailableEncryption(b"a passphrase")
    return issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed)


def http_date(at: datetime) -> str:
    """Write a time of day as the Date header has it (RFC 3261 section 20.17)."""
    return format_datetime(at, usegmt=True)


# --- peers ---------------------------------------------------------------------------------------


def answering(status: str = "200 OK", headers: Mapping[str, str] | None = None) -> Answer:
    """Answer every request but ACK with *status*."""

    def answer(request: bytes) -> bytes | None:
        if request.startswith(b"ACK"):
            return None
        return response(request, status, headers or {})

    return answer


def answering_invites(number: str, answer: Answer, audio: int | None = None) -> Answer:
    """Answer an INVITE for *number* with *answer*, every other with 200 and the audio's port."""
    fine = answering()

    def decide(request: bytes) -> bytes | None:
        if not request.startswith(b"INVITE"):
            return fine(request)
        if f"INVITE sip:{number}@".encode() in request:
            return answer(request)
        return accepting(audio or 9)(request)

    return decide


def accepting(audio: int) -> Answer:
    """Take every call, and ask for its audio at a port; all other requests are fine."""
    sdp = (
        f"v=0\r\no=- 1 1 IN IP4 {LOOPBACK}\r\ns=-\r\nc=IN IP4 {LOOPBACK}\r\nt=0 0\r\n"
        f"m=audio {audio} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    ).encode()
    fine = answering()

    def answer(request: bytes) -> bytes | None:
        if not request.startswith(b"INVITE"):
            return fine(request)
        where = request.split(b" ", 2)[1].decode()
        headers = {"Contact": f"<{where}>", "Content-Type": "application/sdp"}
        head = response(request, "200 OK", headers)
        length = f"Content-Length: {len(sdp)}".encode()
        return head.replace(b"Content-Length: 0", length) + sdp

    return answer


def response(request: bytes, status: str, headers: Mapping[str, str]) -> bytes:
    """Write a response with what a request prescribes."""
    echoed = (b"via:", b"from:", b"to:", b"call-id:", b"cseq:")
    lines = [line for line in request.split(b"\r\n") if line.lower().startswith(echoed)]
    lines = [line + b";tag=peer" if _lacks_tag(line) else line for line in lines]
    lines += [f"{name}: {value}".encode() for name, value in headers.items()]
    return b"\r\n".join([f"SIP/2.0 {status}".encode(), *lines, b"Content-Length: 0", b"", b""])


def _lacks_tag(line: bytes) -> bool:
    return line.lower().startswith(b"to:") and b";tag=" not in line


Judge = Callable[[bytes | None], bool]
"""Whether a peer lets somebody in, by the certificate that was shown, DER."""


def knows(*common_names: str) -> Judge:
    """Go by the common name alone, as Lync does as a server."""

    def judge(certificate: bytes | None) -> bool:
        names = presented_names(certificate).common_names if certificate else ()
        return any(name in common_names for name in names)

    return judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How a peer speaks TLS."""

    files: Files
    trust: Path
    asks: bool = True
    """Whether it wants to see a certificate."""
    lets_in: Judge | None = None
    """Whom it talks to; others it leaves without a word."""
    highest: ssl.TLSVersion | None = None
    """The latest version that it speaks; ``None``: the latest there is."""

    def context(self) -> ssl.SSLContext:
        """Make a server's context."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.files.certificate, self.files.key)
        context.load_verify_locations(self.trust)
        context.verify_mode = ssl.CERT_REQUIRED if self.asks else ssl.CERT_NONE
        if self.highest is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # Old TLS is the point here.
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = self.highest
                context.maximum_version = self.highest
        return context


class Stream:
    """One connection to a peer, plain or TLS; every alert reaches the other side, as from OpenSSL."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: Tls | None
    ) -> None:
        self.writer = writer
        self._reader = reader
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        if tls is not None:
            self._tls = tls.context().wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def shake(self) -> bytes | None:
        """Shake hands, and give the certificate that was shown."""
        if self._tls is None:
            return None
        await self._pumped(self._tls.do_handshake)
        return self._tls.getpeercert(binary_form=True)

    async def read(self) -> bytes:
        """Read some bytes; none at the end."""
        if self._tls is None:
            return await self._reader.read(_MUCH)
        tls = self._tls
        return await self._pumped(lambda: tls.read(_MUCH))

    async def write(self, octets: bytes) -> None:
        """Write."""
        if self._tls is not None:
            self._tls.write(octets)
            octets = self._outgoing.read()
        self.writer.write(octets)
        await self.writer.drain()

    async def _pumped(self, work: Callable[[], Result]) -> Result:
        while True:
            try:
                return work()
            except ssl.SSLWantReadError:
                self.writer.write(self._outgoing.read())
                octets = await self._reader.read(_MUCH)
                self._incoming.write(octets) if octets else self._incoming.write_eof()
            finally:
                self.writer.write(self._outgoing.read())


@asynccontextmanager
async def peer(
    answer: Answer | None, tls: Tls | None = None, *, port: int = 0, address: str = LOOPBACK
) -> AsyncIterator[int]:
    """Be a peer by TCP or TLS; without an *answer* it only listens. Gives the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = Stream(reader, writer, tls)
        shown = await stream.shake()
        if tls is None or tls.lets_in is None or tls.lets_in(shown):
            await _converse(stream, answer)

    async with _server(serve, address, port) as found:
        yield found


async def _converse(stream: Stream, answer: Answer | None) -> None:
    framer = StreamFramer()
    while octets := await stream.read():
        for request in framer.feed(octets):
            said = answer(request) if answer is not None and isinstance(request, bytes) else None
            if said is not None:
                await stream.write(said)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _server(serve: Serve, address: str, port: int) -> AsyncIterator[int]:
    """Serve connections, and leave none behind."""
    guests: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):  # ssl.SSLError is one.
            await serve(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guests[asyncio.ensure_future(receive(reader, writer))] = writer

    server = await asyncio.start_server(begin, address, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in guests.values():
            writer.transport.abort()
        await asyncio.gather(*guests)


@asynccontextmanager
async def speaking(words: bytes) -> AsyncIterator[int]:
    """Be something else at a port: it says *words* once it has heard something, and no more."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(words)
        await reader.read()

    async with _server(serve, LOOPBACK, 0) as port:
        yield port


@asynccontextmanager
async def black_hole() -> AsyncIterator[int]:
    """Be a port whose machine never answers: its queue of connections is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((LOOPBACK, 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(_FULL):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address[1]


class _Datagrams(asyncio.DatagramProtocol):
    """A peer by UDP; it may answer from another port."""

    def __init__(self, answer: Answer | None, mouth: asyncio.DatagramTransport | None) -> None:
        self._answer = answer
        self._mouth = mouth

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._mouth = self._mouth or cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        said = self._answer(data) if self._answer is not None else None
        if said is not None and self._mouth is not None:
            self._mouth.sendto(said, addr)


class _Echo(asyncio.DatagramProtocol):
    """Sends audio back, as a stream of its own; or nothing."""

    def __init__(self, *, is_mute: bool) -> None:
        self._is_mute = is_mute

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        own_source = b"echo"
        if not self._is_mute:
            self._transport.sendto(data[:8] + own_source + data[12:], addr)


@asynccontextmanager
async def echo(*, is_mute: bool = False) -> AsyncIterator[int]:
    """Be an echo for RTP. Gives the port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Echo(is_mute=is_mute), local_addr=(LOOPBACK, 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@asynccontextmanager
async def datagram_peer(
    answer: Answer | None, *, from_elsewhere: bool = False
) -> AsyncIterator[int]:
    """Be a peer by UDP. Gives the port."""
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        mouth = None
        if from_elsewhere:
            mouth, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=(LOOPBACK, 0)
            )
            stack.callback(mouth.close)
        ear, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(answer, mouth), local_addr=(LOOPBACK, 0)
        )
        stack.callback(ear.close)
        yield ear.get_extra_info("sockname")[1]


async def calls_of_a_peer(own: Files, peers: Files, *, ours: Path, theirs: Path) -> Observation:
    """Listen with our certificate, let a peer come that trusts *theirs*, and remember how it went."""
    node, other = (
        Wire(tls=TlsIdentity.load(certificate=one.certificate, key=one.key, trust=trust))
        for one, trust in ((own, ours), (peers, theirs))
    )
    hop = named(await node.listen(hops.Transport.TLS), NODE)
    with contextlib.suppress(Unavailable):
        await other.signalling.send(OPTIONS, hop)
    report = await node.report()
    for wire in (other, node):
        await wire.signalling.close()
    return Observation(
        node=NODE,
        gateway="lync",
        transport=hops.Transport.TLS,
        direction=Direction.FROM_GATEWAY,
        state=PeeringState.UP,
        since=report.at,
        at=report.at,
        handshake=report,
    )


# --- the node that looks -------------------------------------------------------------------------

ZONE: Zone = {(PEER, "A"): [LOOPBACK]}


@dataclass(slots=True)
class Bench:
    """Everything that an experiment needs, set up well; each breaks what it is about."""

    folder: Path
    authority: Authority = field(init=False)
    stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    def __post_init__(self) -> None:
        self.authority = Authority(self.folder)

    def tls(self, name: str = PEER, **different: Any) -> Tls:
        """Give a peer's TLS that is in order, but for what is *different*."""
        asked = {"files": None, "trust": self.authority.trust, **different}
        asked["files"] = asked["files"] or self.authority.issue(name)
        return Tls(**asked)

    async def peer(self, answer: Answer | None = None, tls: Tls | None = None, **more: Any) -> int:
        """Let a peer live until the experiment is over."""
        return await self.stack.enter_async_context(peer(answer or answering(), tls, **more))

    async def enter(self, living: contextlib.AbstractAsyncContextManager[Any]) -> Any:
        """Let something live until the experiment is over."""
        return await self.stack.enter_async_context(living)

    def settings(self, own: Files | None, *, listens: Iterable[Transport], **more: Any) -> Settings:
        """Give the settings of the node."""
        tls = None
        if own is not None:
            tls = TlsSettings(
                certificate=str(own.certificate),
                key=str(own.key),
                trust=str(more.get("trust") or self.authority.trust),
            )
        listeners = more.get("listeners") or tuple(
            ListenerSettings(transport=one, address=LOOPBACK, port=1) for one in listens
        )
        media = MediaSettings(first_port=41000, last_port=41999)
        return Settings(listener=listeners, tls=tls, media=media)

    async def diagnose(
        self,
        gateway: Gateway,
        *,
        own: Files | None = None,
        zone: Zone = ZONE,
        server: NameServer | None = None,
        listens: Iterable[Transport] = tuple(Transport),
        configuration: Configuration | None = None,
        neighbours: Sequence[int] = (),
        call: str = "",
        in_vain: bool = False,
        observations: Sequence[Observation] = (),
        **more: Any,
    ) -> Sequence[Finding]:
        """
        Have the node look at *gateway*, by names of the laboratory's own DNS.

        It knocks only at *neighbours*: other tests have the usual ports meanwhile. What waits
        *in_vain* does not wait long.
        """
        settings = self.settings(own, listens=listens, **more)
        patience = HASTY if in_vain else CALM
        async with serving(server or NameServer(zone)) as place:
            sources = NameSources(
                hosts_file=None, name_servers=[place], asks_system=False, patience=patience
            )
            asked = Asked(
                node=NODE,
                trust=Path(settings.tls.trust) if settings.tls else self.authority.trust,
                patience=patience,
                sources=sources,
                call=call,
                listens=LISTENING,
            )
            equipment = outfit(asked, settings)
            walker = replace(equipment.walker, neighbours=lambda _port: neighbours)
            equipment = replace(equipment, walker=walker)
            site = await site_of(configuration or configured(gateway), settings, equipment)
            diagnosis = await diagnose_gateway(gateway, equipment, site, observations)
            served = await served_findings(settings.listener, equipment)
        return ranked([*diagnosis.findings, *served])


def configured(*gateways: Gateway, plan: DialPlan | None = None) -> Configuration:
    """Give a configuration in which every gateway has a hunt group."""
    plan = plan or DialPlan(name="office")
    groups = [HuntGroup(name=it.name, gateway=it.name, dial_plan=plan.name) for it in gateways]
    return Configuration(
        dial_plans={plan.name: plan},
        gateways={it.name: it for it in gateways},
        hunt_groups={group.name: group for group in groups},
    )


def lync(port: int | None, address: str = PEER, **more: Any) -> Gateway:
    """Give a gateway over TLS that goes by the common name, as Lync does."""
    asked: dict[str, Any] = {"transport": Transport.TLS, "rule": "lync", **more}
    return Gateway(name="lync", address=address, port=port, **asked)


def plain(port: int | None, address: str = PEER, **more: Any) -> Gateway:
    """Give a gateway by TCP."""
    asked: dict[str, Any] = {"transport": Transport.TCP, **more}
    return Gateway(name="pbx", address=address, port=port, **asked)


Experiment = Callable[[Bench, bool], Awaitable[Sequence[Finding]]]

"""Handshakes that break off: at each step, in each way, in both roles and versions of TLS."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.support.authority import Authority
from tests.support.half_way import HalfWay, close, cut, take_all
from tests.support.raw_peer import closing, rest, serving, stranger
from tests.support.sip_wire import OPTIONS, PATIENT, Wire, named
from tests.support.still_clock import StillClock

from umbel.core.errors import Unavailable
from umbel.identity.handshake import Alert, Closer, Ending, HandshakeReport
from umbel.sip.hop import Hop, Transport

TLS, TCP = Transport.TLS, Transport.TCP
UM, GATEWAY = "um.example.org", "gateway.example.org"
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
WATCHFUL = replace(PATIENT, confirmation=0.1)
"""As patient as ever by the clock of the test, but looking at it often."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that both sides trust."""
    return Authority(tmp_path)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a handshake comes."""

    version: ssl.TLSVersion
    records: int
    """How many records the peer sends."""
    progress: str
    """Where we are then."""

    def __str__(self) -> str:
        return f"{self.version.name} {self.progress}"


UP = "after the handshake, before the first message"
OF_SERVERS = (
    Step(TLS_1_2, 0, "after our ClientHello"),
    Step(TLS_1_2, 1, "after its ServerHello"),
    Step(TLS_1_2, 2, "after its Certificate"),
    Step(TLS_1_2, 3, "after its ServerKeyExchange"),
    Step(TLS_1_2, 4, "after its CertificateRequest"),
    Step(TLS_1_2, 5, "after our Finished"),
    Step(TLS_1_2, 7, UP),
    Step(TLS_1_3, 0, "after our ClientHello"),
    Step(TLS_1_3, 1, "after its ServerHello"),
    Step(TLS_1_3, 3, "after its EncryptedExtensions"),
    Step(TLS_1_3, 4, "after its CertificateRequest"),
    Step(TLS_1_3, 5, "after its Certificate"),
    Step(TLS_1_3, 6, "after its CertificateVerify"),
    Step(TLS_1_3, 7, UP),
)
"""What a server sends; TLS 1.3 has a ChangeCipherSpec for show behind ServerHello."""
OF_CLIENTS = (
    Step(TLS_1_2, 0, "before the first message of the handshake"),
    Step(TLS_1_2, 1, "after our ServerHelloDone"),
    Step(TLS_1_2, 2, "after its Certificate"),
    Step(TLS_1_2, 3, "after its ClientKeyExchange"),
    Step(TLS_1_2, 4, "after its CertificateVerify"),
    Step(TLS_1_2, 6, UP),
    Step(TLS_1_3, 0, "before the first message of the handshake"),
    Step(TLS_1_3, 1, "after our Finished"),
    Step(TLS_1_3, 3, "after its Certificate"),
    Step(TLS_1_3, 4, "after its CertificateVerify"),
    Step(TLS_1_3, 5, UP),
)


@dataclass(frozen=True, slots=True)
class Way:
    """How a peer breaks off, and what is to be reported."""

    act: Callable[[socket.socket], None]
    ending: Ending
    closer: Closer
    detail: str
    """Up to how far the handshake had come."""

    def __str__(self) -> str:
        return self.ending.value


WAYS = (
    Way(take_all, Ending.TIMED_OUT, Closer.US, "nothing more came"),
    Way(close, Ending.CLOSED_BY_PEER, Closer.PEER, "the peer closed the connection"),
    Way(cut, Ending.RESET_BY_PEER, Closer.PEER, "the peer reset the connection"),
)


async def until(condition: Callable[[], bool]) -> None:
    """Give the loop turns until *condition* holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what the kernel does has no event here
            await asyncio.sleep(0.001)


async def broken_off(wire: Wire, clock: StillClock, peer: HalfWay, step: Step) -> HandshakeReport:
    """Wait until the handshake has come as far as *step*, break it off, and give its report."""
    await until(
        lambda: [it._layer.progress for it in wire.signalling._connections] == [step.progress]
    )
    if peer.then is take_all:
        clock.go_on(WATCHFUL.handshake + 1)
        report = await wire.report()
        peer.may_go_on.set()
        return report
    peer.may_go_on.set()
    return await wire.report()


def check(report: HandshakeReport, step: Step, way: Way) -> None:
    """Check what is reported of a handshake that was broken off."""
    if step.progress == UP and way.ending is Ending.TIMED_OUT:
        assert (report.ending, report.detail) == (Ending.SUCCEEDED, "")
        assert (report.closed_by, report.closed_after) == (None, "")
        return
    assert (report.ending, report.closed_by) == (way.ending, way.closer)
    assert report.detail == f"{way.detail} {step.progress}"
    assert report.closed_after == step.progress
    assert report.alerts == ()


@pytest.mark.parametrize("way", WAYS, ids=str)
class TestAtEachStep:
    @pytest.mark.parametrize("step", OF_SERVERS, ids=str)
    async def test_by_a_server(self, authority: Authority, step: Step, way: Way) -> None:
        """At the last one, TLS 1.3 has had us believe in success; our request is on its way."""
        context = authority.server_context(UM)
        context.maximum_version, context.num_tickets = step.version, 0
        context.options |= ssl.OP_NO_TICKET
        peer = HalfWay(context=context, records=step.records, then=way.act, is_server=True)
        clock = StillClock()
        client = Wire(tls=authority.identity(GATEWAY), limits=WATCHFUL, clock=clock)
        async with serving(peer, TLS) as hop, closing(client):
            sending = asyncio.ensure_future(client.signalling.send(OPTIONS, named(hop, UM)))
            report = await broken_off(client, clock, peer, step)
            outcome = (await asyncio.gather(sending, return_exceptions=True))[0]

        check(report, step, way)
        assert isinstance(outcome, Unavailable) == (report.ending is not Ending.SUCCEEDED)
        assert report.sip_sent == (len(OPTIONS) if step.progress == UP else 0)

    @pytest.mark.parametrize("step", OF_CLIENTS, ids=str)
    async def test_by_a_client(self, authority: Authority, step: Step, way: Way) -> None:
        """At the last one, it has seen our certificate and says no word of SIP."""
        context = authority.client_context(GATEWAY)
        context.maximum_version = step.version
        peer = HalfWay(context=context, records=step.records, then=way.act)
        clock = StillClock()
        server = Wire(tls=authority.identity(UM), limits=WATCHFUL, clock=clock)
        async with closing(server):
            hop = await server.listen(TLS)
            calling = asyncio.get_running_loop().run_in_executor(
                None, peer.connect, hop.address, hop.port
            )
            report = await broken_off(server, clock, peer, step)
            await server.signalling.close()
            await calling

        check(report, step, way)
        assert (report.sip_received, report.sip_sent) == (0, 0)


def answering(octets: bytes) -> Callable[[socket.socket], None]:
    """Be a server that answers whatever comes with *octets*, and closes."""

    def act(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(octets)
        close(connection)

    return act


async def trouble(wire: Wire, hop: Hop) -> str:
    """Send a request that cannot arrive; give the reason."""
    with pytest.raises(Unavailable) as error:
        await wire.signalling.send(OPTIONS, hop)
    return str(error.value)


class TestPeerOfAnotherProtocol:
    @pytest.mark.parametrize(
        ("octets", "said"),
        [
            (b"SIP/2.0 400 Bad Request\r\n\r\n", "the peer speaks SIP without TLS"),
            (b"OPTIONS sip:um.example.org SIP/2.0\r\n\r\n", "the peer speaks SIP without TLS"),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "the peer speaks HTTP"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", "the peer does not speak TLS"),
        ],
    )
    @pytest.mark.parametrize("is_server", [True, False], ids=["server", "client"])
    async def test_on_a_tls_port_is_known_by_its_first_bytes(
        self, authority: Authority, octets: bytes, said: str, is_server: bool
    ) -> None:
        """Whichever side it is."""
        wire = Wire(tls=authority.identity(GATEWAY))
        async with closing(wire):
            if is_server:
                async with serving(answering(octets), TLS) as hop:
                    assert said in await trouble(wire, hop)
            else:
                async with stranger(await wire.listen(TLS)) as (reader, writer):
                    writer.write(octets)
                    assert await rest(reader) == b""
            report = await wire.report()

        assert (report.ending, report.closed_by) == (Ending.NOT_TLS, Closer.US)
        assert report.detail.startswith(f"{said}; its first bytes are '{octets[:7].decode()}")

    async def test_tls_on_our_tcp_port_shows_what_it_wanted(self, authority: Authority) -> None:
        """A ClientHello is not encrypted: it says whom it is for, and what it offers."""
        server, client = Wire(), Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            hop = replace(await server.listen(TCP), transport=TLS, domain=UM)
            reason = await trouble(client, hop)
            ours, theirs = await server.report(), await client.report()

        assert (ours.ending, ours.closed_by) == (Ending.NOT_TLS, Closer.US)
        assert ours.detail == "the peer begins with TLS on a port that takes plain TCP"
        assert ours.server_name == UM
        assert ours.versions_offered == ("TLSv1.3", "TLSv1.2")
        assert "TLS_AES_128_GCM_SHA256" in ours.ciphers_offered
        assert (theirs.ending, theirs.closed_by) == (Ending.CLOSED_BY_PEER, Closer.PEER)
        assert reason.endswith("the peer closed the connection after our ClientHello")

    async def test_tls_where_we_speak_tcp_is_known_by_its_alert(self) -> None:
        """So most TLS servers answer what is no TLS; the alert is not encrypted either."""
        client = Wire()
        alert = b"\x15\x03\x01\x00\x02\x02\x46"
        async with closing(client), serving(answering(alert)) as hop:
            reason = await trouble(client, hop)
            report = await client.report()

        assert (report.ending, report.closed_by) == (Ending.NOT_TLS, Closer.US)
        assert report.detail == "this port, which we reach by plain TCP, answers with TLS"
        assert reason.endswith(report.detail)
        assert report.alerts == (
            Alert(sent_by_us=False, description="protocol_version", is_fatal=True),
        )

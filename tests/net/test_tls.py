"""SIP over TLS, and what is known of every handshake."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.authority import PAST, Authority
from tests.support.raw_peer import closing, deaf, reset, rest, serving, stranger
from tests.support.sip_wire import HASTY, OK, OPTIONS, PATIENT, Wire, named

from umbel.core.errors import Unavailable
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import Alert, Ending, HandshakeReport, Role
from umbel.identity.names import presented_names
from umbel.identity.rules import PINNED, RFC_9525
from umbel.net.tls_observation import Observation
from umbel.sip.hop import Transport

TLS = Transport.TLS
UM, GATEWAY = "um.example.org", "gateway.example.org"

both_versions = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"]
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that both sides trust."""
    return Authority(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Authority:
    """One that the other side does not know."""
    return Authority(tmp_path)


def done(_result: object) -> None:
    """Have no result."""


def alert(description: str, *, sent_by_us: bool) -> Alert:
    return Alert(sent_by_us=sent_by_us, description=description, is_fatal=True)


def steps(report: HandshakeReport) -> list[tuple[bool, str]]:
    return [(step.sent_by_us, step.message) for step in report.steps]


class TestMutualTls:
    @pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
    async def test_carries_a_request_and_its_answer(
        self, authority: Authority, address: str
    ) -> None:
        """The request brings the proof of who sent it."""
        gateway = authority.identity(GATEWAY)
        server, client = Wire(tls=authority.identity(UM)), Wire(tls=gateway)
        async with closing(server, client):
            hop = named(await server.listen(TLS, address, strict=True), UM)
            source = await client.ask(server, hop)

            assert source.handshake is not None
            assert source.handshake.is_verified
            assert source.handshake.peer_chain[:1] == gateway.chain

    async def test_is_reported_by_both_sides(self, authority: Authority) -> None:
        """Each saw the other's chain, and what was asked for."""
        um, gateway = authority.identity(UM), authority.identity(GATEWAY)
        server, client = Wire(tls=um), Wire(tls=gateway)
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            await client.ask(server, hop)
            ours, theirs = await client.report(), await server.report()

            assert (ours.role, theirs.role) == (Role.CLIENT, Role.SERVER)
            assert ours.ending is theirs.ending is Ending.SUCCEEDED
            assert ours.local == theirs.remote
            assert ours.remote == theirs.local == ("127.0.0.1", hop.port)
            assert ours.own_chain == theirs.peer_chain
            assert theirs.own_chain == ours.peer_chain
            assert (ours.own_chain[0], theirs.own_chain[0]) == (gateway.chain[0], um.chain[0])
            assert ours.server_name == theirs.server_name == UM
            assert ours.version == theirs.version == "TLSv1.3"
            assert ours.cipher
            assert ours.took > 0
            assert steps(ours)[0] == (True, "ClientHello")
            assert steps(theirs)[-1] == (False, "Finished")

    @both_versions
    async def test_asks_the_client_for_a_certificate(
        self, authority: Authority, version: ssl.TLSVersion
    ) -> None:
        """It is requested always, and its chain is kept in either version."""
        server = Wire(tls=authority.identity(UM))
        context = authority.client_context(GATEWAY)
        context.maximum_version = version
        async with closing(server), stranger(await server.listen(TLS), context) as (_, writer):
            writer.write(OPTIONS)
            await server.message()
            report = await server.report()

            assert report.is_verified
            assert report.peer_chain

    async def test_is_not_resumed(self, authority: Authority) -> None:
        """Each connection shows its certificate anew: no ticket is given out."""
        server = Wire(tls=authority.identity(UM))
        context = authority.client_context(GATEWAY)
        async with closing(server), stranger(await server.listen(TLS), context) as (_, writer):
            writer.write(OPTIONS)
            await server.message()

            assert (True, "NewSessionTicket") not in steps(await server.report())
            assert not writer.get_extra_info("ssl_object").session.has_ticket


class TestClientWithoutCertificate:
    async def test_is_served_and_nobody(self, authority: Authority) -> None:
        """Whether that is enough is decided where the request is understood."""
        server = Wire(tls=authority.identity(UM))
        context = authority.client_context()
        async with closing(server), stranger(await server.listen(TLS), context) as (_, writer):
            writer.write(OPTIONS)
            _, source = await server.message()

            assert source.handshake is not None
            assert not source.handshake.is_verified
            assert source.handshake.peer_chain == ()

    @pytest.mark.parametrize(
        ("version", "said"),
        [
            (ssl.TLSVersion.TLSv1_2, "handshake_failure"),
            (ssl.TLSVersion.TLSv1_3, "certificate_required"),
        ],
    )
    async def test_is_refused_where_the_listener_requires_one(
        self, authority: Authority, version: ssl.TLSVersion, said: str
    ) -> None:
        """With the alert that the version has for it."""
        server = Wire(tls=authority.identity(UM))
        context = authority.client_context()
        context.maximum_version = version
        async with closing(server):
            hop = await server.listen(TLS, strict=True)
            with pytest.raises(ssl.SSLError):
                async with stranger(hop, context) as (reader, _):
                    await rest(reader)
            report = await server.report()

            assert report.ending is Ending.REFUSED_BY_US
            assert "peer did not return a certificate" in report.detail
            assert report.alerts == (alert(said, sent_by_us=True),)


class TestCertificateThatWeRefuse:
    @both_versions
    async def test_of_a_client_is_reported_with_its_chain(
        self, authority: Authority, other: Authority, version: ssl.TLSVersion
    ) -> None:
        """By a strict listener; a lenient one answers its first request."""
        server = Wire(tls=authority.identity(UM))
        context = other.client_context(GATEWAY)
        authority.ca.configure_trust(context)
        context.maximum_version = version
        async with closing(server):
            hop = await server.listen(TLS, strict=True)
            with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
                async with stranger(hop, context) as (reader, _):
                    await rest(reader)
            report = await server.report()

            assert report.ending is Ending.REFUSED_BY_US
            assert report.verify_code == 19
            assert report.verify_text == "self-signed certificate in certificate chain"
            assert report.peer_chain
            assert report.alerts == (alert("unknown_ca", sent_by_us=True),)
            assert server.messages.empty()

    async def test_of_a_client_that_expired(self, authority: Authority) -> None:
        """The alert says so, and so does the report."""
        server = Wire(tls=authority.identity(UM))
        client = Wire(tls=authority.identity(GATEWAY, expires=PAST))
        async with closing(server, client):
            hop = named(await server.listen(TLS, strict=True), UM)
            with pytest.raises(Unavailable, match="sent the alert certificate_expired"):
                await client.signalling.send(OPTIONS, hop)
            report = await server.report()

            assert (report.verify_code, report.verify_text) == (10, "certificate has expired")

    async def test_of_a_server_of_another_authority(
        self, authority: Authority, other: Authority
    ) -> None:
        """The sender learns why, the server that it was refused."""
        server = Wire(tls=other.identity(UM))
        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            with pytest.raises(Unavailable) as error:
                await client.signalling.send(OPTIONS, hop)
            ours, theirs = await client.report(), await server.report()

            assert str(error.value) == (
                f"TLS to 127.0.0.1:{hop.port} ({UM}): the peer's certificate was refused: "
                "self-signed certificate in certificate chain"
            )
            assert ours.ending is Ending.REFUSED_BY_US
            assert ours.peer_chain[0] == theirs.own_chain[0]
            assert theirs.ending is Ending.REFUSED_BY_PEER
            assert theirs.alerts == (alert("unknown_ca", sent_by_us=False),)

    async def test_of_a_server_that_expired(self, authority: Authority) -> None:
        """With the evidence in the report."""
        server = Wire(tls=authority.identity(UM, expires=PAST))
        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            with pytest.raises(Unavailable, match="certificate has expired"):
                await client.signalling.send(OPTIONS, hop)

            assert (await client.report()).verify_code == 10

    async def test_of_a_server_of_another_name(self, authority: Authority) -> None:
        """The name is the domain of the hop, before DNS (RFC 5922 section 7.3)."""
        server = Wire(tls=authority.identity("elsewhere.example.org"))
        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            with pytest.raises(Unavailable, match=f"we expect {UM}, by the rule rfc5922"):
                await client.signalling.send(OPTIONS, hop)
            report = await client.report()

            assert report.ending is Ending.REFUSED_BY_US
            assert report.is_somebody_else
            assert not report.is_verified
            assert report.verify_code == 0
            assert report.peer_chain
            assert report.detail == (
                "the peer's certificate carries elsewhere.example.org; "
                f"we expect {UM}, by the rule rfc5922"
            )

    async def test_is_told_as_far_as_tls_has_words_for_it(self, authority: Authority) -> None:
        """The server sees a handshake that went well, and a good-bye before any request."""
        server = Wire(tls=authority.identity("elsewhere.example.org"))
        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            with pytest.raises(Unavailable):
                await client.signalling.send(OPTIONS, hop)
            report = await server.report()

            assert report.ending is Ending.CLOSED_BY_PEER
            assert "close_notify" in report.detail
            assert server.messages.empty()

    async def test_is_checked_for_the_address_where_no_name_is_known(
        self, authority: Authority
    ) -> None:
        """No server name is asked for then: an address is none (RFC 6066 section 3)."""
        server = Wire(tls=authority.identity("127.0.0.1"))
        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            await client.ask(server, await server.listen(TLS))

            assert (await client.report()).server_name is None


def refusing(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    """Be a TLS server that refuses, or accepts and closes without a word."""

    def act(connection: socket.socket) -> None:
        with connection.dup() as tcp:
            try:
                with context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(1)
            except ssl.SSLError:
                # Take what the client has to say, so that no reset overtakes the alert.
                while tcp.recv(65536):
                    pass

    return act


class TestPeerThatRefusesOurCertificate:
    @both_versions
    async def test_tells_it_by_an_alert(
        self, authority: Authority, other: Authority, version: ssl.TLSVersion
    ) -> None:
        """With TLS 1.3 the alert comes after our handshake succeeded (RFC 8446 section 4.4)."""
        context = authority.server_context(UM)
        context.maximum_version = version
        client = Wire(tls=other.identity(GATEWAY, trusts=authority))
        async with closing(client), serving(refusing(context), TLS) as hop:
            with pytest.raises(Unavailable, match="the peer sent the alert unknown_ca after "):
                await client.signalling.send(OPTIONS, named(hop, UM))
            report = await client.report()

            assert report.ending is Ending.REFUSED_BY_PEER
            assert report.alerts[0] == alert("unknown_ca", sent_by_us=False)
            assert report.own_chain
            assert not report.is_verified
            assert client.reports.empty()

    @both_versions
    async def test_closes_without_a_word(
        self, authority: Authority, version: ssl.TLSVersion
    ) -> None:
        """As Lync does with a server whose common name it does not know."""
        context = authority.server_context(UM)
        context.maximum_version = version
        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(client), serving(refusing(context), TLS) as hop:
            with pytest.raises(Unavailable, match="after the handshake, before the first message"):
                await client.signalling.send(OPTIONS, named(hop, UM))
            report = await client.report()

            assert report.ending is Ending.CLOSED_BY_PEER
            assert report.own_chain

    async def test_resets_the_connection(self, authority: Authority) -> None:
        """As a peer does that closes with our request unread."""
        context = authority.server_context(UM)

        def act(connection: socket.socket) -> None:
            reset(context.wrap_socket(connection, server_side=True))

        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(client), serving(act, TLS) as hop:
            with pytest.raises(Unavailable, match="the peer reset the connection after the hand"):
                await client.signalling.send(OPTIONS, named(hop, UM))

            assert (await client.report()).ending is Ending.RESET_BY_PEER

    async def test_after_the_time_of_grace_is_reported_too(self, authority: Authority) -> None:
        """The connection was counted as up; but nothing ever came on it."""
        context = authority.server_context(UM)
        may_close = threading.Event()

        def act(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(65536)
                may_close.wait(5)

        client = Wire(tls=authority.identity(GATEWAY), limits=replace(PATIENT, confirmation=0.1))
        async with closing(client), serving(act, TLS) as hop:
            await client.signalling.send(OPTIONS, named(hop, UM))
            first = await client.report()
            may_close.set()
            second = await client.report()

            assert (first.ending, second.ending) == (Ending.SUCCEEDED, Ending.CLOSED_BY_PEER)


class TestHandshakeThatBreaksOff:
    async def test_because_the_server_hangs(self, authority: Authority) -> None:
        """It took TCP, and says nothing: 5061 behind a broken load balancer."""
        may_end = threading.Event()
        client = Wire(tls=authority.identity(GATEWAY), limits=HASTY)
        async with closing(client):
            async with serving(lambda _: done(may_end.wait(5)), TLS) as hop:
                with pytest.raises(Unavailable, match="nothing more came after our ClientHello"):
                    await client.signalling.send(OPTIONS, hop)
                may_end.set()

            assert (await client.report()).ending is Ending.TIMED_OUT

    async def test_because_the_client_hangs(self, authority: Authority) -> None:
        """Connections that say nothing are not kept for ever."""
        server = Wire(tls=authority.identity(UM), limits=HASTY)
        async with closing(server), stranger(await server.listen(TLS)) as (reader, _):
            assert await rest(reader) == b""
            report = await server.report()

            assert report.ending is Ending.TIMED_OUT
            assert report.detail == "nothing more came before the first message of the handshake"
            assert report.took >= 0.2

    async def test_because_the_server_closes(self, authority: Authority) -> None:
        """Right after ClientHello: a middlebox, or a server without a certificate."""
        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(client):
            async with serving(lambda peer: done(peer.recv(65536)), TLS) as hop:
                with pytest.raises(Unavailable, match="peer closed the connection after our Clie"):
                    await client.signalling.send(OPTIONS, hop)

            assert (await client.report()).ending is Ending.CLOSED_BY_PEER

    async def test_because_the_server_resets(self, authority: Authority) -> None:
        """A firewall that rejects what it recognises."""

        def act(connection: socket.socket) -> None:
            connection.recv(65536)
            reset(connection)

        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(client), serving(act, TLS) as hop:
            with pytest.raises(Unavailable, match="the peer reset the connection after our Client"):
                await client.signalling.send(OPTIONS, hop)

            assert (await client.report()).ending is Ending.RESET_BY_PEER

    async def test_because_the_client_closes(self, authority: Authority) -> None:
        """A port scan, or a health check of TCP."""
        server = Wire(tls=authority.identity(UM))
        async with closing(server):
            async with stranger(await server.listen(TLS)):
                pass
            report = await server.report()

            assert report.ending is Ending.CLOSED_BY_PEER
            assert report.steps == ()

    async def test_because_this_node_shuts_down(self, authority: Authority) -> None:
        """Even that is reported as what it is."""
        server = Wire(tls=authority.identity(UM))
        hop = await server.listen(TLS)
        async with stranger(hop) as (reader, _):
            await until(lambda: server.signalling.connections == 1)
            await server.signalling.close()
            await rest(reader)
        report = await server.report()

        assert report.ending is Ending.REFUSED_BY_US
        assert report.detail.endswith("this node is shutting down")

    async def test_because_of_a_record_that_is_too_large(self, authority: Authority) -> None:
        """RFC 8446 section 5.1: at most 2^14 octets."""
        server = Wire(tls=authority.identity(UM))
        async with closing(server), stranger(await server.listen(TLS)) as (reader, writer):
            writer.write(b"\x16\x03\x01\xff\xff" + bytes(0xFFFF))
            said = await rest(reader)
            report = await server.report()

            assert report.ending is Ending.REFUSED_BY_US
            assert report.alerts == (alert("record_overflow", sent_by_us=True),)
            assert said[-2:] == bytes([2, 22])

    async def test_because_the_peer_cannot_be_reached(self, authority: Authority) -> None:
        """There is no handshake to report."""
        client = Wire(tls=authority.identity(GATEWAY), limits=HASTY)
        async with closing(client), deaf(TLS) as hop:
            with pytest.raises(Unavailable, match="no answer to the TCP connection"):
                await client.signalling.send(OPTIONS, hop)

            assert client.reports.empty()


async def until(condition: Callable[[], bool]) -> None:
    """Give the loop turns until *condition* holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what the kernel does has no event here
            await asyncio.sleep(0.001)


class TestPeerThatDoesNotSpeakTls:
    @pytest.mark.parametrize(
        ("first", "said"),
        [
            (OPTIONS, "the peer speaks SIP without TLS; its first bytes are 'OPTIONS sip:umbel."),
            (b"GET / HTTP/1.1\r\n\r\n", "the peer speaks HTTP; its first bytes are 'GET / HTTP"),
        ],
    )
    async def test_is_recognised_by_its_first_bytes(
        self, authority: Authority, first: bytes, said: str
    ) -> None:
        """The port is mixed up, not the certificate."""
        server = Wire(tls=authority.identity(UM))
        async with closing(server), stranger(await server.listen(TLS)) as (reader, writer):
            writer.write(first)
            assert await rest(reader) == b""
            report = await server.report()

            assert report.ending is Ending.NOT_TLS
            assert report.detail.startswith(said)
            assert server.messages.empty()

    async def test_as_server_too(self, authority: Authority) -> None:
        """A gateway whose 5061 is plain SIP."""

        def act(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(b"SIP/2.0 400 Bad Request\r\n\r\n")

        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(client), serving(act, TLS) as hop:
            with pytest.raises(Unavailable, match="the peer speaks SIP without TLS"):
                await client.signalling.send(OPTIONS, hop)

            assert (await client.report()).ending is Ending.NOT_TLS

    async def test_and_expects_plain_tcp_where_we_speak_tls(self, authority: Authority) -> None:
        """The reverse: our TLS on their plain port; they find it out."""
        server, client = Wire(), Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            hop = replace(await server.listen(Transport.TCP), transport=TLS, domain=UM)
            with pytest.raises(
                Unavailable, match="peer closed the connection after our ClientHello"
            ):
                await client.signalling.send(OPTIONS, hop)
            report = await server.report()

            assert report.ending is Ending.NOT_TLS
            assert report.server_name == UM


class TestConnectionsForDifferentNames:
    async def test_are_never_shared(self, authority: Authority) -> None:
        """A peer that proved to be one name is not another (RFC 5923 section 5)."""
        server = Wire(tls=authority.identity(UM, GATEWAY))
        client = Wire(tls=authority.identity("client.example.org"))
        async with closing(server, client):
            hop = await server.listen(TLS)
            first = await client.ask(server, named(hop, UM))
            second = await client.ask(server, named(hop, GATEWAY))
            again = await client.ask(server, named(hop, UM))

            assert first.connection == again.connection
            assert first.connection != second.connection

    async def test_are_not_shared_by_asking_for_one_of_them(self, authority: Authority) -> None:
        """Naming a connection is a wish; the name to prove is a demand."""
        server = Wire(tls=authority.identity(UM, GATEWAY))
        client = Wire(tls=authority.identity("client.example.org"))
        async with closing(server, client):
            hop = await server.listen(TLS)
            first = await client.ask(server, named(hop, UM))
            await server.signalling.send(OPTIONS, first.hop_back())
            mine = (await client.message())[1].connection
            second = await client.ask(server, replace(hop, domain=GATEWAY, connection=mine))

            assert first.connection != second.connection


class TestRuleOfOurOwn:
    async def test_decides_about_the_name_in_place_of_openssl(self, authority: Authority) -> None:
        """A wildcard is no SIP domain, unless the rule for this peer takes wildcards."""
        server = Wire(tls=authority.identity("*.example.org"))
        by_rfc_9525 = OurDemand.of(UM, rule=RFC_9525)
        strict = Wire(tls=authority.identity(GATEWAY))
        tolerant = Wire(tls=authority.identity(GATEWAY), expects=lambda _hop: by_rfc_9525)
        async with closing(server, strict, tolerant):
            hop = named(await server.listen(TLS), UM)
            with pytest.raises(Unavailable, match=r"carries \*\.example\.org"):
                await strict.signalling.send(OPTIONS, hop)
            await tolerant.ask(server, hop)

    async def test_may_ask_for_one_key(self, authority: Authority) -> None:
        """Whatever the names say; OpenSSL still has to vouch for the chain."""
        um, other = authority.identity(UM), authority.identity(UM)
        pin = presented_names(um.chain[0]).public_key_pin
        server, wrong = Wire(tls=um), Wire(tls=other)
        client = Wire(
            tls=authority.identity(GATEWAY), expects=lambda _hop: OurDemand.of(pin, rule=PINNED)
        )
        async with closing(server, wrong, client):
            await client.ask(server, await server.listen(TLS))
            with pytest.raises(Unavailable, match=f"we expect {pin}, by the rule pinned"):
                await client.signalling.send(OPTIONS, await wrong.listen(TLS))

    async def test_that_changes_is_proved_anew(self, authority: Authority) -> None:
        """A connection stands for what was proved on it, and for nothing else (RFC 5923, 9.3)."""
        demands = [OurDemand.of(UM)]
        server = Wire(tls=authority.identity(UM, "pool.example.org"))
        client = Wire(tls=authority.identity(GATEWAY), expects=lambda _hop: demands[-1])
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            first = await client.ask(server, hop)
            again = await client.ask(server, hop)
            demands.append(OurDemand.of("pool.example.org"))
            changed = await client.ask(server, hop)

            assert first.connection == again.connection
            assert changed.connection != first.connection


class TestIdentityThatIsRenewed:
    async def test_serves_the_next_connection(self, authority: Authority) -> None:
        """Without a restart; who is connected stays so."""
        old, new = authority.identity(UM), authority.identity(UM)
        server, client = Wire(tls=old), Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            source = await client.ask(server, hop)
            server.signalling.set_tls_identity(new)
            client.signalling.set_tls_identity(authority.identity(GATEWAY))
            await server.signalling.send(OPTIONS, source.hop_back())
            await client.message()
            await client.ask(server, hop)
            first, second = await client.report(), await client.report()

            assert (first.peer_chain[0], second.peer_chain[0]) == (old.chain[0], new.chain[0])

    async def test_leaves_a_connection_to_those_who_name_it(self, authority: Authority) -> None:
        """A dialog goes on where it was."""
        server = Wire(tls=authority.identity(UM))
        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            source = await client.ask(server, hop)
            await server.signalling.send(OPTIONS, source.hop_back())
            mine = (await client.message())[1].connection
            client.signalling.set_tls_identity(authority.identity(GATEWAY))
            again = await client.ask(server, replace(hop, connection=mine))

            assert again.connection == source.connection


class TestNodeWithoutTls:
    async def test_says_so_to_who_sends(self) -> None:
        """Not every node has a certificate."""
        wire = Wire()
        async with deaf(TLS) as hop:
            with pytest.raises(Unavailable, match="this node has no TLS certificate"):
                await wire.signalling.send(OPTIONS, hop)

    async def test_refuses_a_name_that_none_can_have(self, authority: Authority) -> None:
        """The name comes from a URI, that is, from anybody."""
        wire = Wire(tls=authority.identity(UM))
        async with deaf(TLS) as hop:
            with pytest.raises(Unavailable, match="cannot be a server's name"):
                await wire.signalling.send(OPTIONS, named(hop, f"{'x' * 300}.example.org"))


class TestClosing:
    async def test_says_close_notify(self, authority: Authority) -> None:
        """So that the peer knows that nothing was cut off (RFC 8446 section 6.1)."""
        server = Wire(tls=authority.identity(UM))
        client = Wire(tls=authority.identity(GATEWAY))
        hop = named(await server.listen(TLS), UM)
        await client.ask(server, hop)
        async with closing(client):
            await server.signalling.close()
            await until(lambda: client.signalling.connections == 0)

    async def test_by_the_peer_ends_the_connection(self, authority: Authority) -> None:
        """The next message opens another."""
        server = Wire(tls=authority.identity(UM))
        context = authority.client_context(GATEWAY)
        async with closing(server):
            async with stranger(await server.listen(TLS), context) as (_, writer):
                writer.write(OPTIONS)
                await server.message()
            await until(lambda: server.signalling.connections == 0)

            assert (await server.report()).ending is Ending.SUCCEEDED
            assert server.reports.empty()


class TestWithoutTheMessageCallback:
    @pytest.fixture(autouse=True)
    def blind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be a Python whose undocumented callback is gone."""
        monkeypatch.setattr(Observation, "take", lambda *_, **__: None)

    async def test_the_peers_certificate_is_known_still(self, authority: Authority) -> None:
        """Python has kept it; service goes on."""
        gateway = authority.identity(GATEWAY)
        server, client = Wire(tls=authority.identity(UM)), Wire(tls=gateway)
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            source = await client.ask(server, hop)

            assert source.handshake is not None
            assert source.handshake.peer_chain[:1] == gateway.chain[:1]
            assert source.handshake.is_verified


class TestManyMessages:
    async def test_in_one_record_and_many_records_arrive(self, authority: Authority) -> None:
        """Larger than a record, and several at once."""
        large = OPTIONS.replace(b"Content-Length: 0\r\n\r\n", b"Content-Length: 60000\r\n\r\n")
        large += b"x" * 60000
        server = Wire(tls=authority.identity(UM))
        client = Wire(tls=authority.identity(GATEWAY))
        async with closing(server, client):
            hop = named(await server.listen(TLS), UM)
            sending = asyncio.gather(
                *(client.signalling.send(data, hop) for data in (OPTIONS, large, OPTIONS))
            )
            arrived = [(await server.message()) for _ in range(3)]
            await server.signalling.send(OK, arrived[0][1].hop_back())
            await sending

            assert [len(data) for data, _ in arrived] == [len(OPTIONS), len(large), len(OPTIONS)]

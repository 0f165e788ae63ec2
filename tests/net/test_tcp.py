"""SIP over TCP, on loopback."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support.raw_peer import closing, deaf, rest, serving, stranger
from tests.support.sip_wire import HASTY, OK, OPTIONS, PATIENT, Wire

from umbel.core.errors import Mistake, Unavailable
from umbel.identity.handshake import Ending, Role
from umbel.net.limits import ConnectionLimits
from umbel.net.listeners import Listener, cannot_listen
from umbel.net.signalling import network_says
from umbel.net.stream import StreamConnection
from umbel.sip.hop import Hop, Source, Transport
from umbel.trace.entry import Passage

TCP = Transport.TCP


def saying(octets: bytes) -> Callable[[socket.socket], None]:
    """Say *octets* to whoever says something."""

    def act(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(octets)

    return act


async def flood(wire: Wire, hop: Hop) -> None:
    """Send far more than the kernel keeps."""
    for _ in range(10_000):
        await wire.signalling.send(OK * 20, hop)


class TestAConnectionThatCloses:
    async def test_is_told_by_the_name_that_sending_gave(self) -> None:
        wire = Wire()
        closed: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        wire.signalling.watch_connections(lambda *what: closed.put_nowait(what))
        async with closing(wire), serving(saying(OK)) as hop:
            name = await wire.signalling.send(OPTIONS, hop)
            connection, why = await asyncio.wait_for(closed.get(), 5)

            assert connection == name
            assert why.endswith(": the peer closed the connection")


class TestAnsweringAtOnce:
    async def test_gives_all_that_came_together_its_answers_in_one_piece(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[int] = []
        write = StreamConnection._flush

        def counting(connection: StreamConnection) -> None:
            layer = connection._layer
            take = layer.take_output

            def noting() -> bytes:
                octets = take()
                written.extend([len(octets)] if octets else [])
                return octets

            monkeypatch.setattr(layer, "take_output", noting)
            write(connection)
            monkeypatch.setattr(layer, "take_output", take)

        monkeypatch.setattr(StreamConnection, "_flush", counting)
        server = Wire()
        server.signalling.on_message = lambda _data, source: server.signalling.answer(OK, source, 0)
        async with closing(server), stranger(await server.listen(TCP)) as (reader, writer):
            writer.write(OPTIONS * 3)
            answers = await asyncio.wait_for(reader.readexactly(3 * len(OK)), 5)

            assert answers == OK * 3
            assert written == [3 * len(OK)]

    async def test_takes_the_connection_of_the_request_also_where_we_opened_it(self) -> None:
        """RFC 3261 section 18.2.2; pools ask by the connections that we ask them by."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            source = await client.ask(server, await server.listen(TCP))
            await server.signalling.send(OPTIONS, source.hop_back())
            _, asked_from = await client.message()
            client.signalling.answer(OK, asked_from, asked_from.port)

            data, answered_from = await server.message()
            assert (data, answered_from.connection) == (OK, source.connection)

    async def test_fails_where_the_connection_is_gone(self) -> None:
        server = Wire()
        async with closing(server), stranger(await server.listen(TCP)) as (_, writer):
            writer.write(OPTIONS)
            source = (await server.message())[1]
            server.signalling.drop(None, "the test wants it")

            with pytest.raises(Unavailable, match="the connection is closed"):
                server.signalling.answer(OK, source, source.port)
            assert [entry.problem for entry in server.traffic if isinstance(entry, Passage)] == [
                "",
                f"TCP from {source.address}: the connection is closed",
            ]


class TestRequestAndResponse:
    @pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
    async def test_share_a_connection(self, address: str) -> None:
        """The answer goes back the way the request came (RFC 3261 section 18.2.2)."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            hop = await server.listen(TCP, address)
            source = await client.ask(server, hop)

            assert (source.transport, source.address) == (TCP, address)
            assert (source.local_address, source.local_port) == (address, hop.port)
            assert source.handshake is None
            assert server.signalling.connections == client.signalling.connections == 1

    async def test_are_followed_by_others_on_the_same_connection(self) -> None:
        """One connection for each peer, not for each request."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            hop = await server.listen(TCP)
            first, second = await client.ask(server, hop), await client.ask(server, hop)

            assert first.connection == second.connection

    async def test_sent_at_once_share_the_connection_being_opened(self) -> None:
        """They arrive in the order in which they were sent."""
        server, client = Wire(), Wire()
        requests = [OPTIONS.replace(b"CSeq: 1", b"CSeq: %d" % number) for number in range(20)]
        async with closing(server, client):
            hop = await server.listen(TCP)
            sending = asyncio.gather(*(client.signalling.send(data, hop) for data in requests))
            arrived = [(await server.message())[0] for _ in requests]
            await server.signalling.send(OK, (await client_source(server, client, hop)))
            await sending

            assert arrived == requests
            assert client.signalling.connections == 1


async def client_source(server: Wire, client: Wire, hop: Hop) -> Hop:
    """Have the client speak once more, and give the hop back to it."""
    speaking = asyncio.ensure_future(client.signalling.send(OPTIONS, hop))
    _, source = await server.message()
    await server.signalling.send(OK, source.hop_back())
    await speaking
    return source.hop_back()


class TestServerThatCallsBack:
    async def test_uses_the_connection_that_the_client_opened(self) -> None:
        """RFC 5923: a request may go the way that a request came."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            source = await client.ask(server, await server.listen(TCP))
            await server.signalling.send(OPTIONS, source.hop_back())
            data, back = await client.message()

            assert (data, back.port) == (OPTIONS, source.local_port)

    async def test_opens_one_where_the_named_one_is_gone(self) -> None:
        """The hop still says where to go."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            hop = replace(await server.listen(TCP), connection="connection-99")

            assert (await client.ask(server, hop)).transport is TCP


class TestPeerThatCannotBeReached:
    async def test_refuses(self) -> None:
        """The reason is one that an administrator can act on."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            hop = await server.listen(TCP)
            await server.signalling.close()
            with pytest.raises(Unavailable) as error:
                await client.signalling.send(OPTIONS, hop)

            assert str(error.value) == (
                f"TCP to 127.0.0.1:{hop.port}: connection refused "
                "(nothing listens there, or a firewall rejects it)"
            )

    async def test_does_not_answer(self) -> None:
        """A backlog that is full swallows the SYN, as many firewalls do."""
        client = Wire(limits=HASTY)
        async with closing(client), deaf() as hop:
            with pytest.raises(Unavailable, match=r"no answer to the TCP connection within 0\.2 s"):
                await client.signalling.send(OPTIONS, hop)

    async def test_closes_instead_of_answering(self) -> None:
        """It may be the wrong service."""
        client = Wire()
        async with closing(client), serving(saying(b"")) as hop:
            with pytest.raises(Unavailable, match="closed the connection before the first message"):
                await client.signalling.send(OPTIONS, hop)

    async def test_answers_with_tls(self) -> None:
        """An alert is what a TLS server has to say to plain SIP."""
        client = Wire()
        async with closing(client), serving(saying(b"\x15\x03\x01\x00\x02\x02\x46")) as hop:
            with pytest.raises(Unavailable, match="reach by plain TCP, answers with TLS"):
                await client.signalling.send(OPTIONS, hop)
            report = await client.report()

            assert (report.ending, report.role) == (Ending.NOT_TLS, Role.CLIENT)

    async def test_is_reached_again_by_a_new_connection(self) -> None:
        """A connection that ended is forgotten, not tried again."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            hop = await server.listen(TCP)
            async with serving(saying(b"")) as elsewhere:
                with pytest.raises(Unavailable):
                    await client.signalling.send(OPTIONS, elsewhere)

            assert (await client.ask(server, hop)).transport is TCP

    async def test_is_given_up_when_the_node_shuts_down(self) -> None:
        """Whoever waits is told so."""
        client = Wire()
        async with deaf() as hop:
            sending = asyncio.ensure_future(client.signalling.send(OPTIONS, hop))
            await asyncio.sleep(0)
            await client.signalling.close()
            with pytest.raises(Unavailable, match="this node is shutting down"):
                await sending

    async def test_costs_a_caller_who_gives_up_nothing_else(self) -> None:
        """Somebody else may wait for the same connection."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            hop = await server.listen(TCP)
            hasty = asyncio.ensure_future(client.signalling.send(OPTIONS, hop))
            await asyncio.sleep(0)
            hasty.cancel()

            assert (await client.ask(server, hop)).transport is TCP


class TestListening:
    async def test_at_a_port_in_use_is_told_with_a_cure(self) -> None:
        """Found, expected, where, and what to do."""
        first, second = Wire(), Wire()
        async with closing(first, second):
            hop = await first.listen(TCP)
            listener = Listener(transport=TCP, address=hop.address, port=hop.port)
            with pytest.raises(Mistake) as mistake:
                await second.signalling.listen(listener)

            assert str(mistake.value) == (
                f"listener TCP 127.0.0.1:{hop.port}: found port {hop.port} in use, "
                f"expected a free port; find its user with: ss -lpn 'sport = :{hop.port}', "
                "or choose another port"
            )

    @pytest.mark.parametrize("transport", [TCP, Transport.UDP])
    async def test_at_an_address_of_another_machine(self, transport: Transport) -> None:
        """192.0.2.0/24 is nobody's (RFC 5737)."""
        wire = Wire()
        with pytest.raises(Mistake, match="expected an address of this machine"):
            await wire.listen(transport, "192.0.2.1")

    async def test_at_a_name(self) -> None:
        """A name might mean another machine tomorrow."""
        wire = Wire()
        with pytest.raises(Mistake, match='found "localhost", expected an IP address'):
            await wire.listen(TCP, "localhost")

    async def test_for_tls_without_a_certificate(self) -> None:
        """Nothing could be shown to whoever comes."""
        wire = Wire()
        with pytest.raises(Mistake, match="found no TLS certificate"):
            await wire.listen(Transport.TLS)

    @pytest.mark.parametrize(
        ("number", "found"),
        [
            (errno.EACCES, "port 5061, which this user may not use"),
            (errno.ENOBUFS, "No buffer space available"),
        ],
    )
    def test_that_the_system_denies(self, number: int, found: str) -> None:
        """Root may do all, so that the error is made here."""
        listener = Listener(transport=TCP, address="192.0.2.1", port=5061)
        mistake = cannot_listen(listener, OSError(number, os.strerror(number)))

        assert mistake.found == found
        assert mistake.where == "listener TCP 192.0.2.1:5061"


class TestNetworkError:
    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (OSError(errno.EHOSTUNREACH, "x"), "no route to host"),
            (OSError("all addresses failed"), "all addresses failed"),
        ],
    )
    def test_is_told_in_words(self, error: OSError, said: str) -> None:
        """Whatever the number is."""
        assert network_says(error) == said


class TestWhatComes:
    async def test_in_pieces_is_put_together(self) -> None:
        """TCP knows no messages (RFC 3261 section 18.3)."""
        server = Wire()
        async with closing(server):
            hop = await server.listen(TCP)
            async with stranger(hop) as (_, writer):
                for start in range(0, len(OPTIONS), 50):
                    writer.write(OPTIONS[start : start + 50])
                    await writer.drain()

                assert (await server.message())[0] == OPTIONS

    async def test_as_a_keep_alive_is_answered(self) -> None:
        """RFC 5626 section 3.5.1: CRLFCRLF asks, CRLF answers."""
        server = Wire()
        async with closing(server), stranger(await server.listen(TCP)) as (reader, writer):
            writer.write(b"\r\n\r\n")

            assert await asyncio.wait_for(reader.readexactly(2), 5) == b"\r\n"

    async def test_as_tls_is_reported(self) -> None:
        """Somebody mixed up 5060 and 5061; the name that they wanted is told too."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            async with stranger(await server.listen(TCP)) as (reader, writer):
                writer.write(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")

                assert await rest(reader) == b""
            report = await server.report()

            assert (report.ending, report.role) == (Ending.NOT_TLS, Role.SERVER)
            assert report.detail == "the peer begins with TLS on a port that takes plain TCP"
            assert server.complaints.empty()

    async def test_as_nonsense_is_complained_about_and_closed(self) -> None:
        """Where the next message begins cannot be known any more."""
        server = Wire(limits=HASTY)
        async with closing(server), stranger(await server.listen(TCP)) as (reader, writer):
            writer.write(b"NONSENSE\r\nContent-Length: many\r\n\r\n")
            octets, source, _ = await server.complaint()

            assert octets.startswith(b"NONSENSE")
            assert source.transport is TCP
            assert await rest(reader) == b""

    async def test_as_nonsense_may_be_answered_before_the_close(self) -> None:
        """A 400 that says what was wrong reaches the peer."""
        server = Wire(limits=HASTY)
        async with closing(server), stranger(await server.listen(TCP)) as (reader, writer):
            writer.write(b"NONSENSE\r\nContent-Length: many\r\n\r\n")
            _, source, _ = await server.complaint()
            hop = source.hop_back()
            # The connection is on its way out, so that only its name leads there.
            await server.signalling.send(OK, hop)

            assert await rest(reader) == OK


class TestLimits:
    async def test_half_a_message_is_not_waited_for_long(self) -> None:
        """Trickling bytes does not help: the time counts from the first of them."""
        server = Wire(limits=replace(PATIENT, half_message=0.2))
        async with closing(server), stranger(await server.listen(TCP)) as (reader, writer):
            writer.write(OPTIONS[:40])
            _, _, error = await server.complaint()

            assert "half a message for more than 0.2 s" in str(error)
            assert await rest(reader) == b""

    async def test_half_a_message_and_a_close_is_told(self) -> None:
        """It may be the sign of a broken middlebox."""
        server = Wire()
        async with closing(server):
            async with stranger(await server.listen(TCP)) as (_, writer):
                writer.write(OPTIONS[:40])
            _, _, error = await server.complaint()

            assert "the end of the message did not come" in str(error)

    @pytest.mark.parametrize(
        "limits", [replace(PATIENT, confirmation=0.1, silence_of_strangers=0.1, idle=9.0)]
    )
    async def test_silence_from_the_start_is_ended(self, limits: ConnectionLimits) -> None:
        """Whoever connects has something to say."""
        server = Wire(limits=limits)
        async with closing(server), stranger(await server.listen(TCP)) as (reader, _):
            assert await rest(reader) == b""

    async def test_an_idle_connection_is_closed(self) -> None:
        """It has carried messages, but nobody needs it any more."""
        server = Wire(limits=replace(PATIENT, confirmation=0.1, idle=0.1))
        async with closing(server), stranger(await server.listen(TCP)) as (reader, writer):
            writer.write(OPTIONS)
            await server.message()

            assert await rest(reader) == b""

    @pytest.mark.parametrize(
        "limits",
        [replace(PATIENT, connections_per_address=2), replace(PATIENT, connections=2)],
    )
    async def test_one_connection_too_many_is_turned_away(self, limits: ConnectionLimits) -> None:
        """Before a byte of it is read."""
        server = Wire(limits=limits)
        async with closing(server):
            hop = await server.listen(TCP)
            async with stranger(hop), stranger(hop), stranger(hop) as (reader, _):
                assert await rest(reader) == b""
                assert server.signalling.refused == 1
                assert server.signalling.connections == 2

    async def test_room_is_made_by_those_who_leave(self) -> None:
        """The count is of those who live."""
        server = Wire(limits=replace(PATIENT, connections_per_address=1))
        async with closing(server):
            hop = await server.listen(TCP)
            for _ in range(3):
                async with stranger(hop) as (reader, writer):
                    writer.write(OPTIONS)
                    await server.message()
                    writer.write_eof()
                    assert await rest(reader) == b""

            assert server.signalling.refused == 0

    async def test_a_peer_that_does_not_read_is_cut(self) -> None:
        """What waits for it must not fill our memory, and must not hold up anybody."""
        server = Wire(limits=replace(PATIENT, unread=10_000))
        async with closing(server), stranger(await server.listen(TCP)) as (_, writer):
            writer.write(OPTIONS)
            hop = (await server.message())[1].hop_back()
            with pytest.raises(Unavailable, match="does not read: more than 10000 bytes wait"):
                await flood(server, hop)

    async def test_a_machine_that_is_gone_is_noticed(self) -> None:
        """Without a FIN, a node that lost its power would look alive for a quarter of an hour."""
        server = Wire(limits=replace(PATIENT, unacknowledged=7.5))
        async with closing(server), stranger(await server.listen(TCP)) as (_, writer):
            writer.write(OPTIONS)
            await server.message()
            (connection,) = server.signalling._connections
            assert connection._tcp is not None
            tcp = connection._tcp.get_extra_info("socket")

            assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7500
            assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1


class TestFaultOfOurOwn:
    async def test_in_taking_a_message_costs_one_connection(self) -> None:
        """It is told to the loop, and the others live on."""
        server = Wire()
        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: faults.append(context["exception"])
        )

        def fail(_data: bytes, _source: Source) -> None:
            raise ZeroDivisionError

        async with closing(server):
            hop = await server.listen(TCP)
            async with stranger(hop) as (_, healthy), stranger(hop) as (reader, writer):
                healthy.write(OPTIONS)
                await server.message()
                taking, server.signalling.on_message = server.signalling.on_message, fail
                writer.write(OPTIONS)
                assert await rest(reader) == b""
                server.signalling.on_message = taking
                healthy.write(OPTIONS)

                assert (await server.message())[0] == OPTIONS
            assert [type(fault) for fault in faults] == [ZeroDivisionError]

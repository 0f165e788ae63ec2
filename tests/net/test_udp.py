"""SIP over UDP, on loopback."""

import errno
import socket
import struct
from dataclasses import replace

import pytest
from tests.support.raw_peer import closing
from tests.support.sip_wire import OK, OPTIONS, Wire
from tests.support.still_clock import StillClock

from umbel.core.errors import Mistake, Unavailable
from umbel.net.listeners import Listener
from umbel.net.udp import UdpSocket, _icmp_error, bind
from umbel.sip.hop import Hop, Transport

UDP = Transport.UDP


def nobody(address: str = "127.0.0.1") -> Hop:
    """Give a hop to a port that nobody listens on."""
    with bind(address, 0) as closed:
        return Hop(transport=UDP, address=address, port=closed.getsockname()[1])


class TestDatagram:
    @pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
    async def test_is_a_message_and_is_answered_from_the_same_port(self, address: str) -> None:
        """Symmetric: the peer's firewall expects the answer from where it asked (RFC 3581)."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            there, here = await server.listen(UDP, address), await client.listen(UDP, address)
            source = await client.ask(server, there)

            assert (source.transport, source.address, source.port) == (UDP, address, here.port)
            assert (source.local_address, source.local_port) == (address, there.port)
            assert source.connection is None

    @pytest.mark.parametrize("at_once", [True, False])
    async def test_is_answered_from_where_it_was_asked_at_the_port_that_the_peer_asks_for(
        self, *, at_once: bool
    ) -> None:
        """No peer was heard at that port, and the first listener would do as well (RFC 3581)."""
        server, client, other = Wire(), Wire(), Wire()
        async with closing(server, client, other):
            await server.listen(UDP)
            there = await server.listen(UDP)
            await client.listen(UDP)
            asks_for = await other.listen(UDP)
            source = await client.ask(server, there)
            if at_once:
                server.signalling.answer(OK, source, asks_for.port)
            else:
                await server.signalling.send(OK, replace(source.hop_back(), port=asks_for.port))

            octets, answered = await other.message()
            assert octets == OK
            assert answered.port == there.port

    async def test_is_answered_where_it_came_to_though_the_peer_asks_elsewhere_meanwhile(
        self,
    ) -> None:
        """What is repeated for a call is no answer to the OPTIONS of another listener."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            first, second = await server.listen(UDP), await server.listen(UDP)
            await client.listen(UDP)
            source = await client.ask(server, first)
            await client.ask(server, second)
            await server.signalling.send(OK, source.hop_back())

            assert (await client.message())[1].port == first.port

    async def test_is_answered_at_the_socket_that_it_came_to(self) -> None:
        """Of several that would do."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            await server.listen(UDP)
            there, here = await server.listen(UDP), await client.listen(UDP)
            await client.signalling.send(OPTIONS, there)
            await server.message()
            await server.signalling.send(OK, here)

            assert (await client.message())[1].port == there.port

    async def test_may_be_as_large_as_udp_allows(self) -> None:
        """RFC 3261 section 18.1.1: up to 65,535 octets with the headers of IP and UDP."""
        server, client = Wire(), Wire()
        large = OPTIONS + b"x" * (65_507 - len(OPTIONS))
        async with closing(server, client):
            there = await server.listen(UDP)
            await client.listen(UDP)
            await client.signalling.send(large, there)

            assert (await server.message())[0] == large

    async def test_larger_than_that_is_not_sent(self) -> None:
        """TCP would have to be used."""
        client = Wire()
        async with closing(client):
            await client.listen(UDP)
            with pytest.raises(Unavailable, match="Message too long"):
                await client.signalling.send(bytes(65_508), nobody())

    async def test_leaves_from_the_family_of_its_hop(self) -> None:
        """A node may listen on both."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            four, six = await client.listen(UDP), await client.listen(UDP, "::1")
            await client.signalling.send(OPTIONS, await server.listen(UDP))
            await client.signalling.send(OPTIONS, await server.listen(UDP, "::1"))
            ports = {(await server.message())[1].port for _ in range(2)}

            assert ports == {four.port, six.port}

    async def test_does_not_leave_without_a_listener(self) -> None:
        """No answer could come back."""
        client = Wire()
        async with closing(client):
            await client.listen(UDP, "::1")
            with pytest.raises(Unavailable, match="this node has no UDP listener whose address"):
                await client.signalling.send(OPTIONS, nobody())

    async def test_does_not_leave_from_loopback_to_elsewhere(self) -> None:
        """192.0.2.0/24 is nobody's; the kernel would say "Invalid argument"."""
        client = Wire()
        async with closing(client):
            await client.listen(UDP)
            with pytest.raises(Unavailable, match="no UDP listener whose address leads there"):
                await client.signalling.send(OPTIONS, replace(nobody(), address="192.0.2.1"))

    async def test_does_not_leave_to_a_name(self) -> None:
        """Names are resolved before (RFC 3263)."""
        client = Wire()
        async with closing(client):
            await client.listen(UDP)
            with pytest.raises(Unavailable, match="a name, not an IP address"):
                await client.signalling.send(OPTIONS, replace(nobody(), address="localhost"))


class TestKeepAlive:
    @pytest.mark.parametrize("octets", [b"\r\n\r\n", b"\0", b"\r\n", b""])
    async def test_is_no_message(self, octets: bytes) -> None:
        """Phones send such things every half minute; nobody is to complain about them."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            there = await server.listen(UDP)
            await client.listen(UDP)
            await client.signalling.send(octets, there)
            await client.ask(server, there)

            assert server.messages.empty()
            assert server.complaints.empty()


class TestPortUnreachable:
    @pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
    async def test_is_told_to_who_sent(self, address: str) -> None:
        """Instead of 32 seconds of silence."""
        client = Wire()
        async with closing(client):
            await client.listen(UDP, address)
            with pytest.raises(Unavailable, match="connection refused, says ICMP"):
                await client.signalling.send(OPTIONS, nobody(address))

    async def test_of_one_peer_does_not_hold_up_another(self) -> None:
        """The kernel reports it at the next datagram, whoever that is for."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            there = await server.listen(UDP)
            here = await client.listen(UDP)
            with pytest.raises(Unavailable):
                await client.signalling.send(OPTIONS, nobody())
            await client.ask(server, there)

            assert here.port

    async def test_that_comes_late_is_told_at_the_next_attempt(self) -> None:
        """A retransmission, half a second later, finds it out; five seconds later it is old."""
        clock = StillClock()
        sending = UdpSocket(bind("127.0.0.1", 0), lambda *_: None, clock)
        hop = nobody()
        to = (hop.address, hop.port)
        try:
            sending._refusals.note(to, errno.EHOSTUNREACH)
            with pytest.raises(Unavailable, match="no route to host, says ICMP"):
                sending.send(OPTIONS, to)
            with bind(*to):
                sending._refusals.note(to, errno.EHOSTUNREACH)
                clock.go_on(6)
                sending.send(OPTIONS, to)
        finally:
            sending.close()

    async def test_is_kept_for_so_many_peers_only(self) -> None:
        """Nobody fills our memory with it."""
        sending = UdpSocket(bind("127.0.0.1", 0), lambda *_: None, StillClock())
        try:
            for port in range(1, 1100):
                sending._refusals.note(("192.0.2.1", port), errno.ECONNREFUSED)

            assert len(sending._refusals._seen) == 1024
        finally:
            sending.close()


class TestExtendedError:
    @pytest.mark.parametrize(
        ("level", "kind", "octets"),
        [
            (socket.SOL_SOCKET, 11, bytes(16)),
            (socket.IPPROTO_IP, 11, b"short"),
            (socket.IPPROTO_IP, 11, struct.pack("=IBBBBII", errno.ECONNREFUSED, 1, 0, 0, 0, 0, 0)),
            (socket.IPPROTO_IP, 11, struct.pack("=IBBBBII", errno.EMSGSIZE, 2, 3, 4, 0, 0, 0)),
        ],
    )
    def test_of_something_else_says_nothing_about_the_peer(
        self, level: int, kind: int, octets: bytes
    ) -> None:
        """Another option, a cut one, one of our own making, and a path with a small MTU."""
        assert _icmp_error(level, kind, octets) is None


class TestListening:
    async def test_at_a_port_in_use(self) -> None:
        """As with TCP: found, expected, where, what to do."""
        first, second = Wire(), Wire()
        async with closing(first, second):
            hop = await first.listen(UDP)
            listener = Listener(transport=UDP, address=hop.address, port=hop.port)
            with pytest.raises(Mistake, match=f"found port {hop.port} in use"):
                await second.signalling.listen(listener)

    async def test_ends_with_the_node(self) -> None:
        """The port is free for its successor."""
        first, second = Wire(), Wire()
        hop = await first.listen(UDP)
        await first.signalling.close()
        async with closing(second):
            listener = Listener(transport=UDP, address=hop.address, port=hop.port)

            assert await second.signalling.listen(listener) == hop.port

    async def test_remembers_only_so_many_peers(self) -> None:
        """The way back of the others is chosen by family."""
        wire = Wire()
        async with closing(wire):
            await wire.listen(UDP)
            listening = wire.signalling._listening
            for port in range(1, 5000):
                listening.note_heard(("192.0.2.1", port), listening.sockets[0])

            assert len(listening._heard) == 4096

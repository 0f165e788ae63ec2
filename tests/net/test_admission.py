"""What strangers may use of this machine before they have shown who they are."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.authority import Authority
from tests.support.raw_peer import closing, rest, stranger
from tests.support.sip_wire import OPTIONS, PATIENT, Wire

from umbel.core.instants import Instant
from umbel.identity.handshake import Closer, Ending, Role
from umbel.net import pace
from umbel.net.clock import SystemClock
from umbel.net.layer import LayerEnded, PlainLayer
from umbel.net.limits import ConnectionLimits
from umbel.net.pace import Pace
from umbel.net.party import party_of
from umbel.sip.hop import Source, Transport

TLS, TCP = Transport.TLS, Transport.TCP
UM, GATEWAY = "um.example.org", "gateway.example.org"


SENSELESS = b"x\r\nl:0\r\n\r\n"
"""A message to whoever cuts a stream, and to nobody else."""


def welcoming(limits: ConnectionLimits) -> Wire:
    """Give a wire that lets every message in."""
    wire = Wire(limits=limits)

    def let_in(data: bytes, source: Source) -> None:
        wire.signalling.welcome(source)
        wire.messages.put_nowait((data, source))

    wire.signalling.on_message = let_in
    return wire


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that both sides trust."""
    return Authority(tmp_path)


class TestPace:
    def test_allows_some_at_once_and_then_so_many_a_second(self) -> None:
        """A peer that restarts opens its connections all together."""
        handshakes = Pace(per_second=2, at_once=3)

        def allowed(at: float) -> int:
            return [handshakes.allows("192.0.2.1", Instant(at)) for _ in range(9)].count(True)

        assert [allowed(at) for at in (0.0, 0.4, 0.5, 1.5, 100.0)] == [3, 0, 1, 2, 3]

    def test_is_of_each_party_alone(self) -> None:
        """One that is too fast holds up nobody else."""
        handshakes = Pace(per_second=1, at_once=1)
        asked = ("192.0.2.1", "192.0.2.1", "192.0.2.2")

        assert [handshakes.allows(who, Instant(0.0)) for who in asked] == [True, False, True]

    def test_is_forgotten_of_who_was_away_the_longest(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Memory is bounded, whoever calls."""
        monkeypatch.setattr(pace, "_MOST_PARTIES", 2)
        handshakes = Pace(per_second=1, at_once=1)
        asked = ("first", "second", "third", "third", "first")

        assert [handshakes.allows(who, Instant(0.0)) for who in asked] == [
            True, True, True, False, True,
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_an_ipv6_network_is_one_party(address: str, party: str) -> None:
    """Its addresses cost nothing (RFC 4291 section 2.5.4)."""
    assert party_of(address) == party


class TestHandshakesThatComeTooFast:
    async def test_are_turned_away_and_told(self, authority: Authority) -> None:
        """Before a byte is read; those that were let in go on."""
        told: list[tuple[str, str]] = []
        limits = replace(PATIENT, handshakes_per_second=0.001, handshakes_at_once=2)
        server = Wire(tls=authority.identity(UM), limits=limits)
        server.signalling.watch_refusals(lambda peer, why: told.append((peer[0], why)))
        context = authority.client_context(GATEWAY)
        async with closing(server):
            hop = await server.listen(TLS)
            async with stranger(hop, context) as (_, writer), stranger(hop, context):
                async with stranger(hop) as (reader, _):
                    assert await rest(reader) == b""
                writer.write(OPTIONS)
                await server.message()

        assert told == [("127.0.0.1", "127.0.0.1 began more than 0.001 TLS handshakes a second")]
        assert server.signalling.refused == 1

    async def test_do_not_count_over_tcp(self) -> None:
        """There, a connection costs next to nothing."""
        limits = replace(PATIENT, handshakes_per_second=0.001, handshakes_at_once=1)
        server = Wire(limits=limits)
        async with closing(server):
            hop = await server.listen(TCP)
            async with AsyncExitStack() as stack:
                for _ in range(3):
                    _, writer = await stack.enter_async_context(stranger(hop))
                    writer.write(OPTIONS)
                    await server.message()


class TestBytesBeforeIdentity:
    async def test_in_the_handshake_are_limited(self, authority: Authority) -> None:
        """A ClientHello that never ends."""
        limits = replace(PATIENT, handshake_octets=1000)
        server = Wire(tls=authority.identity(UM), limits=limits)
        async with closing(server), stranger(await server.listen(TLS)) as (reader, writer):
            writer.write(b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc" + bytes(1000))
            await rest(reader)
            report = await server.report()

        assert (report.ending, report.closed_by) == (Ending.REFUSED_BY_US, Closer.US)
        assert report.detail == "more than 1000 bytes before the first message of the handshake"

    async def test_of_the_first_message_are_limited(self) -> None:
        """Over TCP nobody has shown who they are."""
        server = Wire(limits=replace(PATIENT, first_octets=500))
        async with closing(server), stranger(await server.listen(TCP)) as (reader, writer):
            writer.write(OPTIONS.replace(b"Content-Length: 0", b"Content-Length: 9000"))
            writer.write(bytes(300))
            await rest(reader)
            _, _, error = await server.complaint()

        assert "more than 500 bytes before a message was let in" in str(error)

    async def test_are_limited_after_whole_messages_too(self) -> None:
        """Anybody can write one; only whoever takes it knows what it is worth."""
        server = Wire(limits=replace(PATIENT, first_octets=500))
        async with closing(server), stranger(await server.listen(TCP)) as (reader, writer):
            writer.write(SENSELESS + OPTIONS.replace(b"Content-Length: 0", b"Content-Length: 9000"))
            writer.write(bytes(300))
            await rest(reader)
            _, _, error = await server.complaint()

        assert "more than 500 bytes before a message was let in" in str(error)

    async def test_of_whoever_was_let_in_are_not(self) -> None:
        """Gateways that are known by their address prove nothing else."""
        server = welcoming(replace(PATIENT, first_octets=500))
        async with closing(server), stranger(await server.listen(TCP)) as (_, writer):
            writer.write(OPTIONS)
            writer.write(OPTIONS.replace(b"Content-Length: 0", b"Content-Length: 9000"))
            writer.write(bytes(9000))
            await server.message()

            assert len((await server.message())[0]) > 9000

    async def test_of_whoever_has_are_not(self, authority: Authority) -> None:
        """A gateway may send as much as a message may be long."""
        limits = replace(PATIENT, first_octets=500)
        server = Wire(tls=authority.identity(UM), limits=limits)
        context = authority.client_context(GATEWAY)
        async with (
            closing(server),
            stranger(await server.listen(TLS), context) as (_, writer),
        ):
            writer.write(OPTIONS.replace(b"Content-Length: 0", b"Content-Length: 9000"))
            writer.write(bytes(9000))
            message, _ = await server.message()

        assert len(message) > 9000


class TestSilence:
    LIMITS = replace(PATIENT, confirmation=0.1, silence=30.0, silence_of_strangers=0.2)

    async def test_of_a_client_without_a_certificate_is_short(self, authority: Authority) -> None:
        """Its place is for somebody who has something to say; keep-alives are nothing."""
        server = Wire(tls=authority.identity(UM), limits=self.LIMITS)
        context = authority.client_context()
        async with (
            closing(server),
            stranger(await server.listen(TLS), context) as (reader, writer),
        ):
            writer.write(b"\r\n\r\n")

            assert await rest(reader) == b"\r\n"

    async def test_is_not_broken_by_a_message_that_is_not_let_in(self) -> None:
        """Otherwise a line of nonsense would buy half an hour of a gateway's place."""
        server = Wire(limits=self.LIMITS)
        async with closing(server), stranger(await server.listen(TCP)) as (reader, writer):
            writer.write(SENSELESS)
            await server.message()

            assert await rest(reader) == b""

    async def test_of_whoever_was_let_in_may_be_longer(self) -> None:
        server = welcoming(self.LIMITS)
        async with closing(server):
            hop = await server.listen(TCP)
            async with stranger(hop) as (_, known):
                known.write(OPTIONS)
                await server.message()
                async with stranger(hop) as (reader, _):
                    await rest(reader)  # Who came later is gone by now.
                known.write(OPTIONS)
                await server.message()

    async def test_of_a_gateway_may_be_longer(self, authority: Authority) -> None:
        """It has opened its connection in time, and keeps it ready."""
        server = Wire(tls=authority.identity(UM), limits=self.LIMITS)
        known, unknown = authority.client_context(GATEWAY), authority.client_context()
        async with closing(server):
            hop = await server.listen(TLS)
            async with stranger(hop, known) as (_, writer):
                async with stranger(hop, unknown) as (reader, _):
                    await rest(reader)  # Who has shown nothing is gone by now.
                writer.write(OPTIONS)
                await server.message()

    @pytest.mark.parametrize("limits", [replace(LIMITS, silence=0.2, silence_of_strangers=30.0)])
    async def test_of_a_gateway_ends_too(
        self, authority: Authority, limits: ConnectionLimits
    ) -> None:
        """A certificate buys patience, not a place for ever."""
        server = Wire(tls=authority.identity(UM), limits=limits)
        context = authority.client_context(GATEWAY)
        async with (
            closing(server),
            stranger(await server.listen(TLS), context) as (reader, _),
        ):
            assert await asyncio.wait_for(reader.read(), 5) == b""


class TestWhatAConnectionBeganWith:
    """It may be as much as is read at once, of each of thousands."""

    def test_is_not_kept_where_it_is_sip(self) -> None:
        layer = PlainLayer(Role.SERVER, SystemClock())

        assert list(layer.receive(OPTIONS * 500)) == [OPTIONS * 500]
        assert not layer._first

    def test_is_kept_up_to_a_record_where_it_is_tls(self) -> None:
        layer = PlainLayer(Role.SERVER, SystemClock())
        with pytest.raises(LayerEnded):
            list(layer.receive(b"\x16\x03\x01" + bytes(100_000)))

        assert layer._first is not None
        assert len(layer._first) == 5 + 16_384

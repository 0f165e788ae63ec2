"""What a trace is told: every message, handshake, failure and end, by every transport."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.authority import Authority
from tests.support.program import free_port
from tests.support.raw_peer import closing, rest, stranger
from tests.support.sip_wire import OK, OPTIONS, Wire, named
from tests.support.still_clock import StillClock

from umbel.core.errors import Unavailable
from umbel.identity.handshake import Ending
from umbel.net.clock import SystemClock
from umbel.net.signalling import Signalling
from umbel.net.tap import Tap
from umbel.sip.hop import Hop, Source, Transport
from umbel.trace.entry import ConnectionEnd, Entry, Handshake, Passage, Untold


def passages(wire: Wire) -> list[Passage]:
    """Give the messages of which the tap told."""
    return [entry for entry in wire.traffic if isinstance(entry, Passage)]


class TestMessages:
    @pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
    async def test_are_told_once_in_each_direction(self, transport: Transport) -> None:
        """Both sides tell the same ends, each from its own side."""
        server, client = Wire(), Wire()
        async with closing(server, client):
            hop = await server.listen(transport)
            if transport is Transport.UDP:
                await client.listen(transport)
            await client.ask(server, named(hop, "um.example.org"))
            ours, theirs = passages(client), passages(server)

            assert [one.octets for one in ours] == [OPTIONS, OK] == [one.octets for one in theirs]
            assert [one.sent_by_us for one in ours] == [True, False]
            assert [one.sent_by_us for one in theirs] == [False, True]
            assert {(one.local, one.remote) for one in ours} == {
                (one.remote, one.local) for one in theirs
            }
            assert ours[0].remote == ("127.0.0.1", hop.port)
            assert all(one.transport is transport and not one.problem for one in ours + theirs)

    async def test_carry_the_name_that_led_to_the_peer(self) -> None:
        server, client = Wire(), Wire()
        async with closing(server, client):
            hop = named(await server.listen(Transport.UDP), "um.example.org")
            await client.listen(Transport.UDP)
            await client.ask(server, hop)

            assert passages(client)[0].domain == "um.example.org"

    async def test_that_cannot_be_sent_are_told_with_the_reason(self) -> None:
        client = Wire()
        async with closing(client):
            with pytest.raises(Unavailable) as refusal:
                await client.signalling.send(
                    OPTIONS, Hop(transport=Transport.TCP, address="127.0.0.1", port=free_port())
                )
            (failed,) = passages(client)

            assert failed.sent_by_us
            assert failed.problem == str(refusal.value)
            assert failed.octets == OPTIONS

    async def test_that_are_none_are_told_with_what_is_wrong(self) -> None:
        server = Wire()
        async with closing(server):
            async with stranger(await server.listen(Transport.TCP)) as (reader, writer):
                writer.write(OPTIONS.replace(b"Content-Length: 0", b"Content-Length: many"))
                await server.complaint()
                writer.write_eof()
                await rest(reader)
            (broken,) = passages(server)

            assert "Content-Length" in broken.problem


class TestOptionsThatComeTooFast:
    CAME = Source(
        transport=Transport.UDP,
        address="192.0.2.2",
        port=5060,
        local_address="192.0.2.1",
        local_port=5060,
    )

    def ask(self, tap: Tap, times: int, question: bytes = OPTIONS, came: Source = CAME) -> None:
        for _ in range(times):
            tap.received(question, came)
            tap.sent(OK, came, "")
            tap.answered()

    def test_are_told_up_to_a_number_and_the_others_counted(self) -> None:
        told: list[Entry] = []
        clock = StillClock()
        tap = Tap(clock)
        tap.watcher = told.append
        self.ask(tap, 700)
        assert len(told) == 2 * 500
        assert all(isinstance(entry, Passage) for entry in told)

        clock.go_on(1)
        told.clear()
        self.ask(tap, 1, OPTIONS.replace(b"OPTIONS", b"INVITE"))
        assert [type(entry) for entry in told] == [Passage, Passage, Untold]
        assert told[-1] == Untold(at=clock.wall(), count=200)

    def test_keep_no_other_message_from_being_told(self) -> None:
        told: list[Entry] = []
        tap = Tap(StillClock())
        tap.watcher = told.append
        self.ask(tap, 700)
        told.clear()
        invite = OPTIONS.replace(b"OPTIONS", b"INVITE")
        self.ask(tap, 1, invite)
        tap.received(OPTIONS, self.CAME, "it is cut short")

        assert [one.octets for one in told if isinstance(one, Passage)] == [invite, OK, OPTIONS]

    def test_hide_nobody_elses(self) -> None:
        told: list[Entry] = []
        tap = Tap(StillClock())
        tap.watcher = told.append
        self.ask(tap, 700)
        told.clear()
        other = replace(self.CAME, address="192.0.2.3")
        self.ask(tap, 1, came=other)

        assert [one.octets for one in told if isinstance(one, Passage)] == [OPTIONS, OK]


class TestConnections:
    async def test_tell_of_their_handshake_and_their_end(self, tmp_path: Path) -> None:
        """The connection's name ties them to the messages."""
        authority = Authority(tmp_path)
        server = Wire(tls=authority.identity("um.example.org"))
        client = Wire(tls=authority.identity("gateway.example.org"))
        async with closing(server, client):
            hop = named(await server.listen(Transport.TLS), "um.example.org")
            await client.ask(server, hop)
        told = {type(entry): entry for entry in client.traffic}
        handshake, end = told[Handshake], told[ConnectionEnd]

        assert isinstance(handshake, Handshake)
        assert isinstance(end, ConnectionEnd)
        assert handshake.report.ending is Ending.SUCCEEDED
        assert end.remote == handshake.report.remote
        assert end.detail == (
            "the peer closed the connection (close_notify) after messages had passed"
        )
        assert {one.connection for one in passages(client)} == {handshake.connection}
        assert handshake.connection == end.connection
        assert {one.local for one in passages(client)} == {handshake.report.local}

    async def test_that_refuse_us_have_taken_what_they_refuse(self, tmp_path: Path) -> None:
        """With TLS 1.3 the request is on its way before the refusal comes."""
        server = Wire(tls=Authority(tmp_path).identity("um.example.org"))
        other = Authority(tmp_path)
        client = Wire(tls=other.identity("gateway.example.org"))
        async with closing(server, client):
            hop = named(await server.listen(Transport.TLS, strict=True), "um.example.org")
            with pytest.raises(Unavailable):
                await client.signalling.send(OPTIONS, hop)
            await asyncio.sleep(0)
            report = next(entry for entry in client.traffic if isinstance(entry, Handshake)).report

            assert report.ending is not Ending.SUCCEEDED
            assert passages(client)[-1].problem


class TestNobodyListens:
    async def test_so_nothing_is_told(self) -> None:
        deaf = Signalling(
            on_message=lambda _data, _source: None,
            on_handshake=lambda _report: None,
            on_malformed=lambda _data, _source, _error: None,
            clock=SystemClock(),
        )
        hop = Hop(transport=Transport.TCP, address="127.0.0.1", port=free_port())
        with pytest.raises(Unavailable):
            await deaf.send(OPTIONS, hop)
        await deaf.close()

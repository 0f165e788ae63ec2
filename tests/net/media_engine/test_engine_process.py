"""The engine's own loop, run in a thread of the test: ticks in real time, the end with the node."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import PORTS

from umbel.media.engine import Close, Closed, Command, Connect, Event, Load, Open, Opened
from umbel.net.media_engine.channel import Unpacker, pack
from umbel.net.media_engine.engine import TICK, Engine
from umbel.net.media_engine.process import LoadMeter, Standing, serve


class Node:
    """The other end of an engine's stream."""

    def __init__(self, stream: socket.socket) -> None:
        stream.settimeout(10)
        self.stream = stream
        self._unpacker: Unpacker[Event | Load] = Unpacker()

    def send(self, *commands: Command) -> None:
        self.stream.send(pack(commands))

    def await_(self, kind: type[Event | Load]) -> Event | Load:
        """Give the next message of *kind*."""
        while True:
            for message in self._unpacker.feed(self.stream.recv(1 << 20)):
                if isinstance(message, kind):
                    return message


@pytest.fixture
def node() -> Iterator[Node]:
    with running() as node:
        yield node


@contextmanager
def running() -> Iterator[Node]:
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve, args=(theirs, PORTS))
    thread.start()
    yield Node(ours)
    ours.close()
    thread.join(timeout=10)
    assert not thread.is_alive()


class TestTheLoop:
    def test_answers_a_command_at_once(self, node: Node) -> None:
        node.send(Open(session="a", address="127.0.0.1"))

        assert isinstance(node.await_(Opened), Opened)

    def test_sends_fifty_packets_a_second(self, node: Node) -> None:
        with RtpPeer() as peer:
            node.send(Open(session="a", address="127.0.0.1"))
            node.send(Connect(session="a", media=peer.media()))
            before, after = node.await_(Load), node.await_(Load)
            node.send(Close(session="a"))
            closed = node.await_(Closed)

            assert isinstance(before, Load)
            assert isinstance(after, Load)
            assert isinstance(closed, Closed)
            skipped = before.skipped + after.skipped
            assert 90 <= closed.statistics.packets_sent + skipped <= 115

    def test_tells_its_load(self, node: Node) -> None:
        node.send(Open(session="a", address="127.0.0.1"))
        load = node.await_(Load)

        assert isinstance(load, Load)
        assert load.sessions == 1
        assert 0 < load.busy < 1

    def test_does_what_the_node_says_where_every_tick_takes_too_long(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else the end of calls, which would help it, would never be heard."""
        monkeypatch.setattr(Engine, "tick", lambda _engine, _frames: time.sleep(1.2 * TICK))
        with running() as node:
            node.send(Open(session="a", address="127.0.0.1"))

            assert isinstance(node.await_(Opened), Opened)


class TestLoad:
    def test_is_told_when_about_a_second_has_passed(self) -> None:
        meter = LoadMeter()
        for _ in range(48):
            assert meter.add(1, 0.001, 0.005, 3) is None

        load = meter.add(3, 0.045, 0.015, 4)
        assert load is not None
        assert (load.sessions, load.latest, load.skipped) == (4, 0.045, 2)
        assert load.busy == pytest.approx(0.255 / 1.02)

    def test_is_counted_anew_afterwards(self) -> None:
        meter = LoadMeter()
        meter.add(50, 0.9, 0.1, 1)

        assert meter.add(50, 0.0, 0.0, 0) == Load(sessions=0, busy=0.0, latest=0.0, skipped=49)

    def test_tells_what_all_but_one_tick_in_twenty_kept(self) -> None:
        meter = LoadMeter()
        for _ in range(48):
            meter.add(1, 0.001, 0.004, 3)
        meter.add(1, 0.019, 0.019, 3)
        load = meter.add(1, 0.018, 0.018, 3)

        assert load is not None
        assert (load.late, load.tick) == (0.001, 0.004)
        assert load.latest == 0.019

    def test_tells_how_the_process_stands(self) -> None:
        load = LoadMeter(Standing(core=1, niceness=-10)).add(50, 0.0, 0.0, 0)

        assert load is not None
        assert (load.core, load.niceness) == (1, -10)

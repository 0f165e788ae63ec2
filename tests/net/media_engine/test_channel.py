"""Batches of messages over the private stream: whole, in order, without ever waiting."""

import socket
from collections.abc import Iterator

import pytest

from umbel.media.engine import (
    Close,
    Closed,
    Command,
    Event,
    Load,
    Open,
    Play,
    Recorded,
    Silence,
    Statistics,
    StopPlaying,
    Tone,
)
from umbel.net.media_engine import channel as channels
from umbel.net.media_engine.channel import Channel, Disconnected, NodeStandsStill, Unpacker, pack

MESSAGES: list[Command] = [StopPlaying(session="a"), Close(session="a"), Close(session="b")]

MESSAGES_OF_EACH_SHAPE: list[Command | Event | Load] = [
    Open(session="a", address="127.0.0.1", peer=("127.0.0.2", 4000)),
    Play(session="a", play=1, items=(Tone(440, 1.0), Silence(0.5)), stop_keys="1"),
    Recorded(session="a", recording=1, audio=bytes(range(250))),
    Closed(session="a", statistics=Statistics(packets_sent=1, round_trip=0.1)),
    Load(sessions=1, busy=0.5, latest=0.001, skipped=0),
]

Pair = tuple[Channel[Command], socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        yield Channel(ours), theirs


class TestBatches:
    @pytest.mark.parametrize("size", [1, 3, 1000])
    def test_are_given_back_whatever_the_pieces_they_arrive_in(self, size: int) -> None:
        octets = pack(MESSAGES[:2]) + pack(()) + pack(MESSAGES[2:])
        unpacker: Unpacker[Command] = Unpacker()
        given: list[Command] = []
        for start in range(0, len(octets), size):
            given += unpacker.feed(octets[start : start + size])

        assert given == MESSAGES

    def test_are_given_back_where_they_are_larger_than_what_is_read_at_once(self) -> None:
        spoken = [
            Recorded(session=f"call-{call}", recording=1, audio=bytes([call]) * 16_000)
            for call in range(50)
        ]
        octets = pack(spoken[:10]) + pack(spoken[10:]) + pack(MESSAGES)
        unpacker: Unpacker[Command | Event | Load] = Unpacker()
        given: list[Command | Event | Load] = []
        while octets:
            space = unpacker.space()
            size = min(len(space), 100_001)
            arrived, octets = octets[:size], octets[size:]
            space[: len(arrived)] = arrived
            given += unpacker.filled(len(arrived))

        assert given == [*spoken, *MESSAGES]

    @pytest.mark.parametrize("message", MESSAGES_OF_EACH_SHAPE)
    def test_give_messages_back_as_they_were(self, message: Command | Event | Load) -> None:
        unpacker: Unpacker[Command | Event | Load] = Unpacker()

        assert list(unpacker.feed(pack((message,)))) == [message]


class TestReceiving:
    def test_gives_what_has_come(self, pair: Pair) -> None:
        channel, node = pair
        node.send(pack(MESSAGES))

        assert list(channel.receive()) == MESSAGES

    def test_does_not_wait(self, pair: Pair) -> None:
        channel, _ = pair

        assert list(channel.receive()) == []

    def test_tells_that_the_node_is_gone(self, pair: Pair) -> None:
        channel, node = pair
        node.close()

        with pytest.raises(Disconnected, match="closed"):
            list(channel.receive())

    def test_tells_that_the_node_died_with_something_unread(self, pair: Pair) -> None:
        channel, node = pair
        channel.send(MESSAGES)
        node.close()

        with pytest.raises(Disconnected, match="broke"):
            list(channel.receive())


class TestSending:
    def test_does_not_wait_for_a_busy_node(self, pair: Pair) -> None:
        channel, node = pair
        for _ in range(10_000):
            channel.send(MESSAGES)
        unpacker: Unpacker[Command] = Unpacker()
        given: list[Command] = []
        while len(given) < 30_000:
            given += unpacker.feed(node.recv(1 << 24))
            channel.send(())

        assert given == MESSAGES * 10_000
        assert not channel.unsent

    def test_gives_up_a_node_that_does_not_read(
        self, pair: Pair, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(channels, "_MOST_UNREAD", 1000)
        channel, _ = pair
        while not channel.unsent:
            channel.send(MESSAGES)

        with pytest.raises(NodeStandsStill, match="octets unread"):
            channel.send([Close(session=str(number)) for number in range(500)])

    def test_to_a_node_that_is_gone_is_told(self, pair: Pair) -> None:
        channel, node = pair
        node.close()

        with pytest.raises(Disconnected, match="broke"):
            channel.send(MESSAGES)

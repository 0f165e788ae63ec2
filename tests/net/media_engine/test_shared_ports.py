"""Calls that share a port: each hears its own peer, whoever else sends there."""

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media import g711, rtcp
from umbel.media.engine import (
    Close,
    Closed,
    KeyPressed,
    Open,
    Opened,
    Play,
    Record,
    Recorded,
    Statistics,
    Tone,
)
from umbel.media.session import Codec
from umbel.net.media_engine.seating import LINGER

KEY = b"\x01\x0a\x00\xa0"


@pytest.fixture
def peers() -> Iterator[list[RtpPeer]]:
    with ExitStack() as stack:
        peers = [stack.enter_context(RtpPeer()) for _ in range(3)]
        for number, peer in enumerate(peers):
            peer.ssrc = 1000 + number
        yield peers


def record(studio: Studio, *sessions: str) -> None:
    for session in sessions:
        studio.do(Record(session=session, recording=1, longest=60, silence=0))


def close(studio: Studio, *sessions: str) -> None:
    for session in sessions:
        studio.do(Close(session=session))


def heard(studio: Studio, session: str) -> bytes:
    return b"".join(it.linear for it in studio.of(Recorded) if it.session == session)


def press(peer: RtpPeer) -> None:
    peer.send(peer.key(KEY, timestamp=peer.timestamp, marker=True))


def told(studio: Studio, session: str) -> Statistics:
    (closed,) = (it for it in studio.do(Close(session=session)) if isinstance(it, Closed))
    return closed.statistics


def pressed(studio: Studio) -> list[str]:
    return [event.session for event in studio.of(KeyPressed)]


class TestCallsOfOnePort:
    def test_hear_their_own_peers(self, studio: Studio, peers: list[RtpPeer]) -> None:
        names = "abc"
        for name, peer in zip(names, peers, strict=True):
            studio.call(peer, name)
        record(studio, *names)
        for tick in range(20):
            for number, peer in enumerate(peers):
                peer.say(bytes([10 * number + tick % 10] * 160))
            studio.tick()
        close(studio, *names)

        assert len({peer.engine for peer in peers}) == 1
        for number, name in enumerate(names):
            linear = np.frombuffer(heard(studio, name), "<i2")
            codes = np.repeat(np.arange(20) % 10 + 10 * number, 160).astype(np.uint8)
            assert (linear == g711.decode(Codec.PCMU, codes)).all()

    def test_are_played_to_each_their_own(self, studio: Studio, peers: list[RtpPeer]) -> None:
        first, second, _ = peers
        studio.call(first, "a")
        studio.call(second, "b")
        studio.do(Play(session="b", play=1, items=(Tone(440, 1.0),)))
        studio.tick(5)

        assert {bytes(packet.payload) for packet in first.heard()} == {b"\xff" * 160}
        assert len({bytes(packet.payload) for packet in second.heard()}) == 5

    def test_count_for_themselves(self, studio: Studio, peers: list[RtpPeer]) -> None:
        first, second, stranger = peers
        studio.call(first, "a")
        studio.call(second, "b")
        stranger.engine = first.engine
        for _ in range(3):
            first.say(bytes(160))
            second.say(bytes(160))
            first.sequence_number += 1
            stranger.say(bytes(160))
            studio.tick()
        a, b = told(studio, "a"), told(studio, "b")

        assert (a.packets_received, a.packets_lost) == (3, 2)
        assert (b.packets_received, b.packets_lost) == (3, 0)
        assert a.packets_refused == b.packets_refused == 0

    def test_are_told_what_their_own_peers_report(
        self, studio: Studio, peers: list[RtpPeer]
    ) -> None:
        first, second, behind_nat = peers
        studio.call(first, "a")
        studio.call(second, "b")
        studio.call(behind_nat, "c", learn_address=True)
        studio.tick(2)
        ours = {peer: peer.heard()[-1].ssrc for peer in (second, behind_nat)}
        for lost, peer in ((7, second), (9, behind_nat)):
            block = rtcp.ReportBlock(
                ssrc=ours[peer], fraction_lost=0, lost=lost, highest=1, jitter=0,
                last_sender_report=0, delay=0,
            )  # fmt: skip
            peer.report(rtcp.ReceiverReport(ssrc=peer.ssrc, reports=(block,)))
        studio.tick()

        assert told(studio, "a").remote_packets_lost is None
        assert told(studio, "b").remote_packets_lost == 7
        assert told(studio, "c").remote_packets_lost == 9


class TestANewcomer:
    def test_is_who_is_not_known_yet(self, studio: Studio, peers: list[RtpPeer]) -> None:
        known, agreed, behind_nat = peers
        studio.call(known, "a")
        studio.call(agreed, "b", learn_address=True)
        behind_nat.engine = known.engine
        press(behind_nat)
        press(known)
        studio.tick()

        assert sorted(pressed(studio)) == ["a", "b"]

    def test_has_its_port_alone_while_nothing_is_known_of_its_peer(
        self, studio: Studio, peers: list[RtpPeer]
    ) -> None:
        known, coming, _ = peers
        studio.call(known, "a")
        ports = []
        for name in "bc":
            (opened,) = studio.do(Open(session=name, address="127.0.0.1"))
            ports.append(opened.port if isinstance(opened, Opened) else 0)
        studio.call(coming, "d")

        assert len({*ports, known.engine[1]}) == 3
        assert coming.engine == known.engine

    def test_whose_peer_is_named_beforehand_shares_a_port_at_once(self, studio: Studio) -> None:
        """A thousand that come in one second are not connected before the next one comes."""
        ports = set()
        for number in range(20):
            peer = ("192.0.2.1", 40000 + number)
            (opened,) = studio.do(Open(session=str(number), address="127.0.0.1", peer=peer))
            ports.add(opened.port if isinstance(opened, Opened) else 0)

        assert len(ports) == 1

    def test_is_not_taken_for_the_peer_of_a_call_that_is_over(
        self, studio: Studio, peers: list[RtpPeer]
    ) -> None:
        leaving, known, coming = peers
        studio.call(known, "a")
        studio.call(leaving, "b")
        studio.tick()
        studio.do(Close(session="b"))
        studio.call(coming, "c", learn_address=True)
        press(leaving)
        studio.tick()
        assert pressed(studio) == []

        press(coming)
        studio.tick()
        assert pressed(studio) == ["c"]

    def test_may_have_the_address_of_a_call_that_was_over_for_some_time(
        self, studio: Studio, peers: list[RtpPeer]
    ) -> None:
        leaving, known, agreed = peers
        studio.call(known, "a")
        studio.call(leaving, "b")
        studio.do(Close(session="b"))
        studio.call(agreed, "c", learn_address=True)
        studio.clock.go_on(LINGER)
        press(leaving)
        studio.tick()

        assert pressed(studio) == ["c"]

    def test_is_alone_with_late_packets_of_the_only_other_call(
        self, studio: Studio, peers: list[RtpPeer]
    ) -> None:
        leaving, agreed, coming = peers
        studio.call(leaving, "a")
        studio.call(agreed, "b", learn_address=True)
        studio.do(Close(session="a"))
        press(leaving)
        studio.tick()
        assert pressed(studio) == []

        coming.engine = agreed.engine
        press(coming)
        studio.tick()
        assert pressed(studio) == ["b"]

    def test_may_be_somebody_who_called_before(self, studio: Studio, peers: list[RtpPeer]) -> None:
        again, known, _ = peers
        studio.call(known, "a")
        studio.call(again, "b")
        studio.do(Close(session="b"))
        studio.call(again, "c")
        press(again)
        studio.tick()

        assert pressed(studio) == ["c"]


class TestTwoCallsFromOneAddress:
    def test_have_ports_of_their_own(self, studio: Studio, peers: list[RtpPeer]) -> None:
        peer, *_ = peers
        studio.call(peer, "a")
        first = peer.engine
        studio.call(peer, "b")

        assert peer.engine != first

    def test_are_told_apart_by_their_sources_where_that_was_not_foreseen(
        self, studio: Studio, peers: list[RtpPeer]
    ) -> None:
        peer, other, _ = peers
        studio.call(peer, "a")
        studio.call(other, "b")
        studio.connect(peer, "b")
        record(studio, "a", "b")
        for _ in range(10):
            peer.ssrc = 1
            peer.say(bytes([0x10] * 160))
            peer.ssrc = 2
            peer.skip(-160)
            peer.say(bytes([0x20] * 160))
            studio.tick()
        close(studio, "a", "b")

        for name, code in (("a", 0x10), ("b", 0x20)):
            linear = np.frombuffer(heard(studio, name), "<i2")
            assert set(linear.tolist()) == {int(g711.decode(Codec.PCMU, bytes([code]))[0])}

    def test_go_on_when_one_of_them_is_over(self, studio: Studio, peers: list[RtpPeer]) -> None:
        peer, other, _ = peers
        studio.call(peer, "a")
        studio.call(other, "b")
        studio.connect(peer, "b")
        studio.do(Close(session="a"))
        press(peer)
        studio.tick()

        assert pressed(studio) == ["b"]


class TestOnIpv6:
    def test_calls_share_a_port_as_well(self, studio: Studio) -> None:
        with RtpPeer("::1") as first, RtpPeer("::1") as second:
            studio.call(first, "a")
            studio.call(second, "b")
            for _ in range(3):
                first.say(bytes(160))
                second.say(bytes(160))
                studio.tick()

            assert first.engine == second.engine
            assert len(first.heard()) == len(second.heard()) == 3
            assert told(studio, "a").packets_received == 3

"""A peer behind NAT that gets another address in mid-call is followed; nobody else is."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media import rtcp
from umbel.media.engine import Close, Closed, KeyPressed, Record, Recorded, Statistics
from umbel.media.session import Codec, SrtpKey, SrtpSuite

KEY = b"\x01\x0a\x00\xa0"
OURS = SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(range(30)))
THEIRS = SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=bytes(range(100, 130)))
SILENT = 10
"""Ticks after which a plain stream may go on from elsewhere."""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def begin(
    studio: Studio, peer: RtpPeer, session: str = "a", *, learns: bool = True, packets: int = 10
) -> None:
    studio.call(peer, session, learn_address=learns)
    say(studio, peer, packets)


def say(studio: Studio, peer: RtpPeer, packets: int = 1) -> None:
    for _ in range(packets):
        peer.say(b"\x10" * 160)
        studio.tick()


def elsewhere(stack: ExitStack, peer: RtpPeer, *, silent: int = 0) -> RtpPeer:
    """Give the same peer at another address, after so many ticks of which nothing came."""
    sends, receives = peer.media().receives_with, peer.media().sends_with
    moved = stack.enter_context(
        RtpPeer(peer.host, codec=peer.codec, sends_with=sends, receives_with=receives)
    )
    moved.engine, moved.ssrc = peer.engine, peer.ssrc
    moved.sequence_number = (peer.sequence_number + silent) % 65536
    moved.timestamp = (peer.timestamp + silent * 160) % (1 << 32)
    return moved


def press(peer: RtpPeer) -> None:
    peer.send(peer.key(KEY, timestamp=peer.timestamp, marker=True))


def pressed(studio: Studio) -> list[str]:
    return [event.session for event in studio.of(KeyPressed)]


def told(studio: Studio, session: str = "a") -> Statistics:
    (closed,) = (it for it in studio.do(Close(session=session)) if isinstance(it, Closed))
    return closed.statistics


@pytest.fixture(params=["plain", "srtp"])
def any_peer(request: pytest.FixtureRequest, stack: ExitStack) -> RtpPeer:
    if request.param == "plain":
        return stack.enter_context(RtpPeer())
    peer = stack.enter_context(RtpPeer(sends_with=THEIRS, receives_with=OURS))
    peer.sequence_number = 1000
    return peer


class TestAPeerThatMoved:
    def test_is_heard_and_sent_to_where_it_is_now(
        self, studio: Studio, stack: ExitStack, any_peer: RtpPeer
    ) -> None:
        begin(studio, any_peer)
        studio.tick(SILENT)
        moved = elsewhere(stack, any_peer, silent=SILENT)
        any_peer.heard()
        say(studio, moved, 5)
        press(moved)
        studio.tick()

        assert pressed(studio) == ["a"]
        assert len(any_peer.heard()) == 1
        assert len(moved.heard()) == 5
        statistics = told(studio)
        assert (statistics.packets_received, statistics.packets_refused) == (16, 0)
        assert statistics.packets_lost == SILENT

    def test_loses_nothing_of_its_recording_but_what_did_not_come(
        self, studio: Studio, stack: ExitStack, any_peer: RtpPeer
    ) -> None:
        begin(studio, any_peer)
        studio.record()
        say(studio, any_peer, 20)
        studio.tick(SILENT)
        say(studio, elsewhere(stack, any_peer, silent=SILENT), 20)
        studio.do(Close(session="a"))

        heard = b"".join(event.linear for event in studio.of(Recorded))
        assert len(heard) == 50 * 320
        assert heard[:6400] == heard[-6400:] == heard[:2] * 3200

    def test_whose_stream_stood_still_meanwhile_is_followed_as_well(
        self, studio: Studio, stack: ExitStack, any_peer: RtpPeer
    ) -> None:
        """It kept silence for an hour and counts neither packets nor time."""
        begin(studio, any_peer)
        studio.clock.go_on(3600)
        say(studio, elsewhere(stack, any_peer), 5)

        assert told(studio).packets_received == 15

    def test_may_move_again_and_back(
        self, studio: Studio, stack: ExitStack, any_peer: RtpPeer
    ) -> None:
        begin(studio, any_peer)
        away = elsewhere(stack, any_peer, silent=SILENT)
        studio.tick(SILENT)
        say(studio, away, 5)
        any_peer.sequence_number = away.sequence_number + SILENT
        any_peer.timestamp = (away.timestamp + SILENT * 160) % (1 << 32)
        studio.tick(SILENT)
        any_peer.heard()
        say(studio, any_peer, 5)
        studio.tick()

        assert len(any_peer.heard()) == 5
        assert told(studio).packets_received == 20

    def test_reports_from_its_new_host(
        self, studio: Studio, stack: ExitStack, any_peer: RtpPeer
    ) -> None:
        begin(studio, any_peer)
        ours = any_peer.heard()[0].ssrc
        studio.tick(SILENT)
        moved = elsewhere(stack, any_peer, silent=SILENT)
        say(studio, moved)
        block = rtcp.ReportBlock(ssrc=ours, fraction_lost=0, lost=5, highest=1, jitter=0)
        moved.report(rtcp.ReceiverReport(ssrc=moved.ssrc, reports=(block,)))
        studio.tick(400)

        assert moved.reports()
        assert told(studio).remote_packets_lost == 5

    def test_is_followed_with_a_transcoded_codec(self, studio: Studio, stack: ExitStack) -> None:
        peer = stack.enter_context(RtpPeer(codec=Codec.G722))
        begin(studio, peer)
        studio.tick(SILENT)
        say(studio, elsewhere(stack, peer, silent=SILENT), 5)

        assert told(studio).packets_received == 15

    def test_with_srtp_needs_no_pause(self, studio: Studio, stack: ExitStack) -> None:
        peer = stack.enter_context(RtpPeer(sends_with=THEIRS, receives_with=OURS))
        peer.sequence_number = 1000
        begin(studio, peer)
        moved = elsewhere(stack, peer)
        say(studio, moved, 5)

        assert len(moved.heard()) == 4
        assert told(studio).packets_received == 15

    def test_with_srtp_is_heard_in_what_was_under_way_and_not_called_back_by_it(
        self, studio: Studio, stack: ExitStack
    ) -> None:
        peer = stack.enter_context(RtpPeer(sends_with=THEIRS, receives_with=OURS))
        peer.sequence_number = 1000
        begin(studio, peer)
        late = peer.audio(bytes(160))
        moved = elsewhere(stack, peer)
        say(studio, moved, 5)
        peer.heard()
        peer.send(late)
        studio.tick(3)

        assert peer.heard() == []
        assert told(studio).packets_received == 16


class TestOneOfManyOnAPort:
    def test_is_followed_and_the_others_are_left_alone(
        self, studio: Studio, stack: ExitStack
    ) -> None:
        peers = [stack.enter_context(RtpPeer()) for _ in range(3)]
        for number, peer in enumerate(peers):
            peer.ssrc = 1000 + number
            begin(studio, peer, str(number))
        assert len({peer.engine for peer in peers}) == 1
        studio.tick(SILENT)
        moved = elsewhere(stack, peers[1], silent=SILENT + 10)
        say(studio, moved, 3)
        press(moved)
        press(peers[0])
        studio.tick()

        assert sorted(pressed(studio)) == ["0", "1"]
        received = [told(studio, str(number)).packets_received for number in range(3)]
        assert received == [11, 14, 10]

    def test_leaves_an_address_that_no_newcomer_is_taken_for(
        self, studio: Studio, stack: ExitStack
    ) -> None:
        peer, coming = stack.enter_context(RtpPeer()), stack.enter_context(RtpPeer())
        begin(studio, peer)
        studio.tick(SILENT)
        say(studio, elsewhere(stack, peer, silent=SILENT), 3)
        studio.call(coming, "b", learn_address=True)
        assert coming.engine == peer.engine
        press(peer)
        studio.tick()
        assert pressed(studio) == []

        press(coming)
        studio.tick()
        assert pressed(studio) == ["b"]

    def test_that_is_over_is_followed_no_more(self, studio: Studio, stack: ExitStack) -> None:
        peer, other = stack.enter_context(RtpPeer()), stack.enter_context(RtpPeer())
        other.ssrc = 1
        begin(studio, other, "b")
        begin(studio, peer)
        studio.tick(SILENT)
        studio.do(Close(session="a"))
        moved = elsewhere(stack, peer, silent=SILENT)
        say(studio, moved, 3)
        press(moved)
        studio.tick()

        assert pressed(studio) == []
        assert moved.heard() == []


class TestAStranger:
    """Who does not know the stream, or comes while it goes on."""

    @pytest.mark.parametrize(
        "wrong",
        [
            {"ssrc": 1},
            {"sequence_number": -1},
            {"sequence_number": 30},
            {"sequence_number": 32768},
            {"timestamp": -20_000},
            {"timestamp": 20_000},
            {"timestamp": 1 << 31},
        ],
    )
    def test_who_guesses_wrong_is_not_heard(
        self, studio: Studio, stack: ExitStack, peer: RtpPeer, wrong: dict[str, int]
    ) -> None:
        begin(studio, peer)
        studio.tick(SILENT)
        stranger = elsewhere(stack, peer)
        stranger.ssrc += wrong.get("ssrc", 0)
        stranger.sequence_number = (
            stranger.sequence_number + wrong.get("sequence_number", 0)
        ) % 65536
        stranger.timestamp = (stranger.timestamp + wrong.get("timestamp", 0)) % (1 << 32)
        press(stranger)
        studio.tick()

        assert pressed(studio) == []
        assert stranger.heard() == []

    def test_who_guesses_right_is_not_heard_while_the_peer_speaks(
        self, studio: Studio, stack: ExitStack, peer: RtpPeer
    ) -> None:
        begin(studio, peer)
        for _ in range(20):
            stranger = elsewhere(stack, peer)
            press(stranger)
            studio.tick(SILENT - 2)
            say(studio, peer)
            assert stranger.heard() == []

        assert pressed(studio) == []
        statistics = told(studio)
        assert (statistics.packets_received, statistics.packets_refused) == (30, 20)

    def test_is_not_heard_where_addresses_are_not_to_be_learnt(
        self, studio: Studio, stack: ExitStack, any_peer: RtpPeer
    ) -> None:
        begin(studio, any_peer, learns=False)
        studio.tick(SILENT)
        moved = elsewhere(stack, any_peer, silent=SILENT)
        press(moved)
        studio.tick(2)

        assert pressed(studio) == []
        assert moved.heard() == []
        assert told(studio).packets_refused == 1

    def test_with_srtp_needs_the_key(self, studio: Studio, stack: ExitStack) -> None:
        peer = stack.enter_context(RtpPeer(sends_with=THEIRS, receives_with=OURS))
        peer.sequence_number = 1000
        begin(studio, peer)
        studio.tick(SILENT)
        for key in (OURS, None):
            stranger = stack.enter_context(RtpPeer(sends_with=key))
            stranger.engine, stranger.ssrc = peer.engine, peer.ssrc
            stranger.sequence_number, stranger.timestamp = peer.sequence_number, peer.timestamp
            press(stranger)
        studio.tick(2)

        assert pressed(studio) == []
        assert told(studio).packets_refused == 2

    def test_who_repeats_what_he_overheard_is_not_believed(
        self, studio: Studio, stack: ExitStack
    ) -> None:
        peer = stack.enter_context(RtpPeer(sends_with=THEIRS, receives_with=OURS))
        peer.sequence_number = 1000
        begin(studio, peer)
        overheard = peer.send(peer.audio(bytes(160)))
        studio.tick()
        stranger = elsewhere(stack, peer)
        stranger.transmit(overheard)
        studio.tick(3)

        assert stranger.heard() == []
        assert told(studio).packets_refused == 1

    def test_gets_no_call_by_a_kind_of_packet_that_was_not_agreed_on(
        self, studio: Studio, stack: ExitStack, any_peer: RtpPeer
    ) -> None:
        begin(studio, any_peer)
        studio.tick(SILENT)
        moved = elsewhere(stack, any_peer, silent=SILENT)
        moved.send(replace(moved.audio(bytes(160)), payload_type=77))
        studio.tick(3)

        assert moved.heard() == []

    @repeatable
    @given(st.lists(st.binary(max_size=40), max_size=20), st.booleans())
    def test_moves_no_call_by_rubbish(self, rubbish: list[bytes], is_secret: bool) -> None:
        """Not even with the head of a packet that would be one."""
        sends, receives = (THEIRS, OURS) if is_secret else (None, None)
        with (
            Studio() as studio,
            RtpPeer(sends_with=sends, receives_with=receives) as peer,
            RtpPeer() as stranger,
        ):
            peer.sequence_number = 1000
            begin(studio, peer, packets=2)
            studio.tick(SILENT)
            stranger.engine = peer.engine
            for octets in rubbish:
                stranger.transmit(octets)
                stranger.transmit(b"\x80\x00\x03\xea" + octets)
            studio.tick(2)
            say(studio, peer, 3)

            assert stranger.heard() == []
            assert len(studio.of(KeyPressed)) == 0
            assert told(studio).packets_received == 5


class TestARecordingOfAnotherCall:
    def test_gets_nothing_of_a_stream_that_moved(self, studio: Studio, stack: ExitStack) -> None:
        peer, other = stack.enter_context(RtpPeer()), stack.enter_context(RtpPeer())
        other.ssrc = 1
        begin(studio, peer)
        begin(studio, other, "b")
        studio.do(Record(session="b", recording=1, longest=60, silence=0))
        studio.tick(SILENT)
        say(studio, elsewhere(stack, peer, silent=SILENT + 10), 20)
        studio.do(Close(session="b"))

        heard = b"".join(it.linear for it in studio.of(Recorded) if it.session == "b")
        assert not any(heard)

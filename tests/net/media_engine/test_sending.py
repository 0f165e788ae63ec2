"""What a peer hears when nobody plays anything, and the headers of all that it hears."""

from dataclasses import replace

import pytest
from tests.support.rtp_peer import TELEPHONE_EVENT, RtpPeer
from tests.support.studio import Studio

from umbel.media.engine import Close, Closed, Play, SendKey, Tone
from umbel.media.session import PLAIN_CODECS, Codec, Direction
from umbel.media.telephone_event import TelephoneEvent

SILENCE = {Codec.PCMU: b"\xff" * 160, Codec.PCMA: b"\xd5" * 160}


class TestNothingPlays:
    @pytest.mark.parametrize("codec", PLAIN_CODECS)
    def test_silence_is_sent_without_a_gap(self, studio: Studio, codec: Codec) -> None:
        with RtpPeer(codec=codec) as peer:
            studio.call(peer)
            studio.tick(100)

            heard = peer.heard()
            assert [packet.payload for packet in heard] == [SILENCE[codec]] * 100
            assert {packet.payload_type for packet in heard} == {peer.payload_type}

    def test_numbers_go_up_by_one_and_timestamps_by_a_frame(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.tick(50)

        heard = peer.heard()
        first = heard[0]
        assert [one.sequence_number - first.sequence_number for one in heard] == list(range(50))
        assert [one.timestamp - first.timestamp for one in heard] == list(range(0, 8000, 160))
        assert {one.ssrc for one in heard} == {first.ssrc}

    def test_only_the_first_packet_is_marked(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.tick(5)

        assert [packet.marker for packet in peer.heard()] == [True] + [False] * 4

    def test_nothing_is_sent_before_signalling_has_agreed(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer, media=replace(peer.media(), remote_port=0))
        studio.tick(5)

        assert peer.heard() == []

    def test_nothing_is_sent_to_an_address_that_is_none(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer, media=replace(peer.media(), remote_address="telephone.example"))
        studio.tick(5)

        assert peer.heard() == []

    def test_a_peer_on_ipv6_hears_it_as_well(self, studio: Studio) -> None:
        with RtpPeer("::1") as peer:
            studio.call(peer)
            studio.tick(3)

            assert len(peer.heard()) == 3

    def test_each_call_is_sent_its_own_stream(self, studio: Studio) -> None:
        with RtpPeer() as bell, RtpPeer(codec=Codec.PCMA) as gray:
            studio.call(bell, "bell")
            studio.call(gray, "gray")
            studio.tick(10)

            streams = [bell.heard(), gray.heard()]
            assert [len(stream) for stream in streams] == [10, 10]
            assert len({stream[0].ssrc for stream in streams}) == 2


class TestAPeerThatIsGone:
    def test_its_refusals_disturb_neither_its_call_nor_another(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        with RtpPeer() as gone:
            studio.call(gone, "gone")
        studio.call(peer)
        studio.tick(50)

        assert len(peer.heard()) == 50

    def test_a_family_that_the_socket_cannot_reach_is_as_if_the_network_lost_it(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer, media=replace(peer.media(), remote_address="::1"))
        studio.tick(3)

        assert len(studio.engine) == 1
        assert peer.heard() == []


class TestLongerPackets:
    @pytest.mark.parametrize(("ptime", "packets"), [(20, 12), (40, 6), (60, 4)])
    def test_carry_as_much_audio_in_fewer_packets(
        self, studio: Studio, peer: RtpPeer, ptime: int, packets: int
    ) -> None:
        studio.call(peer, media=replace(peer.media(), ptime=ptime))
        studio.tick(12)

        heard = peer.heard()
        assert len(heard) == packets
        assert {len(packet.payload) for packet in heard} == {ptime * 8}
        assert heard[1].timestamp - heard[0].timestamp == ptime * 8

    def test_go_beside_short_ones_in_the_same_tick(self, studio: Studio, peer: RtpPeer) -> None:
        with RtpPeer() as other:
            studio.call(peer, media=replace(peer.media(), ptime=40))
            studio.call(other, "b")
            studio.tick(4)

            assert len(peer.heard()) == 2
            assert len(other.heard()) == 4


class TestALateTick:
    def test_sends_one_packet_and_skips_those_that_were_missed(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.tick()
        studio.late_tick(5)

        before, after = peer.heard()
        assert after.sequence_number - before.sequence_number == 1
        assert after.timestamp - before.timestamp == 5 * 160


class TestHold:
    @pytest.mark.parametrize("direction", [Direction.RECVONLY, Direction.INACTIVE])
    def test_nothing_is_sent(self, studio: Studio, peer: RtpPeer, direction: Direction) -> None:
        studio.call(peer)
        studio.connect(peer, media=replace(peer.media(), direction=direction))
        studio.tick(5)

        assert peer.heard() == []

    def test_afterwards_the_stream_goes_on_with_a_marked_packet(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.tick()
        studio.connect(peer, media=replace(peer.media(), direction=Direction.INACTIVE))
        studio.tick(10)
        studio.connect(peer)
        studio.tick()

        before, after = peer.heard()
        assert after.marker
        assert after.sequence_number - before.sequence_number == 1
        assert after.timestamp - before.timestamp == 11 * 160

    def test_sendonly_is_no_hold_of_what_we_send(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), direction=Direction.SENDONLY))
        studio.tick(2)

        assert len(peer.heard()) == 2


class TestOurKey:
    def test_goes_out_as_one_press_told_to_its_end_three_times(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.tick(2)
        studio.do(SendKey(session="a", key="7", held=0.1))
        studio.tick(10)

        keys = [one for one in peer.heard() if one.payload_type == TELEPHONE_EVENT]
        events = [TelephoneEvent.parse(one.payload) for one in keys]
        assert [(event.key, event.duration, event.is_end) for event in events] == [
            ("7", 160, False),
            ("7", 320, False),
            ("7", 480, False),
            ("7", 640, False),
            ("7", 800, True),
            ("7", 800, True),
            ("7", 800, True),
        ]
        assert [one.marker for one in keys] == [True] + [False] * 6
        assert len({one.timestamp for one in keys}) == 1

    def test_takes_the_place_of_audio_in_one_row_of_numbers(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.do(SendKey(session="a", key="1", held=0.04))
        studio.tick(8)

        heard = peer.heard()
        numbers = [one.sequence_number for one in heard]
        assert numbers == list(range(numbers[0], numbers[0] + 8))
        assert [one.payload_type for one in heard] == [TELEPHONE_EVENT] * 4 + [0] * 4

    def test_waits_for_the_one_before_and_a_pause(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        for key in "55":
            studio.do(SendKey(session="a", key=key, held=0.02))
        studio.tick(20)

        keys = [one for one in peer.heard() if one.payload_type == TELEPHONE_EVENT]
        assert [one.marker for one in keys].count(True) == 2
        assert keys[3].timestamp - keys[0].timestamp == (3 + 3) * 160

    def test_is_not_sent_where_no_number_was_agreed_on(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), telephone_event=None))
        studio.do(SendKey(session="a", key="1"))
        studio.tick(3)

        assert {one.payload_type for one in peer.heard()} == {0}

    def test_that_was_not_sent_is_not_sent_later(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), telephone_event=None))
        studio.do(SendKey(session="a", key="1", held=0.02))
        studio.tick()
        studio.connect(peer)
        studio.do(SendKey(session="a", key="2", held=0.02))
        studio.tick(20)

        keys = [one for one in peer.heard() if one.payload_type == TELEPHONE_EVENT]
        assert {TelephoneEvent.parse(one.payload).key for one in keys} == {"2"}

    def test_waits_while_the_call_is_held(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), direction=Direction.INACTIVE))
        studio.do(SendKey(session="a", key="1"))
        studio.tick(3)
        studio.connect(peer)
        studio.tick()

        (heard,) = peer.heard()
        assert heard.payload_type == TELEPHONE_EVENT


class TestClose:
    def test_tells_what_was_sent(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.tick(7)
        (closed,) = studio.do(Close(session="a"))

        assert isinstance(closed, Closed)
        assert closed.statistics.packets_sent == 7

    def test_is_the_end_of_the_stream(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.do(Close(session="a"))
        studio.tick(3)

        assert peer.heard() == []
        assert len(studio.engine) == 0

    def test_leaves_nobody_for_a_command_that_comes_too_late(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer)
        studio.do(Close(session="a"))

        assert studio.do(Play(session="a", play=1, items=(Tone(440, 1.0),))) == []
        assert studio.do(Close(session="a")) == []

"""RTCP: what the peer is told of us and itself, and what it told us."""

from dataclasses import replace

from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio

from umbel.media import rtcp
from umbel.media.engine import Close, Statistics
from umbel.media.session import Direction


def statistics(studio: Studio) -> Statistics:
    studio.do(Close(session="a"))
    return studio.closed().statistics


def ntp(studio: Studio) -> int:
    return rtcp.ntp_time(studio.clock.wall().timestamp())


def await_report(studio: Studio, peer: RtpPeer) -> tuple[rtcp.RtcpPacket, ...]:
    """Let time pass until the peer is sent a report."""
    for _ in range(500):
        studio.tick()
        for compound in peer.reports():
            return compound
    raise AssertionError("no report came within ten seconds")


def block(ssrc: int, *, lost: int = 0, last: int = 0, delay: int = 0) -> rtcp.ReportBlock:
    return rtcp.ReportBlock(
        ssrc=ssrc,
        fraction_lost=0,
        lost=lost,
        highest=0,
        jitter=0,
        last_sender_report=last,
        delay=delay,
    )


class TestReports:
    def test_come_about_every_five_seconds(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.tick(60 * 50)

        assert 8 <= len(peer.reports()) <= 24

    def test_tell_what_was_sent(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        report, description = await_report(studio, peer)
        heard = peer.heard()

        assert isinstance(report, rtcp.SenderReport)
        assert (report.ssrc, report.packets) == (heard[0].ssrc, len(heard))
        assert report.octets == len(heard) * 160
        assert report.rtp_timestamp == heard[-1].timestamp
        assert report.ntp == ntp(studio)
        assert isinstance(description, rtcp.SourceDescription)
        assert description.chunks[0].items[0][0] == rtcp.CNAME

    def test_tell_what_was_received_and_lost(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        for number in range(200):
            packet = peer.audio(bytes(160))
            if number % 10:
                peer.send(packet)
            studio.tick()
        report, _ = await_report(studio, peer)

        assert isinstance(report, rtcp.SenderReport)
        (told,) = report.reports
        assert told.ssrc == peer.ssrc
        assert told.lost == 19
        assert told.jitter == 0

    def test_are_those_of_a_receiver_while_nothing_was_sent(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        studio.call(peer, media=replace(peer.media(), direction=Direction.RECVONLY))

        assert isinstance(await_report(studio, peer)[0], rtcp.ReceiverReport)

    def test_answer_the_report_of_the_peer(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        peer.say(bytes(160))
        sent = 0x1234_5678_9ABC_DEF0
        peer.report(
            rtcp.SenderReport(ssrc=peer.ssrc, ntp=sent, rtp_timestamp=0, packets=1, octets=160)
        )
        report, _ = await_report(studio, peer)

        assert isinstance(report, rtcp.SenderReport)
        (told,) = report.reports
        assert told.last_sender_report == 0x5678_9ABC
        assert abs(told.delay / 65536 - 5.0) < 0.05

    def test_are_not_sent_where_the_peer_takes_none(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer, media=replace(peer.media(), remote_rtcp_port=0))
        studio.tick(400)

        assert peer.reports() == []


class TestTheEnd:
    def test_is_told_with_a_goodbye(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.tick()
        ssrc = peer.heard()[0].ssrc
        studio.do(Close(session="a"))

        (compound,) = peer.reports()
        assert compound[-1] == rtcp.Goodbye(ssrcs=(ssrc,))


class TestWhatThePeerTells:
    def test_of_our_packets_is_kept(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.tick()
        ssrc = peer.heard()[0].ssrc
        peer.report(rtcp.ReceiverReport(ssrc=1, reports=(block(1), block(ssrc, lost=17))))
        studio.tick()

        assert statistics(studio).remote_packets_lost == 17

    def test_gives_the_round_trip_time(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.tick()
        ssrc = peer.heard()[0].ssrc
        sent = rtcp.middle(ntp(studio))
        studio.tick(50)
        held = block(ssrc, last=sent, delay=int(0.9 * 65536))
        peer.report(rtcp.ReceiverReport(ssrc=1, reports=(held,)))
        studio.tick()

        round_trip = statistics(studio).round_trip
        assert round_trip is not None
        assert abs(round_trip - 0.12) < 0.001

    def test_without_a_report_of_ours_gives_none(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        studio.tick()
        ssrc = peer.heard()[0].ssrc
        peer.report(rtcp.ReceiverReport(ssrc=1, reports=(block(ssrc),)))
        studio.tick()

        assert statistics(studio).round_trip is None

    def test_of_others_is_nothing_to_us(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        peer.report(
            rtcp.ReceiverReport(ssrc=1, reports=(block(99, lost=3),)), rtcp.Goodbye(ssrcs=(1,))
        )
        studio.tick()

        assert statistics(studio).remote_packets_lost is None

    def test_that_is_no_report_is_refused(self, studio: Studio, peer: RtpPeer) -> None:
        studio.call(peer)
        peer.rtcp.sendto(b"\x80\xc9\x00\x09", (peer.engine[0], peer.engine[1] + 1))
        studio.tick()

        assert statistics(studio).packets_refused == 1

    def test_from_another_address_is_refused(self, studio: Studio, peer: RtpPeer) -> None:
        with RtpPeer() as stranger:
            studio.call(peer)
            stranger.engine = peer.engine
            stranger.report(rtcp.ReceiverReport(ssrc=1))
            studio.tick()

            assert statistics(studio).packets_refused == 1


class TestAnAddressThatIsLearnt:
    def test_is_learnt_for_reports_from_the_host_of_the_audio(
        self, studio: Studio, peer: RtpPeer
    ) -> None:
        with RtpPeer() as real:
            studio.call(peer, learn_address=True)
            real.engine = peer.engine
            real.say(bytes(160))
            real.report(rtcp.ReceiverReport(ssrc=1))
            studio.tick()
            studio.do(Close(session="a"))

            assert len(real.reports()) == 1
            assert peer.reports() == []

    def test_is_not_learnt_from_another_host(self, studio: Studio, peer: RtpPeer) -> None:
        with RtpPeer("127.0.0.2") as stranger:
            studio.call(peer, learn_address=True)
            stranger.engine = peer.engine
            stranger.report(rtcp.ReceiverReport(ssrc=1))
            studio.tick()
            studio.do(Close(session="a"))

            assert studio.closed().statistics.packets_refused == 1
            assert len(peer.reports()) == 1

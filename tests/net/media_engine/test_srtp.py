"""SRTP with both suites, with and without a master key identifier, against RFC 3711 alone."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
from tests.support.rtp_peer import RtpPeer
from tests.support.srtp import SrtpContext
from tests.support.studio import Studio

from umbel.media import g711, rtcp
from umbel.media.engine import (
    Close,
    Closed,
    KeyPressed,
    Record,
    Recorded,
    SendKey,
    Statistics,
    StopRecording,
)
from umbel.media.session import Codec, SrtpKey, SrtpSuite

MKIS = (b"", b"\x01", b"\x00\x00\x00\x07")


@pytest.fixture(params=[(suite, mki) for suite in SrtpSuite for mki in MKIS])
def secure_peer(request: pytest.FixtureRequest) -> Iterator[RtpPeer]:
    suite, mki = request.param
    sends_with = SrtpKey(suite=suite, master=bytes(range(30)), mki=mki)
    receives_with = SrtpKey(suite=suite, master=bytes(range(200, 230)), mki=mki)
    with RtpPeer(sends_with=sends_with, receives_with=receives_with) as peer:
        peer.sequence_number = 1000
        yield peer


def statistics(studio: Studio) -> Statistics:
    studio.do(Close(session="a"))
    return studio.closed().statistics


def press(peer: RtpPeer) -> bytes:
    return peer.send(peer.key(b"\x01\x0a\x00\xa0", timestamp=peer.timestamp, marker=True))


class TestASecureCall:
    def test_is_recorded_to_the_bit(self, studio: Studio, secure_peer: RtpPeer) -> None:
        octets = np.random.default_rng(1).integers(0, 256, 30 * 160).astype(np.uint8).tobytes()
        studio.call(secure_peer)
        studio.record()
        for start in range(0, len(octets), 160):
            secure_peer.say(octets[start : start + 160])
            studio.tick()
        studio.do(StopRecording(session="a"))

        expected = g711.decode(Codec.PCMU, octets).astype("<i2").tobytes()
        assert studio.recorded() == expected
        assert statistics(studio).packets_refused == 0

    def test_is_heard_by_the_peer(self, studio: Studio, secure_peer: RtpPeer) -> None:
        studio.call(secure_peer)
        studio.do(SendKey(session="a", key="1", held=0.02))
        studio.tick(10)

        heard = secure_peer.heard()
        assert len(heard) == 10
        assert heard[-1].payload == b"\xff" * 160

    def test_tells_keys(self, studio: Studio, secure_peer: RtpPeer) -> None:
        studio.call(secure_peer)
        press(secure_peer)

        assert studio.tick() == [KeyPressed(session="a", key="1")]

    def test_reports_both_ways(self, studio: Studio, secure_peer: RtpPeer) -> None:
        studio.call(secure_peer)
        studio.tick(400)
        ssrc = secure_peer.heard()[0].ssrc
        secure_peer.report(
            rtcp.ReceiverReport(
                ssrc=1,
                reports=(
                    rtcp.ReportBlock(ssrc=ssrc, fraction_lost=0, lost=5, highest=1, jitter=0),
                ),
            )
        )
        studio.tick()

        assert isinstance(secure_peer.reports()[0][0], rtcp.SenderReport)
        assert statistics(studio).remote_packets_lost == 5


class TestAPacketThatCameBefore:
    def test_is_refused(self, studio: Studio, secure_peer: RtpPeer) -> None:
        studio.call(secure_peer)
        sent = press(secure_peer)
        studio.tick()
        secure_peer.transmit(sent)
        studio.tick()

        assert len(studio.of(KeyPressed)) == 1
        assert statistics(studio).packets_refused == 1

    def test_is_refused_also_after_signalling_repeated_itself(
        self, studio: Studio, secure_peer: RtpPeer
    ) -> None:
        studio.call(secure_peer)
        sent = press(secure_peer)
        studio.tick()
        studio.connect(secure_peer)
        secure_peer.transmit(sent)
        studio.tick()

        assert statistics(studio).packets_refused == 1


class TestAPacketThatIsNotAuthentic:
    @pytest.mark.parametrize("where", [2, 12, 15, -1])
    def test_is_refused(self, studio: Studio, secure_peer: RtpPeer, where: int) -> None:
        studio.call(secure_peer)
        context = SrtpContext(sending_key(secure_peer))
        packet = bytearray(context.protect(bytes(secure_peer.audio(bytes(160)))))
        packet[where] ^= 1
        secure_peer.transmit(bytes(packet))
        studio.tick()

        told = statistics(studio)
        assert (told.packets_received, told.packets_refused) == (0, 1)

    def test_because_it_is_plain_is_refused(self, studio: Studio, secure_peer: RtpPeer) -> None:
        studio.call(secure_peer)
        secure_peer.transmit(bytes(secure_peer.audio(bytes(160))))
        secure_peer.rtcp.sendto(
            bytes(rtcp.ReceiverReport(ssrc=1)),
            (secure_peer.engine[0], secure_peer.engine[1] + 1),
        )
        studio.tick()

        assert statistics(studio).packets_refused == 2


class TestANewKey:
    def test_replaces_the_old_one(self, studio: Studio, secure_peer: RtpPeer) -> None:
        studio.call(secure_peer)
        media = secure_peer.media()
        assert media.receives_with is not None
        assert media.sends_with is not None
        sends = replace(media.sends_with, master=bytes(30))
        receives = replace(media.receives_with, master=bytes(29) + b"\x01")
        with RtpPeer(sends_with=receives, receives_with=sends) as renewed:
            renewed.engine = secure_peer.engine
            studio.connect(renewed)
            press(renewed)
            studio.tick()

            assert len(renewed.heard()) == 1
            assert len(studio.of(KeyPressed)) == 1


def sending_key(peer: RtpPeer) -> SrtpKey:
    """Give the key that the peer sends with."""
    key = peer.media().receives_with
    if key is None:
        raise TypeError("this peer is a plain one")
    return key


class TestCallsOfAllKinds:
    def test_are_taken_in_the_same_tick(self, studio: Studio) -> None:
        """Some with tags and identifiers of other lengths that come to the same sum."""
        kinds = [(suite, mki) for suite in SrtpSuite for mki in (*MKIS, b"abcdef")]
        with ExitStack() as stack:
            peers = []
            for number, (suite, mki) in enumerate(kinds * 3):
                key = SrtpKey(suite=suite, master=bytes([number] * 30), mki=mki)
                peer = stack.enter_context(RtpPeer(sends_with=key, receives_with=key))
                peer.sequence_number = 1000
                peers.append(peer)
                studio.call(peer, str(number))
                studio.do(Record(session=str(number), recording=1, longest=60, silence=0))
            for tick in range(12):
                for number, peer in enumerate(peers):
                    peer.say(bytes([number, tick] * 80))
                studio.tick()
            for number in range(len(peers)):
                studio.do(Close(session=str(number)))
        for number, closed in enumerate(studio.of(Closed)):
            octets = b"".join(bytes([number, tick] * 80) for tick in range(12))
            heard = b"".join(it.linear for it in studio.of(Recorded) if it.session == str(number))

            assert closed.statistics.packets_refused == 0
            assert heard == g711.decode(Codec.PCMU, octets).astype("<i2").tobytes()

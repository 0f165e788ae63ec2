"""Whatever comes from the network is understood or refused: nothing else ever happens."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable
from tests.support.sdp import OFFERS, described, ours

from umbel.core.errors import Mistake, PeerError
from umbel.media import rtcp, wav
from umbel.media.comfort_noise import ComfortNoise
from umbel.media.offer_answer import MediaSecurity
from umbel.media.rtp import Extension, MalformedPacket, Packet
from umbel.media.sdp import SessionDescription
from umbel.media.session import Codec
from umbel.media.telephone_event import KEYS, KeyDetector, TelephoneEvent

DESCRIPTIONS = [path.read_bytes() for path in sorted(OFFERS.glob("*.sdp"))]
WORDS = [b"=", b":", b"/", b"|", b" ", b"\r\n", b"\n", b"0", b"99999999999", b"\xff", b"IP6", b"-1"]


def mutated(sample: bytes, dice: Random) -> bytes:
    """Change, cut, double or insert something, a few times."""
    data = bytearray(sample)
    for _ in range(dice.randint(1, 4)):
        at, length = dice.randrange(len(data) + 1), dice.randint(0, 12)
        match dice.randrange(4):
            case 0:
                data[at : at + 1] = bytes((dice.randrange(256),))
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length]
            case _:
                data[at:at] = dice.choice(WORDS)
    return bytes(data)


def mutations(samples: list[bytes], count: int) -> Iterator[bytes]:
    dice = Random(4733)
    for _ in range(count):
        yield mutated(dice.choice(samples), dice)


def survives(take: Callable[[bytes], object], data: bytes) -> bool:
    """Tell whether it was understood; anything raised but a ``PeerError`` fails the test."""
    try:
        take(data)
    except PeerError as error:
        str(error).encode()  # It goes into an answer, and must not raise there.
        return False
    return True


def understood(take: Callable[[bytes], object], samples: list[bytes], count: int) -> float:
    """Give how many of the mutations were understood: some must be, and some not."""
    return sum(survives(take, data) for data in mutations(samples, count)) / count


class TestSessionDescriptions:
    @pytest.mark.parametrize("security", MediaSecurity)
    def test_offers_are_answered_or_refused(self, security: MediaSecurity) -> None:
        def answer(data: bytes) -> None:
            described_by_us, _ = ours(security, codecs=tuple(Codec)).receive_offer(data)
            SessionDescription.parse(described_by_us)

        assert 0.05 < understood(answer, DESCRIPTIONS, 3000) < 0.9

    def test_answers_are_taken_or_refused(self) -> None:
        dialog = ours(MediaSecurity.OPTIONAL, codecs=tuple(Codec))
        dialog.make_offer()

        assert 0.05 < understood(dialog.receive_answer, [*DESCRIPTIONS, described()], 3000) < 0.9

    def test_what_is_understood_keeps_every_octet(self) -> None:
        def round_trip(data: bytes) -> None:
            assert bytes(SessionDescription.parse(data)) == data

        assert 0.05 < understood(round_trip, DESCRIPTIONS, 3000) < 1.0


class TestPackets:
    def test_rtp(self) -> None:
        samples = [
            bytes(
                Packet(
                    payload_type=0,
                    sequence_number=1,
                    timestamp=2,
                    ssrc=3,
                    payload=bytes(20),
                    csrcs=(4, 5),
                    extension=Extension(profile=1, data=bytes(8)) if extended else None,
                )
            )
            for extended in (True, False)
        ]

        assert 0.05 < understood(Packet.parse, samples, 5000) < 1.0

    def test_rtcp(self) -> None:
        block = rtcp.ReportBlock(ssrc=1, fraction_lost=2, lost=3, highest=4, jitter=5)
        chunk = rtcp.Chunk(ssrc=1, items=((rtcp.CNAME, b"um@node01"), (2, b"")))
        sample = rtcp.build(
            (
                rtcp.SenderReport(
                    ssrc=1, ntp=2, rtp_timestamp=3, packets=4, octets=5, reports=(block,)
                ),
                rtcp.ReceiverReport(ssrc=1, reports=(block, block)),
                rtcp.SourceDescription(chunks=(chunk, chunk)),
                rtcp.Goodbye(ssrcs=(1, 2), reason=b"done"),
                rtcp.ApplicationDefined(subtype=1, ssrc=2, name=b"test", data=bytes(4)),
                rtcp.Unknown(packet_type=207, count=0, body=bytes(8)),
            )
        )

        assert 0.05 < understood(rtcp.parse, [sample], 5000) < 1.0

    def test_telephone_events_of_any_shape_give_keys_or_nothing(self) -> None:
        dice, detector = Random(4733), KeyDetector()

        def feed(data: bytes) -> None:
            key = detector.feed(
                data,
                timestamp=dice.choice((0, 160, 65535, 0xFFFF_FFFF)),
                marker=dice.random() < 0.5,
                sequence_number=dice.randrange(65536),
            )
            assert key is None or key in KEYS

        assert 0.05 < understood(feed, [bytes(TelephoneEvent(event=5, duration=160))], 5000) < 1.0


PARSERS: list[Callable[[bytes], object]] = [
    Packet.parse,
    rtcp.parse,
    TelephoneEvent.parse,
    ComfortNoise.parse,
]

# Octets of any kind, and such as get past the first look: version 2, and in RTCP a known type.
RANDOM = st.binary(max_size=200) | st.builds(
    bytes.__add__,
    st.builds(
        bytes, st.tuples(st.integers(0x80, 0xBF), st.integers(200, 206) | st.integers(0, 127))
    ),
    st.binary(max_size=120),
)


class TestRandomOctets:
    @pytest.mark.parametrize("parse", PARSERS)
    @repeatable
    @given(RANDOM)
    def test_are_a_packet_or_malformed(self, parse: Callable[[bytes], object], data: bytes) -> None:
        with suppress(MalformedPacket):
            parse(data)

    @repeatable
    @given(RANDOM)
    def test_that_are_rtp_mean_the_same_when_they_are_sent_on(self, data: bytes) -> None:
        with suppress(MalformedPacket):
            packet = Packet.parse(data)
            assert Packet.parse(bytes(packet)) == packet

    @repeatable
    @given(
        st.lists(st.tuples(st.integers(0x80, 0x9F), st.integers(200, 206), st.binary()), max_size=3)
    )
    def test_that_are_rtcp_mean_the_same_when_they_are_sent_on(
        self, parts: list[tuple[int, int, bytes]]
    ) -> None:
        data = b"".join(
            bytes((first, kind)) + (len(body) // 4).to_bytes(2) + body[: len(body) // 4 * 4]
            for first, kind, body in parts
        )
        with suppress(MalformedPacket):
            packets = rtcp.parse(data)
            assert rtcp.parse(rtcp.build(packets)) == packets

    @repeatable
    @given(st.binary(min_size=4, max_size=4))
    def test_that_are_a_telephone_event_come_back_but_for_the_reserved_bit(
        self, data: bytes
    ) -> None:
        assert bytes(TelephoneEvent.parse(data)) == bytes((data[0], data[1] & 0xBF)) + data[2:]


class TestWavFiles:
    def test_are_read_or_refused(self) -> None:
        sample = wav.header(8, 8000) + bytes(8)
        read = 0
        for data in mutations([sample], 5000):
            try:
                wav.read(data)
            except Mistake:
                continue
            read += 1

        assert 500 < read < 4500

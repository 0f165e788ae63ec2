import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.core.instants import Instant
from umbel.media import rtcp
from umbel.media.rtp import MalformedPacket, Reception

octet = st.integers(0, 255)
word = st.integers(0, 0xFFFF_FFFF)
whole_words = st.integers(0, 4).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n))
blocks = st.builds(
    rtcp.ReportBlock,
    ssrc=word,
    fraction_lost=octet,
    lost=st.integers(-(1 << 23), (1 << 23) - 1),
    highest=word,
    jitter=word,
    last_sender_report=word,
    delay=word,
)
some_blocks = st.lists(blocks, max_size=3).map(tuple)
chunks = st.builds(
    rtcp.Chunk,
    ssrc=word,
    items=st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=255)), max_size=3).map(tuple),
)
packets = st.one_of(
    st.builds(
        rtcp.SenderReport,
        ssrc=word,
        ntp=st.integers(0, (1 << 64) - 1),
        rtp_timestamp=word,
        packets=word,
        octets=word,
        reports=some_blocks,
        extension=whole_words,
    ),
    st.builds(rtcp.ReceiverReport, ssrc=word, reports=some_blocks, extension=whole_words),
    st.builds(rtcp.SourceDescription, chunks=st.lists(chunks, max_size=3).map(tuple)),
    st.builds(
        rtcp.Goodbye, ssrcs=st.lists(word, max_size=4).map(tuple), reason=st.binary(max_size=255)
    ),
    st.builds(
        rtcp.ApplicationDefined,
        subtype=st.integers(0, 31),
        ssrc=word,
        name=st.binary(min_size=4, max_size=4),
        data=whole_words,
    ),
    st.builds(
        rtcp.Unknown,
        packet_type=st.integers(205, 223),
        count=st.integers(0, 31),
        body=whole_words,
    ),
)


class TestACompoundPacket:
    @repeatable
    @given(st.lists(packets, min_size=1, max_size=4).map(tuple))
    def test_comes_back_as_it_was_built(self, compound: tuple[rtcp.RtcpPacket, ...]) -> None:
        assert rtcp.parse(rtcp.build(compound)) == compound

    def test_has_its_fields_where_rfc_3550_draws_them(self) -> None:
        report = rtcp.ReceiverReport(
            ssrc=1,
            reports=(
                rtcp.ReportBlock(ssrc=2, fraction_lost=3, lost=-1, highest=5, jitter=6, delay=8),
            ),
        )
        name = rtcp.SourceDescription(chunks=(rtcp.Chunk(ssrc=1, items=((rtcp.CNAME, b"um"),)),))

        assert rtcp.build((report, name)) == bytes.fromhex(
            "81c90007 00000001 00000002 03ffffff 00000005 00000006 00000000 00000008"
            "81ca0003 00000001 0102756d 00000000"
        )

    def test_loses_its_padding(self) -> None:
        padded = bytes.fromhex("a0c90002 00000001 00000004")

        assert rtcp.parse(padded) == (rtcp.ReceiverReport(ssrc=1),)

    def test_tells_no_more_loss_than_24_bits_hold(self) -> None:
        block = rtcp.ReportBlock(ssrc=1, fraction_lost=0, lost=1 << 30, highest=0, jitter=0)
        (report,) = rtcp.parse(bytes(rtcp.ReceiverReport(ssrc=2, reports=(block,))))

        assert isinstance(report, rtcp.ReceiverReport)
        assert report.reports[0].lost == (1 << 23) - 1


class TestWhatIsNoRtcp:
    @pytest.mark.parametrize(
        ("data", "says"),
        [
            ("", "RTCP: found 0 octets, expected at least 4"),
            ("40c90001 00000001", "octet 0: found version 1, expected 2"),
            ("80c90001 00000001 80c9", "found 10 octets, expected at least 12"),
            ("80c90001", "found 4 octets, expected at least 8"),
            ("80c90000", "RR: found 0 octets, expected at least 4"),
            ("81c90001 00000001", "RR: found 4 octets, expected at least 28"),
            ("80c80001 00000001", "SR: found 4 octets, expected at least 24"),
            ("81ca0000", "SDES: found 0 octets, expected at least 4"),
            ("81ca0002 00000001 01090000", "SDES: found 8 octets, expected at least 15"),
            ("82cb0001 00000001", "BYE: found 4 octets, expected at least 8"),
            ("80cb0001 09000000", "BYE: found 4 octets, expected at least 10"),
            ("80cc0001 00000001", "APP: found 4 octets, expected at least 8"),
            ("a0c90001 00000009", "found 9 octets of padding, expected 1 to 4"),
            ("a0c90000", "found 0 octets of padding"),
        ],
    )
    def test_is_refused_with_what_was_found(self, data: str, says: str) -> None:
        with pytest.raises(MalformedPacket, match=says):
            rtcp.parse(bytes.fromhex(data))


class TestNtpTime:
    def test_counts_from_1900(self) -> None:
        assert rtcp.ntp_time(0) >> 32 == 2_208_988_800

    def test_has_32_bits_of_fraction(self) -> None:
        assert rtcp.ntp_time(0.5) & 0xFFFF_FFFF == 1 << 31

    def test_has_a_middle_in_units_of_15_microseconds(self) -> None:
        assert rtcp.middle(0x1122_3344_5566_7788) == 0x3344_5566


class TestAReport:
    def test_tells_what_reception_counted(self) -> None:
        reception = Reception()
        for number in (10, 11, 13):
            reception.receive(number, number * 160, Instant(number * 0.02))

        assert rtcp.report_on(reception, 7, last_sender_report=99, delay=0.5) == rtcp.ReportBlock(
            ssrc=7,
            fraction_lost=64,
            lost=1,
            highest=13,
            jitter=0,
            last_sender_report=99,
            delay=32768,
        )

    def test_of_silence_has_no_delay(self) -> None:
        block = rtcp.report_on(Reception(), 7, delay=3.0)

        assert (block.highest, block.delay) == (0, 0)


class TestTheRoundTrip:
    def block(self, last: int, delay: int) -> rtcp.ReportBlock:
        return rtcp.ReportBlock(
            ssrc=1,
            fraction_lost=0,
            lost=0,
            highest=0,
            jitter=0,
            last_sender_report=last,
            delay=delay,
        )

    def test_is_that_of_the_example_in_rfc_3550(self) -> None:
        """Section 6.4.1, figure 2: 6.125 s, in spite of a clock that is off."""
        arrived = 0xB710_8000 << 16

        assert rtcp.round_trip(self.block(0xB705_2000, 0x0005_4000), arrived) == 6.125

    def test_is_unknown_until_the_peer_had_a_report_of_ours(self) -> None:
        assert rtcp.round_trip(self.block(0, 0), rtcp.ntp_time(1e9)) is None

    def test_is_unknown_where_it_would_be_less_than_nothing(self) -> None:
        sent = rtcp.ntp_time(1e9)

        assert rtcp.round_trip(self.block(rtcp.middle(sent), 65536), sent) is None

    def test_is_right_when_the_middle_wraps(self) -> None:
        sent = 0xFFFF_FFFF << 16

        assert rtcp.round_trip(self.block(0xFFFF_FFFF, 0), sent + (1 << 32)) == 1.0

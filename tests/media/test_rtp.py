import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.media.rtp import (
    HEADER,
    Extension,
    MalformedPacket,
    Packet,
    extended,
    is_rtcp,
)

word = st.integers(0, 0xFFFF_FFFF)
extensions = st.builds(
    Extension,
    profile=st.integers(0, 0xFFFF),
    data=st.integers(0, 5).flatmap(lambda words: st.binary(min_size=4 * words, max_size=4 * words)),
)
packets = st.builds(
    Packet,
    payload_type=st.integers(0, 127),
    marker=st.booleans(),
    sequence_number=st.integers(0, 0xFFFF),
    timestamp=word,
    ssrc=word,
    payload=st.binary(max_size=200),
    csrcs=st.lists(word, max_size=15).map(tuple),
    extension=st.none() | extensions,
)


class TestAPacket:
    @repeatable
    @given(packets)
    def test_comes_back_as_it_was_built(self, packet: Packet) -> None:
        assert Packet.parse(bytes(packet)) == packet

    def test_has_its_fields_where_rfc_3550_draws_them(self) -> None:
        packet = Packet(
            payload_type=8, marker=True, sequence_number=1, timestamp=2, ssrc=3, payload=b"hello"
        )

        assert bytes(packet) == bytes.fromhex("8088 0001 00000002 00000003") + b"hello"

    def test_loses_its_padding(self) -> None:
        data = struct.pack("!BBHII", 0xA0, 0, 1, 2, 3) + b"audio\0\0\3"

        assert Packet.parse(data).payload == b"audio"

    def test_agrees_with_the_record_for_many_headers(self) -> None:
        headers = np.zeros(2, HEADER)
        headers["first"], headers["second"] = 0x80, (0, 0x80 | 101)
        headers["sequence_number"], headers["timestamp"] = (65535, 7), (1, 0xFFFF_FFFF)
        headers["ssrc"] = 99
        first, second = (Packet.parse(one.tobytes()) for one in headers)

        assert (first.sequence_number, first.payload_type, first.marker) == (65535, 0, False)
        assert (second.timestamp, second.payload_type, second.marker) == (0xFFFF_FFFF, 101, True)
        assert first.ssrc == second.ssrc == 99


class TestWhatIsNoPacket:
    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"", "found 0 octets, expected at least 12"),
            (b"\x80" * 11, "found 11 octets"),
            (b"\x40" + bytes(11), "found version 1, expected 2"),
            (b"\x82" + bytes(11), "expected 20 with 2 CSRCs"),
            (b"\x90" + bytes(11), "expected 16 with an extension header"),
            (b"\x90" + bytes(13) + b"\x00\x02", "expected 24 with an extension of 2 words"),
            (b"\xa0" + bytes(11) + b"\x00", "found 0 octets of padding, expected 1 to 1"),
            (b"\xa0" + bytes(11) + b"\x02", "found 2 octets of padding, expected 1 to 1"),
        ],
    )
    def test_is_refused_with_what_was_found(self, data: bytes, says: str) -> None:
        with pytest.raises(MalformedPacket, match=says):
            Packet.parse(data)


class TestTellingRtcpFromRtp:
    @pytest.mark.parametrize("second", [192, 200, 201, 202, 207, 223])
    def test_192_to_223_is_rtcp(self, second: int) -> None:
        assert is_rtcp(bytes((0x80, second)))

    @pytest.mark.parametrize("second", [0, 8, 101, 0x80, 0x88, 0x80 | 127, 191, 224])
    def test_everything_else_is_rtp(self, second: int) -> None:
        assert not is_rtcp(bytes((0x80, second)))

    def test_an_octet_is_not_rtcp(self) -> None:
        assert not is_rtcp(b"\x80")


class TestExtending:
    @repeatable
    @given(st.integers(0, 1 << 40), st.integers(-32768, 32767))
    def test_a_sequence_number_finds_the_cycle_that_is_nearest(self, near: int, step: int) -> None:
        assert extended((near + step) % 65536, near) == near + step

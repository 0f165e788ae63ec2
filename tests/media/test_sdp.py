from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.media.sdp import SessionDescription
from umbel.media.sdp_fields import Connection, Origin, RtpMap
from umbel.media.sdp_line import Line, MalformedSdp
from umbel.media.session import Direction

OFFERS = sorted((Path(__file__).parent / "offers").glob("*.sdp"))

SESSION = "v=0\r\no=alice 53 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"


def parsed(text: str) -> SessionDescription:
    return SessionDescription.parse(text.encode())


def with_audio(*attributes: str) -> SessionDescription:
    """Parse a description whose one stream has these attributes."""
    lines = "".join(f"a={attribute}\r\n" for attribute in attributes)
    return parsed(f"{SESSION}m=audio 4000 RTP/AVP 0 101\r\n{lines}")


text = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=30)
other_lines = st.builds(
    lambda kind, value, ending: f"{kind}={value}{ending}".encode(),
    st.sampled_from("abikrzexyAZ"),
    text,
    st.sampled_from(["\r\n", "\n"]),
)


class TestARoundTrip:
    @pytest.mark.parametrize("offer", OFFERS, ids=lambda path: path.stem)
    def test_keeps_what_peers_send(self, offer: Path) -> None:
        data = offer.read_bytes()

        assert bytes(SessionDescription.parse(data)) == data

    @repeatable
    @given(st.lists(other_lines, max_size=6), st.lists(other_lines, max_size=6))
    def test_keeps_what_nobody_knows(self, session: list[bytes], media: list[bytes]) -> None:
        data = SESSION.encode() + b"".join(session) + b"m=audio 1 x y\n" + b"".join(media)

        assert bytes(SessionDescription.parse(data)) == data

    @pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\r\n\r\n", "\n\n\n"])
    def test_keeps_the_end_as_it_was(self, ending: str) -> None:
        data = f"{SESSION}m=audio 4000 RTP/AVP 0{ending}".encode()

        assert bytes(SessionDescription.parse(data)) == data

    def test_keeps_octets_that_are_no_utf_8(self) -> None:
        data = SESSION.encode() + b"i=caf\xe9 \xff\r\n"

        assert bytes(SessionDescription.parse(data)) == data


class TestTheSession:
    def test_names_its_origin(self) -> None:
        assert parsed(SESSION).origin == Origin(
            username="alice",
            session_id="53",
            session_version="2",
            address_type="IP4",
            address="192.0.2.1",
        )

    def test_may_have_an_origin_with_spaces(self) -> None:
        assert parsed("v=0\no=Elisha Gray 5 6 IN IP4 h\n").origin.username == "Elisha Gray"

    def test_needs_neither_name_nor_time(self) -> None:
        assert parsed("v=0\no=- 1 1 IN IP4 h\nm=audio 5 RTP/AVP 0").media[0].port == 5

    def test_lends_its_lines_to_a_stream_that_has_none(self) -> None:
        session = parsed(f"{SESSION}a=sendonly\r\na=encryption:Rejected\r\nm=audio 5 RTP/AVP 0")
        (media,) = session.media

        assert session.connection_of(media) == Connection(address_type="IP4", address="192.0.2.1")
        assert session.direction_of(media) is Direction.SENDONLY
        assert session.encryption_of(media) == "rejected"

    def test_gives_way_to_the_lines_of_a_stream(self) -> None:
        session = parsed(
            f"{SESSION}a=sendonly\r\na=encryption:rejected\r\nm=audio 5 RTP/AVP 0\r\n"
            "c=IN IP6 2001:db8::1\r\na=inactive\r\na=encryption:required"
        )
        (media,) = session.media

        assert session.connection_of(media) == Connection(address_type="IP6", address="2001:db8::1")
        assert session.direction_of(media) is Direction.INACTIVE
        assert session.encryption_of(media) == "required"

    def test_says_nothing_of_what_is_not_there(self) -> None:
        session = parsed("v=0\no=- 1 1 IN IP4 h\nm=audio 5 RTP/AVP 0")
        (media,) = session.media

        assert session.connection_of(media) is None
        assert session.direction_of(media) is Direction.SENDRECV
        assert session.encryption_of(media) is None


class TestAStream:
    def test_has_what_its_first_line_says(self) -> None:
        (media,) = parsed(f"{SESSION}m=Audio 49170/2 rtp/avp 0 8 99").media

        assert (media.media, media.port, media.protocol) == ("audio", 49170, "RTP/AVP")
        assert media.formats == ("0", "8", "99")

    def test_may_be_one_of_several(self) -> None:
        session = parsed(
            f"{SESSION}m=audio 1 RTP/AVP 0\r\na=x:1\r\nm=video 2 RTP/AVP 31\r\na=x:2\r\n"
        )

        assert [(media.port, media.attribute("x")) for media in session.media] == [
            (1, "1"),
            (2, "2"),
        ]

    def test_maps_its_payload_types(self) -> None:
        (media,) = with_audio("rtpmap:101 telephone-event/8000", "rtpmap:99 opus/48000/2").media

        assert media.rtpmap("101") == RtpMap(encoding="telephone-event", clock_rate=8000)
        assert media.rtpmap("99") == RtpMap(encoding="opus", clock_rate=48000, channels=2)

    def test_knows_the_static_payload_types(self) -> None:
        (media,) = with_audio().media

        assert media.rtpmap("8") == RtpMap(encoding="PCMA", clock_rate=8000)
        assert media.rtpmap("13") == RtpMap(encoding="CN", clock_rate=8000)
        assert media.rtpmap("101") is None
        assert media.rtpmap("9" * 5000) is None

    def test_may_map_a_static_payload_type_to_something_else(self) -> None:
        (media,) = with_audio("rtpmap:0 PCMA/8000").media

        assert media.rtpmap("0") == RtpMap(encoding="PCMA", clock_rate=8000)

    def test_tells_an_encoding_by_name_rate_and_channels(self) -> None:
        def is_pcmu(value: str) -> bool:
            return RtpMap.parse(Line(kind="a", value=value), value).is_called("PCMU")

        assert is_pcmu("pcmu/8000")
        assert is_pcmu("PCMU/8000/1")
        assert not is_pcmu("PCMU/16000")
        assert not is_pcmu("PCMU/8000/2")
        assert not is_pcmu("PCMA/8000")

    def test_has_parameters_of_a_format(self) -> None:
        (media,) = with_audio("fmtp:101  0-15 ", "fmtp:0 x").media

        assert (media.fmtp("101"), media.fmtp("8")) == ("0-15", None)

    @pytest.mark.parametrize(
        ("said", "meant"), [("20", 20), ("0", None), ("", None), ("20.5", None), ("99999", None)]
    )
    def test_has_a_packet_time_where_that_is_a_number(self, said: str, meant: int | None) -> None:
        (media,) = with_audio(f"ptime:{said}", f"maxptime:{said}").media

        assert (media.ptime, media.maxptime) == (meant, meant)

    def test_has_its_rtcp_next_to_its_rtp(self) -> None:
        assert with_audio().media[0].rtcp_port == 4001

    def test_may_have_its_rtcp_elsewhere(self) -> None:
        assert with_audio("rtcp:53020 IN IP4 126.16.64.4").media[0].rtcp_port == 53020

    @pytest.mark.parametrize("port", [0, 65535])
    def test_has_no_rtcp_where_there_is_no_next_port(self, port: int) -> None:
        assert parsed(f"{SESSION}m=audio {port} RTP/AVP 0").media[0].rtcp_port == 0

    def test_lists_attributes_in_order(self) -> None:
        (media,) = with_audio("crypto:1 one", "Sendrecv", "crypto:2 two").media

        assert [found.value for found in media.attributes_called("crypto")] == ["1 one", "2 two"]
        assert (media.attribute("sendrecv"), media.attribute("nothing")) == ("", None)


class TestAConnection:
    @pytest.mark.parametrize(
        ("value", "numeric", "multicast", "null"),
        [
            ("IN IP4 192.0.2.1", True, False, False),
            ("IN IP4 0.0.0.0", True, False, True),
            ("IN IP4 224.2.1.1/127/3", True, True, False),
            ("IN IP4 example.com", False, False, False),
            ("IN IP4 2001:db8::1", False, False, False),
            ("IN IP6 2001:db8::1", True, False, False),
            ("IN IP6 ::", True, False, True),
            ("IN IP6 ff02::1/3", True, True, False),
            ("IN IP6 fe80::1%eth0", False, False, False),
        ],
    )
    def test_is_told_apart(self, value: str, numeric: bool, multicast: bool, null: bool) -> None:
        connection = Connection.parse(Line(kind="c", value=value))

        assert connection.is_numeric is numeric
        assert connection.is_multicast is multicast
        assert connection.is_null is null


class TestWhatIsMalformed:
    @pytest.mark.parametrize(
        ("sdp", "says"),
        [
            ("", "line 1: found '', expected a letter, '=' and a value"),
            ("hello", "line 1: found 'hello', expected a letter"),
            ("v=0\r\n\r\no=- 1 1 IN IP4 h", "line 2: found '', expected a letter"),
            ("v=0\nvv=0", "line 2: found 'vv=0', expected a letter"),
            ("v=0\n1=0", "line 2: found '1=0', expected a letter"),
            ("o=- 1 1 IN IP4 h\nv=0", "line 1: found 'o=- 1 1 IN IP4 h', expected v=0"),
            ("m=audio 5 RTP/AVP 0", "line 1: found 'm=audio 5 RTP/AVP 0', expected v=0"),
            ("v=1", "line 1: found 'v=1', expected v=0"),
            ("v=0", "found no o= line before the first m="),
            ("v=0\no=- 1 1 IN IP4", "line 2: found '- 1 1 IN IP4', expected username"),
            ("v=0\no=- 1 1 IN IP4 h\nc=IN IP5 h", "line 3: found 'IN IP5 h', expected IN, IP4"),
            ("v=0\no=- 1 1 IN IP4 h\nc=IN IP4", "line 3: found 'IN IP4', expected IN, IP4"),
            (f"{SESSION}m=audio 5 RTP/AVP", "line 6: .*expected media, port, protocol"),
            (f"{SESSION}m=audio x RTP/AVP 0", "line 6: found 'x', expected a port from 0 to 65535"),
            (f"{SESSION}m=audio -1 RTP/AVP 0", "line 6: found '-1', expected a port"),
            (f"{SESSION}m=audio 65536 RTP/AVP 0", "line 6: found '65536', expected a port"),
            (f"{SESSION}m=audio 5 RTP/AVP ٣", "line 6: .*expected media, port"),
            (f"{SESSION}m=audio 5 RTP/AVP 0\0", "line 6: .*expected media, port"),
            (f"{SESSION}m=audio 5 RTP/AVP 0\nc=bad", "line 7: found 'bad', expected IN, IP4"),
            (
                SESSION + "m=audio 9 RTP/AVP" + " 99" * 129,
                "line 6: found 129 formats, expected at most 128",
            ),
            (SESSION + "m=audio 9 RTP/AVP 0\n" * 65, "found 65 m= lines, expected at most 64"),
            (SESSION + "m=" + "x" * 100_000, "found 'xxxxxxxxxx"),
            ("v=0\n" + "a=x\n" * 3000, "found 3001 lines, expected at most 2000"),
        ],
    )
    def test_is_told_with_its_line(self, sdp: str, says: str) -> None:
        with pytest.raises(MalformedSdp, match=says):
            parsed(sdp)

    @pytest.mark.parametrize(
        "value",
        ["PCMU", "/8000", "PCMU/", "PCMU/eight", "PCMU/8000/1/1", "café/8000", "PCMU/99999999999"],
    )
    def test_an_rtpmap_is_told_when_it_matters(self, value: str) -> None:
        (media,) = with_audio(f"rtpmap:0 {value}").media

        with pytest.raises(MalformedSdp, match="line 7"):
            media.rtpmap("0")

    def test_an_rtcp_port_is_told_when_it_matters(self) -> None:
        with pytest.raises(MalformedSdp, match="line 7: found 'x', expected a port"):
            _ = with_audio("rtcp:x").media[0].rtcp_port

    def test_is_answered_with_400(self) -> None:
        assert MalformedSdp.status == 400

"""From octets to a message, or to an error that says what was found where."""

import pytest

from umbel.core.errors import PeerError
from umbel.sip.errors import MessageTooLarge, UnsupportedVersion
from umbel.sip.limits import Limits
from umbel.sip.message import Request, Response, parse_message

INVITE = (
    b"INVITE sip:1000@um.example.org SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport\r\n"
    b"Max-Forwards: 69\r\n"
    b"To: <sip:1000@um.example.org>\r\n"
    b"From: <sip:bell@example.org>;tag=19283\r\n"
    b"Call-ID: a84b4c76e66710@pc33.example.org\r\n"
    b"CSeq: 314159 INVITE\r\n"
    b"Contact: <sip:bell@192.0.2.10>\r\n"
    b"Subject: a\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\rignored"
)


def refused(octets: bytes, limits: Limits | None = None) -> str:
    """Tell why a message is refused."""
    with pytest.raises(PeerError) as caught:
        parse_message(octets, limits or Limits())
    return str(caught.value)


class TestReading:
    def test_passes_over_empty_lines_before_the_message(self) -> None:
        assert parse_message(b"\r\n\r\n\r\n" + INVITE) == parse_message(INVITE)

    def test_takes_the_version_in_any_case(self) -> None:
        assert isinstance(parse_message(b"OPTIONS sip:a sip/2.0\r\n\r\n"), Request)
        assert isinstance(parse_message(b"sip/2.0 200 OK\r\n\r\n"), Response)

    def test_unfolds(self) -> None:
        message = parse_message(
            b"OPTIONS sip:a SIP/2.0\r\nSubject: a\r\n \t b\r\n\tc\r\n d\r\n\r\n"
        )

        assert message.headers.get("Subject") == "a b c d"

    def test_takes_all_that_is_there_without_a_length(self) -> None:
        assert parse_message(b"OPTIONS sip:a SIP/2.0\r\n\r\n\x00\xff\r\n").body == b"\x00\xff\r\n"

    def test_keeps_every_octet_of_header_fields(self) -> None:
        octets = (
            b"OPTIONS sip:a SIP/2.0\r\nSubject: \xe9\xff\x00 \xc3\xa9\r\nContent-Length: 0\r\n\r\n"
        )

        message = parse_message(octets)

        assert message.headers.get("Subject") == "\udce9\udcff\x00 é"
        assert bytes(message) == octets

    def test_takes_a_name_with_space_before_the_colon(self) -> None:
        message = parse_message(b"OPTIONS sip:a SIP/2.0\r\nSubject \t: x\r\nX-Own :y\r\n\r\n")

        assert message.headers.items() == [("Subject", "x"), ("X-Own", "y")]

    @pytest.mark.parametrize(
        ("octets", "complaint"),
        [
            (b"", "message, byte 0: found the end, expected an empty line"),
            (b"\r\n\r\n", "expected an empty line after the header fields"),
            (b"OPTIONS sip:a SIP/2.0\r\nTo: a\r\n", "byte 14: found b'SIP/2.0\\r\\nTo: a\\r\\n'"),
            (b"OPTIONS sip:a SIP/2.0\n\n", "expected an empty line after the header fields"),
            (b"OPTIONS sip:a SIP/2.0\nTo: a\r\n\r\n", "start-line, byte 21: found b'\\nTo: a'"),
            (b"OPTIONS sip:a SIP/2.0\r\nTo: a\rb\r\n\r\n", "header field 1, byte 5: found b'\\rb'"),
            (b"OPTIONS sip:a SIP/2.0\r\nA:b\r\nTo\r\n\r\n", "header field 2, byte 0: found b'To'"),
            (b"OPTIONS sip:a SIP/2.0\r\n: a\r\n\r\n", "header field 1, byte 0: found b': a'"),
            (b"OPTIONS sip:a SIP/2.0\r\nT o: a\r\n\r\n", "expected a name and a colon"),
            (b"OPTIONS sip:a SIP/2.0\r\nT\xc3\xa9: a\r\n\r\n", "expected a name and a colon"),
            (b"OPTIONS sip:a\r\n\r\n", "expected method, URI and version with one space between"),
            (
                b"OPT@ONS sip:a SIP/2.0\r\n\r\n",
                "start-line, byte 0: found b'OPT@ONS sip:a SIP/2.0'",
            ),
            (
                b"OPTIONS sip: SIP/2.0\r\n\r\n",
                "Request-URI, byte 4: found the end, expected a host",
            ),
            (b"OPTIONS sip:a HTTP/1.1\r\n\r\n", "start-line, version, byte 0: found b'HTTP/1.1'"),
            (b"OPTIONS sip:a SIP/x\r\n\r\n", "start-line, version, byte 0: found b'SIP/x'"),
            (b"SIP/2.0 99 x\r\n\r\n", "expected a status code from 100 to 699"),
            (b"SIP/2.0 700 x\r\n\r\n", "expected a status code from 100 to 699"),
            (b"SIP/2.0 2000 x\r\n\r\n", "expected a status code from 100 to 699"),
            (
                b"SIP/2.0 \xd9\xa2\xd9\xa0\xd9\xa0 x\r\n\r\n",
                "expected a status code from 100 to 699",
            ),
            (b"SIP/2.0\r\n\r\n", "expected a status code from 100 to 699"),
            (b"SIP/2.1x 200 OK\r\n\r\n", "version, byte 0: found b'SIP/2.1x', expected SIP/2.0"),
        ],
    )
    def test_says_what_was_found_where(self, octets: bytes, complaint: str) -> None:
        assert complaint in refused(octets)

    @pytest.mark.parametrize(
        "line", ["OPTIONS sip:a SIP/3.0", "SIP/1.0 200 OK", "OPTIONS sip:a SIP/2"]
    )
    def test_tells_another_version_from_no_version(self, line: str) -> None:
        with pytest.raises(UnsupportedVersion) as caught:
            parse_message(f"{line}\r\n\r\n".encode())

        assert caught.value.status == 505

    @pytest.mark.parametrize(
        ("octets", "limits", "complaint"),
        [
            (
                INVITE,
                Limits(head=100),
                "octets of start-line and header fields, expected at most 100",
            ),
            (INVITE, Limits(fields=8), "found 9 header fields, expected at most 8"),
            (INVITE, Limits(body=3), "found 4 octets of body, expected at most 3"),
            (b"OPTIONS sip:a SIP/2.0\r\n\r\nbody", Limits(body=3), "found 4 octets of body"),
        ],
    )
    def test_has_limits(self, octets: bytes, limits: Limits, complaint: str) -> None:
        with pytest.raises(MessageTooLarge) as caught:
            parse_message(octets, limits)

        assert complaint in str(caught.value)
        assert caught.value.status == 513


class TestWhatPeersRepeat:
    def test_is_read_as_it_was_the_first_time(self) -> None:
        first, again = parse_message(INVITE), parse_message(INVITE)

        assert (first.from_, first.to, first.cseq) == (again.from_, again.to, again.cseq)
        assert first.contacts == again.contacts

    def test_is_not_changed_by_who_changed_its_list(self) -> None:
        first = parse_message(INVITE)
        first.contacts.clear()

        assert len(first.contacts) == len(parse_message(INVITE).contacts) == 1

    def test_is_refused_each_time_where_it_is_malformed(self) -> None:
        message = parse_message(INVITE.replace(b"314159 INVITE", b"x INVITE"))
        for _ in range(2):
            with pytest.raises(PeerError, match="CSeq"):
                _ = message.cseq

    def test_is_read_anew_where_it_was_changed(self) -> None:
        message = parse_message(INVITE)
        before = message.from_
        message.headers.set("from", "<sip:gray@example.org>;tag=2")

        assert message.from_ != before
        assert message.from_.tag == "2"

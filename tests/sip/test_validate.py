"""What a well-formed message must be besides, and what a refused one is answered."""

import pytest

from umbel.core.errors import PeerError
from umbel.sip.errors import (
    IntervalTooBrief,
    LoopDetected,
    MalformedMessage,
    SessionIntervalTooSmall,
    SipError,
    TooManyHops,
    UnknownDialog,
    UnknownEventPackage,
    UnknownMethod,
    UnsupportedExtension,
    UnsupportedMediaType,
    UriTooLong,
)
from umbel.sip.headers import Headers
from umbel.sip.malformed import reason_phrase, rejection, response_to
from umbel.sip.message import Request, Response, parse_message
from umbel.sip.uri import Uri
from umbel.sip.validate import validate_request, validate_response

FIELDS = (
    ("Via", "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1"),
    ("Max-Forwards", "70"),
    ("From", "<sip:bell@example.org>;tag=1"),
    ("To", "<sip:gray@example.org>"),
    ("Call-ID", "1@h"),
    ("CSeq", "1 INVITE"),
    ("Contact", "<sip:bell@192.0.2.2>"),
)


def invite(*changes: tuple[str, str | None], method: str = "INVITE", uri: str = "sip:a") -> Request:
    """Build an INVITE that is fine, then change some of its header fields."""
    headers = Headers(FIELDS)
    for name, value in changes:
        if value is None:
            headers.remove(name)
        else:
            headers.set(name, value)
    return Request(method, Uri.parse(uri), headers)


def complaint_of(request: Request) -> str:
    """Tell why a request is refused."""
    with pytest.raises(PeerError) as caught:
        validate_request(request)
    return f"{int(caught.value.status)} {caught.value}"


class TestARequest:
    @pytest.mark.parametrize(
        "request_",
        [
            invite(),
            invite(("Max-Forwards", None)),
            invite(("Contact", None)),
            invite(("CSeq", "1 OPTIONS"), ("Contact", "<sip:a>, <sip:b>"), method="OPTIONS"),
            invite(uri="tel:+15550123"),
            invite(uri="sips:a"),
            invite(("Via", "SIP/2.0/UDP a;branch=1")),
            invite(("Max-Forwards", "0")),
            invite(("Date", "whenever")),
        ],
    )
    def test_that_is_fine_passes(self, request_: Request) -> None:
        validate_request(request_)

    @pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
    def test_misses_a_header_field(self, name: str) -> None:
        assert complaint_of(invite((name, None))) == f"400 no {name} header field"

    @pytest.mark.parametrize(
        "name",
        [
            *("From", "To", "Call-ID", "CSeq", "Max-Forwards", "Expires", "Content-Type"),
            *("Session-Expires", "Refer-To", "Event", "Replaces", "Subject"),
        ],
    )
    def test_has_a_header_field_twice(self, name: str) -> None:
        request = invite((name, "x"))
        request.headers.add(name, "y")

        assert complaint_of(request) == f"400 {name}, byte 0: found b'y', expected no second {name}"

    @pytest.mark.parametrize(
        "name",
        [
            *("Via", "From", "To", "CSeq", "Contact", "Max-Forwards", "Route", "Record-Route"),
            *("Content-Type", "Expires", "Require", "Proxy-Require", "Supported", "Allow"),
            *("Accept", "Session-Expires", "Min-SE", "Refer-To", "Referred-By", "Replaces"),
            *("P-Asserted-Identity", "Diversion", "History-Info", "Reason", "Event"),
            *("Subscription-State",),
        ],
    )
    def test_has_a_header_field_that_cannot_be_read(self, name: str) -> None:
        assert complaint_of(invite((name, ";<"))).startswith(f"400 {name}, byte 0: found ")

    def test_has_a_call_id_of_two_words(self) -> None:
        assert "expected one word" in complaint_of(invite(("Call-ID", "a b")))

    def test_has_a_cseq_of_another_method(self) -> None:
        assert complaint_of(invite(("CSeq", "1 BYE"))) == (
            "400 CSeq: found method BYE, expected INVITE as in the start-line"
        )

    def test_has_a_method_in_another_case(self) -> None:
        assert "expected INVITE" in complaint_of(invite(("CSeq", "1 invite")))

    def test_has_a_branch_that_is_only_the_cookie(self) -> None:
        request = invite(("Via", "SIP/2.0/UDP a;branch=z9hG4bK"))

        assert complaint_of(request) == "400 Via: found branch z9hG4bK, expected more after it"

    def test_is_for_an_unknown_scheme(self) -> None:
        assert complaint_of(invite(uri="mailto:a@b")) == (
            "416 Request-URI of scheme mailto, expected sip, sips or tel"
        )

    def test_has_headers_in_its_uri(self) -> None:
        assert complaint_of(invite(uri="sip:a?subject=x")) == (
            "400 Request-URI: found the header subject, expected none"
        )

    def test_is_an_invite_with_two_contacts(self) -> None:
        assert complaint_of(invite(("Contact", "<sip:a>, <sip:b>"))) == (
            "400 Contact: found 2 addresses, expected one in an INVITE"
        )


class TestAResponse:
    def test_that_is_fine_passes(self) -> None:
        validate_response(Response(200, "OK", Headers(FIELDS)))

    @pytest.mark.parametrize(
        "change",
        [
            ("Via", "SIP/2.0/UDP a, SIP/2.0/UDP b"),
            ("CSeq", "x"),
            ("From", "<"),
            ("Contact", "<"),
            ("Record-Route", "<"),
        ],
    )
    def test_that_is_not_is_to_be_dropped(self, change: tuple[str, str]) -> None:
        headers = Headers(FIELDS)
        headers.set(*change)

        with pytest.raises(PeerError):
            validate_response(Response(200, "OK", headers))

    @pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
    def test_that_misses_a_header_field_is_to_be_dropped(self, name: str) -> None:
        headers = Headers(FIELDS)
        headers.remove(name)

        with pytest.raises(PeerError, match=f"no {name} header field"):
            validate_response(Response(200, "OK", headers))

    def test_that_has_one_twice_is_to_be_dropped(self) -> None:
        headers = Headers((*FIELDS, ("To", "<sip:a>")))

        with pytest.raises(PeerError, match="expected no second To"):
            validate_response(Response(200, "OK", headers))


GARBLED = (
    b"INVITE sip:a SIP/2.0\r\n"
    b"v: SIP/2.0/UDP a;branch=1\r\n"
    b"Via: SIP/2.0/UDP\r\n b\r\n"
    b"From: <sip:bell@example.org>;tag=1\r\n"
    b"t : <sip:gray@example.org>\r\n"
    b"Call-ID: 1@h\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"no colon\r\n"
    b"Subject: x\r\n"
    b"\r\n"
)


def refuse(octets: bytes, to_tag: str | None = None) -> Response | None:
    """Answer octets that cannot be read."""
    with pytest.raises(PeerError) as caught:
        parse_message(octets)
    return response_to(octets, caught.value, to_tag=to_tag)


class TestAnsweringWhatCannotBeRead:
    def test_echoes_what_can_be_recovered(self) -> None:
        response = refuse(GARBLED, to_tag="9")

        assert response is not None
        assert response.headers.items() == [
            ("Via", "SIP/2.0/UDP a;branch=1"),
            ("Via", "SIP/2.0/UDP b"),
            ("From", "<sip:bell@example.org>;tag=1"),
            ("To", "<sip:gray@example.org>;tag=9"),
            ("Call-ID", "1@h"),
            ("CSeq", "1 INVITE"),
        ]
        assert response.status == 400
        assert response.reason == (
            "Bad Request (header field 7, byte 0: found b'no colon', expected a name and a colon)"
        )

    def test_needs_no_tag(self) -> None:
        response = refuse(GARBLED)

        assert response is not None
        assert response.to.tag is None

    def test_works_on_half_a_message(self) -> None:
        response = refuse(GARBLED[:60])

        assert response is not None
        assert len(response.headers) == 2

    def test_leaves_out_what_is_no_line(self) -> None:
        response = refuse(GARBLED.replace(b"<sip:bell", b"<sip:be\nll"))

        assert response is not None
        assert "From" not in response.headers

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"\r\n",
            b"x",
            b"\x16\x03\x01\x02\x00",
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b" folded\r\nVia: x\r\n\r\n",
            b"SIP/2.0 999 x\r\n" + GARBLED.partition(b"\n")[2],
            GARBLED.replace(b"INVITE sip", b"ACK sip"),
            GARBLED.replace(b"v:", b"w:").replace(b"Via:", b"Wia:"),
            GARBLED.replace(b"INVITE sip", b"INV@ITE sip"),
        ],
    )
    def test_is_left_where_nobody_could_match_it(self, octets: bytes) -> None:
        assert refuse(octets) is None

    def test_tells_the_version_that_we_speak(self) -> None:
        response = refuse(
            GARBLED.replace(b"SIP/2.0\r\nv", b"SIP/4.0\r\nv").replace(b"no colon", b"X: y")
        )

        assert response is not None
        assert response.status == 505


class TestRejecting:
    def test_answers_with_the_status_and_headers_of_the_error(self) -> None:
        response = rejection(invite(), UnsupportedExtension(("100rel", "x")), to_tag="9")

        assert response is not None
        assert (response.status, response.headers.get("Unsupported")) == (420, "100rel, x")
        assert response.reason == "Bad Extension (Require: 100rel, x not supported)"
        assert response.to.tag == "9"
        assert "Max-Forwards" not in response.headers

    def test_is_left_for_an_ack_and_without_a_via(self) -> None:
        error = UnknownDialog("no such dialog")

        assert rejection(invite(method="ACK"), error) is None
        assert rejection(invite(("Via", None)), error) is None

    def test_takes_errors_of_other_rooms(self) -> None:
        response = rejection(invite(), PeerError("a\r\nb" + "é" * 200))

        assert response is not None
        assert response.reason.startswith("Bad Request (a??b\u00e9")
        assert len(response.reason.encode()) < 230

    def test_phrases_are_of_one_line(self) -> None:
        assert reason_phrase(PeerError("x\x00\n\udce9")) == "Bad Request (x???)"


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "status", "headers", "text"),
        [
            (UriTooLong("long"), 414, (), "long"),
            (
                UnsupportedMediaType("text/x", accepted=("application/sdp", "a/b")),
                415,
                (("Accept", "application/sdp, a/b"),),
                "body of type text/x, expected application/sdp or a/b",
            ),
            (
                SessionIntervalTooSmall(60, minimum=90),
                422,
                (("Min-SE", "90"),),
                "Session-Expires: found 60 s, expected at least 90 s",
            ),
            (
                IntervalTooBrief(6, minimum=9),
                423,
                (("Min-Expires", "9"),),
                "Expires: found 6 s, expected at least 9 s",
            ),
            (UnknownDialog("x"), 481, (), "x"),
            (LoopDetected("x"), 482, (), "x"),
            (TooManyHops("x"), 483, (), "x"),
            (
                UnknownEventPackage("presence", allowed=("refer",)),
                489,
                (("Allow-Events", "refer"),),
                "Event: found presence, expected refer",
            ),
            (
                UnknownMethod("DANCE", allowed=("INVITE", "ACK")),
                501,
                (("Allow", "INVITE, ACK"),),
                "method DANCE is not implemented",
            ),
        ],
    )
    def test_know_their_answer(
        self, error: SipError, status: int, headers: tuple[tuple[str, str], ...], text: str
    ) -> None:
        assert (error.status, error.headers, str(error)) == (status, headers, text)

    def test_show_the_beginning_of_what_was_found(self) -> None:
        error = MalformedMessage(b"x" * 1000, at=7, expected="y")

        assert str(error) == f"message, byte 7: found b'{'x' * 24}', expected y"
        assert (error.at, error.expected, error.where) == (7, "y", "")

"""Requests and responses: reading, typed attributes, writing, and beginning a response."""

import pytest

from umbel.core.errors import Misuse
from umbel.sip.cseq import CSeq
from umbel.sip.errors import (
    MalformedMessage,
    MissingHeader,
)
from umbel.sip.headers import Headers
from umbel.sip.message import Request, Response, parse_message
from umbel.sip.status import Status, phrase_of
from umbel.sip.uri import Uri

INVITE = b"""\
INVITE sip:1000@um.example.org SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport\r
v: SIP/2.0/TCP 192.0.2.11\r
Max-Forwards: 69\r
Record-Route: <sip:p2.example.org;lr>, <sip:p1.example.org;lr>\r
Route: <sip:um.example.org;lr>\r
To: "Attendant" <sip:1000@um.example.org>\r
f: "Bell, A. G." <sip:bell@example.org>;tag=19283\r
i: a84b4c76e66710@pc33.example.org\r
CSeq: 314159 INVITE\r
m: <sip:bell@192.0.2.10;transport=udp>\r
Allow: INVITE, ACK,BYE\r
Allow: OPTIONS\r
k: timer, replaces\r
Require: 100rel\r
Proxy-Require:\r
Accept: application/SDP;level=1, text/*\r
Expires: 120\r
x: 1800;refresher=UAC\r
Min-SE: 90\r
r: <sip:gray@example.org>\r
b: <sip:bell@example.org>\r
Replaces: 1@h;to-tag=a;from-tag=b;early-only\r
P-Asserted-Identity: <sip:bell@example.org>, <tel:+15550123>\r
Diversion: <sip:2001@example.org>;reason=No-Answer;counter=2\r
History-Info: <sip:2001@example.org>;index=1, <sip:1000@um.example.org;cause=408>;index=1.1\r
Reason: Q.850;cause=16;text="Terminated"\r
o: Refer;id=93809824\r
Subscription-State: Active;expires=60\r
Allow-Events: refer\r
Content-Type: Application/SDP; charset=utf-8\r
Content-Length: 4\r
\r
v=0\r
ignored"""


@pytest.fixture
def invite() -> Request:
    """Give a request with every header field that has a typed attribute."""
    message = parse_message(INVITE)
    assert isinstance(message, Request)
    return message


class TestAnInvite:
    def test_has_a_start_line(self, invite: Request) -> None:
        assert invite.method == "INVITE"
        assert invite.uri == Uri(user="1000", host="um.example.org")

    def test_has_the_body_that_its_length_names(self, invite: Request) -> None:
        assert invite.body == b"v=0\r"

    def test_has_a_way(self, invite: Request) -> None:
        assert [via.host for via in invite.vias] == ["192.0.2.10", "192.0.2.11"]
        assert invite.via == invite.vias[0]
        assert [str(route.uri) for route in invite.routes] == ["sip:um.example.org;lr"]
        assert [route.uri.host for route in invite.record_routes] == [
            "p2.example.org",
            "p1.example.org",
        ]
        assert invite.max_forwards == 69

    def test_has_a_name(self, invite: Request) -> None:
        assert invite.from_.display_name == "Bell, A. G."
        assert invite.from_.tag == "19283"
        assert invite.to.display_name == "Attendant"
        assert invite.call_id == "a84b4c76e66710@pc33.example.org"
        assert invite.cseq == CSeq(314159, "INVITE")
        assert str(invite.cseq) == "314159 INVITE"
        assert invite.contacts[0].uri.host == "192.0.2.10"
        assert not invite.has_wildcard_contact

    def test_has_abilities(self, invite: Request) -> None:
        assert invite.allow == ("INVITE", "ACK", "BYE", "OPTIONS")
        assert invite.supported == ("timer", "replaces")
        assert invite.require == ("100rel",)
        assert invite.proxy_require == ()
        assert invite.unsupported == ()
        assert invite.accept == ["application/sdp", "text/*"]
        assert invite.allow_events == ("refer",)
        assert invite.content_type == "application/sdp"
        assert invite.expires == 120

    def test_has_a_session_timer(self, invite: Request) -> None:
        timer = invite.session_expires

        assert timer is not None
        assert (timer.interval, timer.refresher) == (1800, "uac")
        assert str(timer) == "1800;refresher=UAC"
        assert invite.min_se == 90

    def test_has_what_a_transfer_needs(self, invite: Request) -> None:
        assert invite.refer_to is not None
        assert invite.refer_to.uri.user == "gray"
        assert invite.referred_by is not None
        assert invite.referred_by.uri.user == "bell"
        assert invite.replaces is not None
        assert str(invite.replaces) == "1@h;to-tag=a;from-tag=b;early-only"

    def test_has_identities(self, invite: Request) -> None:
        assert [str(one.uri) for one in invite.asserted_identities] == [
            "sip:bell@example.org",
            "tel:+15550123",
        ]

    def test_has_a_history(self, invite: Request) -> None:
        (diversion,) = invite.diversions
        first, second = invite.history_info

        assert (diversion.uri.user, diversion.reason, diversion.counter) == ("2001", "no-answer", 2)
        assert (first.uri.user, first.index, first.cause) == ("2001", (1,), None)
        assert (second.uri.user, second.index, second.cause) == ("1000", (1, 1), 408)
        (reason,) = invite.reasons
        assert (reason.protocol, reason.cause, reason.text) == ("Q.850", 16, "Terminated")

    def test_has_a_subscription(self, invite: Request) -> None:
        assert invite.event is not None
        assert (invite.event.package, invite.event.id) == ("refer", "93809824")
        state = invite.subscription_state
        assert state is not None
        assert (state.state, state.expires, state.is_terminated) == ("active", 60, False)

    def test_is_written_so_that_it_reads_the_same(self, invite: Request) -> None:
        again = parse_message(bytes(invite))

        assert again == invite
        assert bytes(again).endswith(b"Content-Length: 4\r\n\r\nv=0\r")

    def test_keeps_lists_that_nobody_can_change(self, invite: Request) -> None:
        invite.vias.clear()

        assert len(invite.vias) == 2

    def test_reads_anew_what_was_changed(self, invite: Request) -> None:
        assert invite.cseq.number == 314159

        invite.headers.set("CSeq", "1 INVITE")

        assert invite.cseq.number == 1

    def test_has_a_copy_of_its_own(self, invite: Request) -> None:
        copied = invite.copy()

        copied.headers.set("CSeq", "1 INVITE")
        copied.body = b""

        assert (invite.cseq.number, invite.body) == (314159, b"v=0\r")


class TestABareRequest:
    BARE = Request("OPTIONS", Uri(host="example.org"))

    def test_is_written_with_a_length(self) -> None:
        assert bytes(self.BARE) == b"OPTIONS sip:example.org SIP/2.0\r\nContent-Length: 0\r\n\r\n"

    @pytest.mark.parametrize("name", ["via", "from_", "to", "call_id", "cseq"])
    def test_misses_what_each_must_have(self, name: str) -> None:
        with pytest.raises(MissingHeader):
            getattr(self.BARE, name)

    @pytest.mark.parametrize(
        "name",
        [
            *("max_forwards", "content_type", "expires", "session_expires", "min_se", "refer_to"),
            *("referred_by", "replaces", "event", "subscription_state"),
        ],
    )
    def test_has_none_of_what_is_optional(self, name: str) -> None:
        assert getattr(self.BARE, name) is None

    @pytest.mark.parametrize(
        "name",
        [
            *("vias", "contacts", "routes", "record_routes", "asserted_identities", "diversions"),
            *("history_info", "reasons", "accept", "require", "supported", "allow"),
        ],
    )
    def test_has_empty_lists(self, name: str) -> None:
        assert not getattr(self.BARE, name)

    def test_errors_name_what_is_missing(self) -> None:
        with pytest.raises(MissingHeader, match=r"^no Call-ID header field$"):
            _ = self.BARE.call_id

    def test_fields_are_known_of_the_class(self) -> None:
        assert Request.call_id.name == "Call-ID"
        assert Request.vias.name == "Via"


class TestMalformedHeaderFields:
    @pytest.mark.parametrize(
        ("name", "value", "attribute", "complaint"),
        [
            ("CSeq", "x INVITE", "cseq", "CSeq, byte 0: found b'x INVITE', expected a sequence"),
            ("CSeq", "1", "cseq", "CSeq, byte 1: found the end, expected a space"),
            ("CSeq", "1 ", "cseq", "byte 2: found the end, expected a method"),
            ("CSeq", "1 INVITE x", "cseq", "byte 9: found b'x', expected the end"),
            ("CSeq", "2147483648 INVITE", "cseq", "a number up to 2147483647"),
            ("Max-Forwards", "256", "max_forwards", "expected a number, a number up to 255"),
            ("Max-Forwards", "7 0", "max_forwards", "byte 2: found b'0', expected the end"),
            ("Max-Forwards", "\u0667", "max_forwards", "expected a number"),
            ("Expires", "4294967296", "expires", "a number up to 4294967295"),
            ("Call-ID", "a b", "call_id", "expected one word"),
            ("Call-ID", "", "call_id", "expected one word"),
            ("Contact", "*, <sip:a>", "contacts", "Contact, byte 0"),
            ("Allow", "INVITE,<>, ACK", "allow", "Allow, byte 7: found b'<>, ACK', expected a"),
            ("Require", "a b", "require", "Require, byte 0: found b'a b', expected a token, a"),
            ("Accept", "text", "accept", "Accept, byte 4: found the end, expected '/'"),
            ("Accept", "a/b c", "accept", "byte 4: found b'c', expected ';', ',' or the end"),
            ("Content-Type", "text/", "content_type", "expected a media subtype"),
            ("Content-Type", "a/b, c/d", "content_type", "expected ';' or the end"),
            ("Session-Expires", "soon", "session_expires", "expected a session interval"),
            ("Session-Expires", "9 9", "session_expires", "expected ';' or the end"),
            ("Min-SE", "x", "min_se", "Min-SE, byte 0"),
            (
                "Replaces",
                ";to-tag=1",
                "replaces",
                "Replaces, byte 0: found b';to-tag=1', expected a",
            ),
            ("Replaces", "1@h;from-tag=1", "replaces", "found the end, expected a to-tag"),
            ("Replaces", "1@h;to-tag=1", "replaces", "found the end, expected a from-tag"),
            ("Replaces", "1@h x", "replaces", "byte 4: found b'x', expected ';' or the end"),
            ("Event", "", "event", "Event, byte 0: found the end, expected an event package"),
            ("Event", "a,b", "event", "byte 1: found b',b', expected ';' or the end"),
            ("Subscription-State", "", "subscription_state", "expected a subscription state"),
            ("Subscription-State", "a b", "subscription_state", "expected ';' or the end"),
            ("Reason", "", "reasons", "Reason, byte 0: found the end, expected a protocol"),
            ("Reason", "SIP SIP", "reasons", "byte 4: found b'SIP', expected ';', ',' or the end"),
            ("Diversion", "x", "diversions", "Diversion, byte 0: found b'x', expected a URI"),
            ("History-Info", "x", "history_info", "History-Info, byte 0"),
        ],
    )
    def test_say_what_was_found_where(
        self, name: str, value: str, attribute: str, complaint: str
    ) -> None:
        request = Request("OPTIONS", Uri(host="a"), Headers([(name, value)]))

        with pytest.raises(MalformedMessage) as caught:
            getattr(request, attribute)

        assert complaint in str(caught.value)

    @pytest.mark.parametrize(("name", "attribute"), [("To", "to"), ("Expires", "expires")])
    def test_that_come_twice_are_ambiguous(self, name: str, attribute: str) -> None:
        request = Request("OPTIONS", Uri(host="a"), Headers([(name, "1"), (name, "2")]))

        with pytest.raises(MalformedMessage, match=f"found b'2', expected no second {name}"):
            getattr(request, attribute)


class TestLists:
    def test_of_tokens_may_have_empty_places(self) -> None:
        request = Request(
            "OPTIONS", Uri(host="a"), Headers([("Allow", " INVITE, ,ACK,"), ("Allow", "")])
        )

        assert request.allow == ("INVITE", "ACK")

    def test_of_media_ranges_may_be_empty(self) -> None:
        assert Request("OPTIONS", Uri(host="a"), Headers([("Accept", "")])).accept == []


class TestContacts:
    def test_of_all_are_a_star(self) -> None:
        register = Request("REGISTER", Uri(host="a"), Headers([("Contact", "*")]))

        assert register.has_wildcard_contact
        assert register.contacts == []


class TestBeginningAResponse:
    def test_takes_over_what_section_8_2_6_names(self, invite: Request) -> None:
        response = invite.create_response(486)

        assert (response.status, response.reason, response.body) == (486, "Busy Here", b"")
        assert [name for name, _ in response.headers] == [
            "Via",
            "Via",
            "From",
            "To",
            "Call-ID",
            "CSeq",
        ]
        assert response.headers.get_all("Via") == invite.headers.get_all("Via")
        assert response.to.tag is None

    def test_takes_over_the_route_of_a_dialog(self, invite: Request) -> None:
        assert invite.create_response(180).record_routes == invite.record_routes
        assert invite.create_response(100).record_routes == []
        assert invite.create_response(300).record_routes == []

    def test_takes_over_the_timestamp_into_100_only(self, invite: Request) -> None:
        """Section 8.2.6.1: the client learns the round trip from what answers at once."""
        invite.headers.add("Timestamp", "54.25")

        responses = [invite.create_response(status) for status in (100, 180, 200, 486)]
        stamps = [response.headers.get("Timestamp") for response in responses]
        assert stamps == ["54.25", None, None, None]

    def test_has_no_timestamp_where_the_request_has_none(self, invite: Request) -> None:
        assert "Timestamp" not in invite.create_response(100).headers

    def test_adds_a_tag_and_leaves_the_rest_of_to(self, invite: Request) -> None:
        assert invite.create_response(200, to_tag="314").headers.get("To") == (
            '"Attendant" <sip:1000@um.example.org>;tag=314'
        )

    def test_adds_no_tag_to_100(self, invite: Request) -> None:
        assert invite.create_response(100, to_tag="314").to.tag is None

    def test_adds_no_second_tag(self, invite: Request) -> None:
        invite.headers.set("To", "<sip:1000@um.example.org>;tag=1")

        assert invite.create_response(200, to_tag="314").to.tag == "1"

    def test_leaves_a_malformed_to_alone(self, invite: Request) -> None:
        invite.headers.set("To", "<sip:")

        assert invite.create_response(400, to_tag="314").headers.get("To") == "<sip:"

    def test_works_without_a_to(self) -> None:
        assert len(Request("OPTIONS", Uri(host="a")).create_response(400, to_tag="1").headers) == 0

    def test_may_have_a_reason_of_its_own(self, invite: Request) -> None:
        assert bytes(invite.create_response(486, "On the Phone")).startswith(
            b"SIP/2.0 486 On the Phone\r\n"
        )

    def test_does_not_share_header_fields(self, invite: Request) -> None:
        invite.create_response(200).headers.add("Server", "x")

        assert "Server" not in invite.headers


class TestAResponse:
    @pytest.mark.parametrize(
        ("status", "is_provisional", "is_success"),
        [(100, True, False), (199, True, False), (200, False, True), (300, False, False)],
    )
    def test_is_of_a_class(self, status: int, is_provisional: bool, is_success: bool) -> None:
        response = Response(status, "")

        assert response.is_provisional is is_provisional
        assert response.is_final is not is_provisional
        assert response.is_success is is_success

    def test_may_have_no_reason_and_no_space(self) -> None:
        response = parse_message(b"SIP/2.0 200\r\n\r\n")

        assert response == Response(200, "")
        assert bytes(response).startswith(b"SIP/2.0 200 \r\n")

    def test_has_a_copy_of_its_own(self) -> None:
        response = Response(200, "OK")

        response.copy().headers.add("To", "a")

        assert len(response.headers) == 0

    def test_has_a_reason_of_one_line(self) -> None:
        with pytest.raises(Misuse):
            bytes(Response(200, "OK\r\nX: y"))


class TestStatus:
    def test_is_a_number_with_a_phrase(self) -> None:
        assert int(Status.CALL_OR_TRANSACTION_DOES_NOT_EXIST) == 481
        assert Status(481).phrase == "Call/Transaction Does Not Exist"
        assert f"{Status.OK}" == "200"

    @pytest.mark.parametrize(
        ("code", "phrase"),
        [(200, "OK"), (299, "Success"), (499, "Request Failure"), (799, "Unknown")],
    )
    def test_always_has_a_phrase(self, code: int, phrase: str) -> None:
        assert phrase_of(code) == phrase

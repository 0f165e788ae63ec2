"""The torture messages of RFC 4475 and RFC 5118, each with its verdict."""

import pytest
from tests.support.torture.application import APPLICATION
from tests.support.torture.case import TortureCase
from tests.support.torture.invalid import INVALID
from tests.support.torture.ipv6 import IPV6
from tests.support.torture.valid import VALID

from umbel.core.errors import PeerError
from umbel.sip.framing import StreamFramer
from umbel.sip.malformed import rejection, response_to
from umbel.sip.message import Message, Request, Response, parse_message
from umbel.sip.validate import validate_request, validate_response

RFC_4475 = (*VALID, *INVALID, *APPLICATION)
EVERY = (*RFC_4475, *IPV6)


def judge(octets: bytes) -> Message:
    """Do with a datagram what a user agent does first."""
    message = parse_message(octets)
    if isinstance(message, Request):
        validate_request(message)
    else:
        validate_response(message)
    return message


def answer(case: TortureCase) -> tuple[PeerError, Response | None]:
    """Refuse a message, at whichever gate it fails."""
    try:
        message = parse_message(case.octets)
    except PeerError as error:
        return error, response_to(case.octets, error, to_tag="umbel")
    with pytest.raises(PeerError) as caught:
        judge(case.octets)
    if isinstance(message, Response):
        return caught.value, None
    return caught.value, rejection(message, caught.value, to_tag="umbel")


def without_length(message: Message) -> Message:
    """Leave out the one header field that is not written as it was read."""
    message.headers.remove("Content-Length")
    return message


def named(name: str) -> Message:
    """Parse the message of that name."""
    return parse_message(next(case.octets for case in EVERY if case.name == name))


def request(name: str) -> Request:
    """Parse the request of that name."""
    message = named(name)
    assert isinstance(message, Request)
    return message


def test_all_49_messages_of_rfc_4475_are_here() -> None:
    assert len({case.name for case in RFC_4475}) == len(RFC_4475) == 49


def test_all_12_messages_of_rfc_5118_are_here() -> None:
    assert len({case.name for case in IPV6}) == len(IPV6) == 12


@pytest.mark.parametrize(
    "case", [case for case in EVERY if case.status is None], ids=lambda case: case.name
)
class TestAFineMessage:
    def test_is_taken(self, case: TortureCase) -> None:
        judge(case.octets)

    def test_is_written_as_it_means(self, case: TortureCase) -> None:
        message = parse_message(case.octets)

        again = parse_message(bytes(message))

        assert without_length(again) == without_length(message)

    def test_is_found_in_a_stream_that_comes_octet_by_octet(self, case: TortureCase) -> None:
        whole = bytes(parse_message(case.octets))
        framer = StreamFramer()

        pieces = [item for octet in whole for item in framer.feed(bytes([octet]))]

        assert pieces == [whole]


@pytest.mark.parametrize(
    "case", [case for case in EVERY if case.status is not None], ids=lambda case: case.name
)
class TestABadMessage:
    def test_is_refused_with_its_status_and_told_why(self, case: TortureCase) -> None:
        error, _ = answer(case)

        assert error.status == case.status
        assert case.complaint in str(error)

    def test_is_answered_if_it_is_a_request(self, case: TortureCase) -> None:
        error, response = answer(case)

        if case.octets.startswith(b"SIP/"):
            assert response is None
        else:
            assert response is not None
            assert response.status == case.status
            assert case.complaint in response.reason
            assert response.headers.get("Via") is not None
            assert bytes(response).startswith(b"SIP/2.0 %d " % error.status)


class TestWhatValidMessagesMean:
    def test_wsinv_is_folded_spaced_and_compact(self) -> None:
        invite = request("wsinv")

        assert invite.uri.parameters == {"unknownparam": None}
        assert invite.to.tag == "1918181833n"
        assert invite.from_.display_name == 'J Rosenberg \\"'
        assert invite.from_.tag == "98asjd8"
        assert invite.max_forwards == 68
        assert (invite.cseq.number, invite.cseq.method) == (9, "INVITE")
        assert [(via.transport, via.host, via.branch) for via in invite.vias] == [
            ("UDP", "192.0.2.2", "390skdjuw"),
            ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
            ("UDP", "192.168.255.111", "z9hG4bK30239"),
        ]
        assert invite.headers.get("Subject") == ""
        assert (
            invite.headers.get("NewFangledHeader") == "newfangled value continued newfangled value"
        )
        assert invite.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
        (contact,) = invite.contacts
        assert contact.display_name == 'Quoted string ""'
        assert contact.parameters == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
        (route,) = invite.routes
        assert route.uri.parameters == {
            "lr": None,
            "unknownwith": "value",
            "unknown-no-value": None,
        }
        assert len(invite.body) == 150

    def test_intmeth_uses_every_character_that_is_allowed(self) -> None:
        strange = request("intmeth")

        assert strange.method == "!interesting-Method0123456789_*+`.%indeed'~"
        assert strange.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
        assert strange.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
        assert strange.via.branch == "z9hG4bK-.!%66*_+`'~"
        assert strange.to.display_name == "BEL:\x07 NUL:\x00 DEL:\x7f"
        assert strange.from_.display_name == "token1~` token2'+_ token3*%!.-"
        assert strange.from_.parameters["fromParam''~+*_!.-%"] == "работающий"
        assert strange.from_.tag == "_token~1'+`*%!-."
        assert strange.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
        assert strange.headers.get("extensionHeader-!.%*+_`'~") == "\ufeff大停電"

    def test_esc01_means_what_its_escapes_stand_for(self) -> None:
        invite = request("esc01")

        assert invite.uri.user == "sips:user@example.com"
        assert invite.uri.host == "example.net"
        assert invite.to.uri.user == "user"
        assert invite.from_.uri.user == "I have spaces"
        assert invite.contacts[0].uri.user == "caller"
        assert invite.contacts[0].uri.parameters == {"lr": None, "name": "value%41"}

    def test_escnull_keeps_what_follows_a_null(self) -> None:
        register = request("escnull")

        assert register.to.uri.user == "null-\x00-null"
        assert [contact.uri.user for contact in register.contacts] == ["\x00", "\x00\x00"]

    def test_esc02_is_not_escaped_at_all(self) -> None:
        strange = request("esc02")

        assert strange.method == "RE%47IST%45R"
        assert strange.to.display_name == "%Z%45"
        assert [contact.uri.user for contact in strange.contacts] == ["alias1", "alias3"]
        assert strange.headers.get("C%6Fntact") == "<sip:alias2@host2.example.com>"

    def test_lwsdisp_has_a_name_close_to_its_bracket(self) -> None:
        assert request("lwsdisp").from_.display_name == "caller"

    def test_longreq_has_34_vias(self) -> None:
        vias = request("longreq").vias

        assert [via.host for via in vias[:2]] == ["sip33.example.com", "sip32.example.com"]
        assert len(vias) == 34
        assert vias[-1].received == "192.0.2.5"

    def test_dblreq_ends_where_content_length_says(self) -> None:
        register = request("dblreq")

        assert register.method == "REGISTER"
        assert register.body == b""

    def test_semiuri_has_a_semicolon_in_its_user(self) -> None:
        options = request("semiuri")

        assert options.uri.user == "user;par=u@example.net"
        assert options.uri.parameters == {}
        assert options.accept[-1] == "message/sipfrag"

    def test_transports_may_have_any_name(self) -> None:
        assert [via.transport for via in request("transports").vias] == [
            "UDP",
            "SCTP",
            "TLS",
            "UNKNOWN",
            "TCP",
        ]

    def test_mpart01_has_its_body_octet_by_octet(self) -> None:
        message = request("mpart01")

        assert message.content_type == "multipart/mixed"
        assert len(message.body) == 553
        assert message.body.count(b"--7a9cbec02ceef655") == 3

    def test_unreason_has_a_phrase_in_russian(self) -> None:
        response = named("unreason")

        assert isinstance(response, Response)
        assert response.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"

    def test_noreason_has_none(self) -> None:
        response = named("noreason")

        assert isinstance(response, Response)
        assert (response.status, response.reason) == (100, "")

    def test_inv2543_has_neither_tag_nor_branch_nor_length(self) -> None:
        invite = request("inv2543")

        assert invite.from_.tag is None
        assert invite.via.branch is None
        assert invite.max_forwards is None
        assert len(invite.body) == 105


class TestWhatApplicationsAreLeftToJudge:
    def test_unksm2_has_addresses_of_unknown_schemes(self) -> None:
        register = request("unksm2")

        assert str(register.to.uri) == "isbn:2983792873"
        assert register.from_.uri.opaque == "//www.example.com"
        assert register.contacts[0].uri.scheme == "name"

    def test_bext01_requires_two_extensions(self) -> None:
        assert request("bext01").require == ("nothingSupportsThis", "nothingSupportsThisEither")

    def test_invut_has_an_unknown_content_type(self) -> None:
        assert request("invut").content_type == "application/unknownformat"

    def test_sdp01_accepts_nothing_that_is_known(self) -> None:
        assert request("sdp01").accept == ["text/nobodyknowsthis"]

    def test_zeromf_has_no_hop_left(self) -> None:
        assert request("zeromf").max_forwards == 0

    def test_cparam01_has_a_parameter_of_the_header(self) -> None:
        (contact,) = request("cparam01").contacts

        assert contact.parameters == {"unknownparam": None}
        assert contact.uri.parameters == {}

    def test_cparam02_has_a_parameter_of_the_uri(self) -> None:
        (contact,) = request("cparam02").contacts

        assert contact.parameters == {}
        assert contact.uri.parameters == {"unknownparam": None}

    def test_regescrt_has_a_route_in_its_contact(self) -> None:
        (contact,) = request("regescrt").contacts

        assert contact.uri.headers == {"route": "<sip:sip.example.com>"}


class TestIpv6:
    def test_port_in_the_brackets_is_part_of_the_address(self) -> None:
        uri = request("port-ambiguous").uri

        assert (uri.host, uri.port) == ("2001:db8::10:5070", None)

    def test_port_behind_the_brackets_is_a_port(self) -> None:
        uri = request("port-unambiguous").uri

        assert (uri.host, uri.port) == ("2001:db8::10", 5070)

    @pytest.mark.parametrize(
        "name", ["via-received-param-with-delim", "via-received-param-no-delim"]
    )
    def test_received_has_no_brackets_however_it_is_written(self, name: str) -> None:
        assert request(name).via.received == "2001:db8::9:255"

    def test_three_colons_mean_two(self) -> None:
        three = request("ipv6-bug-abnf-3-colons").uri
        two = request("ipv6-correct-abnf-2-colons").uri

        assert three.host == two.host == "2001:db8::192.0.2.1"

    def test_mapped_addresses_are_read(self) -> None:
        assert [via.host for via in request("ipv4-mapped-ipv6").vias] == [
            "::ffff:192.0.2.10",
            "::ffff:192.0.2.2",
        ]

"""Addresses and Vias, and the parameters of both."""

import pytest

from umbel.sip.address import Address
from umbel.sip.errors import MalformedMessage
from umbel.sip.parameters import NONE, Parameters, Quoted, as_parameters
from umbel.sip.uri import Uri
from umbel.sip.via import Via

BELL = Uri.parse("sip:bell@example.org")


class TestParameters:
    def test_have_names_in_any_case(self) -> None:
        parameters = Parameters({"Tag": "1", "LR": None})

        assert parameters["TAG"] == "1"
        assert "lr" in parameters
        assert list(parameters) == ["tag", "lr"]
        assert len(parameters) == 2

    def test_are_equal_whatever_their_order(self) -> None:
        one, other = Parameters({"a": "1", "b": None}), Parameters({"b": None, "A": "1"})

        assert one == other
        assert hash(one) == hash(other)
        assert one == {"a": "1", "b": None}
        assert one != Parameters({"a": "1"})
        assert one != "a=1"

    def test_are_changed_into_others(self) -> None:
        parameters = Parameters({"a": "1"})

        assert parameters.having({"B": "2", "A": "3"}) == {"a": "3", "b": "2"}
        assert parameters.without("A") == NONE
        assert parameters == {"a": "1"}

    def test_are_taken_as_they_are(self) -> None:
        parameters = Parameters({"a": "1"})

        assert as_parameters(parameters) is parameters
        assert as_parameters({"A": "1"}) == parameters

    def test_show_what_they_hold(self) -> None:
        assert repr(Parameters({"a": "1"})) == "Parameters({'a': '1'})"


class TestAnAddress:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("<sip:bell@example.org>", ""),
            ("sip:bell@example.org", ""),
            ("Bell <sip:bell@example.org>", "Bell"),
            ("A. Graham Bell<sip:bell@example.org>", "A. Graham Bell"),
            ("Bell (Boston) <sip:bell@example.org>", "Bell (Boston)"),
            ("Élisha <sip:bell@example.org>", "Élisha"),
            ('"Bell, A. G." <sip:bell@example.org>', "Bell, A. G."),
            ('"Bell"<sip:bell@example.org>', "Bell"),
            (r'"\"Alec\" \\ <Bell>" <sip:bell@example.org>', r'"Alec" \ <Bell>'),
            ('"" <sip:bell@example.org>', ""),
            (" \t <sip:bell@example.org> ", ""),
        ],
    )
    def test_has_a_display_name_or_none(self, text: str, name: str) -> None:
        assert Address.parse(text) == Address(display_name=name, uri=BELL)

    def test_keeps_parameters_of_header_and_uri_apart(self) -> None:
        address = Address.parse("<sip:bell@example.org;lr>;tag=1")

        assert address.uri.parameters == {"lr": None}
        assert address.parameters == {"tag": "1"}

    def test_without_brackets_has_parameters_of_the_header_only(self) -> None:
        address = Address.parse("sip:bell@example.org ; tag = 1")

        assert address.uri.parameters == {}
        assert address.tag == "1"

    def test_without_a_tag_has_none(self) -> None:
        assert Address.parse("<sip:bell@example.org>").tag is None

    def test_gets_a_tag(self) -> None:
        address = Address.parse("Bell <sip:bell@example.org>;a=b").with_tag("9")

        assert str(address) == '"Bell" <sip:bell@example.org>;a=b;tag=9'

    def test_takes_a_quoted_parameter_apart_and_back(self) -> None:
        text = '<sip:bell@example.org>;+sip.instance="<urn:uuid:0;1,2>";q=0.5;methods="A,B"'

        address = Address.parse(text)

        assert address.parameters["+sip.instance"] == "<urn:uuid:0;1,2>"
        assert str(address) == text

    def test_quotes_what_cannot_stand_bare(self) -> None:
        address = Address(
            uri=BELL, parameters={"a": "b c", "d": "", "e": Quoted("f"), "g": "[::1]"}
        )

        assert str(address) == '<sip:bell@example.org>;a="b c";d="";e="f";g=[::1]'

    def test_is_found_among_many(self) -> None:
        addresses = Address.parse_many(
            '"Bell, A" <sip:be,ll@example.org>;x="1,2" , sip:gray@example.org,<tel:+1>;y'
        )

        assert [str(address.uri) for address in addresses] == [
            "sip:be,ll@example.org",
            "sip:gray@example.org",
            "tel:+1",
        ]

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("", "To, byte 0: found the end, expected a URI"),
            ("<>", "byte 1: found the end, expected a URI"),
            ("<sip:bell@example.org", "expected '>' after the URI"),
            ("<sip:bell@example.org<", "expected '>' after the URI"),
            (
                '"Bell <sip:bell@example.org>',
                "byte 0: found b'\"Bell <sip:bell@example.', expected a",
            ),
            ('"Bell\\', "expected a quotation mark"),
            ('"Bell" sip:bell@example.org', "byte 7: found b'sip:bell@example.org', expected '<'"),
            ("<sip:bell@example.org> x", "byte 23: found b'x', expected ';' or the end"),
            ("<sip:bell@example.org>;", "byte 23: found the end, expected parameter name"),
            ("<sip:bell@example.org>;a=", "expected parameter value"),
            ("<sip:bell@example.org>;a=b c", "byte 27: found b'c', expected ';' or the end"),
            ('<sip:bell@example.org>;a="b', "expected a quotation mark"),
            ("<sip:bell@example.org>;tag=1;tag=2", "expected parameter tag no more than once"),
            ('<sip:bell@example.org>;tag=1;Tag="2"', "expected parameter Tag no more than once"),
            ("sip:bell@example.org?a=b", "expected a URI with a question mark in angle brackets"),
            ("<sip:bell@example.org>,<sip:gray@example.org>", "expected ';' or the end"),
            ("Élisha", "byte 0: found b'\\xc3\\x89lisha', expected a URI"),
            ("Élisha <sip:a b>", "byte 14: found b' b', expected the end of the URI"),
        ],
    )
    def test_that_is_malformed_says_where(self, text: str, complaint: str) -> None:
        with pytest.raises(MalformedMessage) as caught:
            Address.parse(text, "To")

        assert complaint in str(caught.value)

    @pytest.mark.parametrize(
        "text", ["", "<sip:a>,", ",<sip:a>", "<sip:a>,,<sip:b>", "<sip:a> <sip:b>"]
    )
    def test_list_has_no_empty_places(self, text: str) -> None:
        with pytest.raises(MalformedMessage):
            Address.parse_many(text)


class TestAVia:
    def test_has_all_its_parts(self) -> None:
        via = Via.parse("SIP/2.0/tls [2001:db8::9]:5061;branch=z9hG4bK1;rport=5060;received=::1")

        assert via == Via(
            transport="TLS",
            host="2001:db8::9",
            port=5061,
            parameters={"branch": "z9hG4bK1", "rport": "5060", "received": "::1"},
        )
        assert (via.branch, via.rport, via.received) == ("z9hG4bK1", 5060, "::1")
        assert via.sent_by == "[2001:db8::9]:5061"

    def test_needs_nothing_but_a_host(self) -> None:
        via = Via.parse("SIP/2.0/UDP Example_1.org")

        assert (via.branch, via.rport, via.received, via.port) == (None, None, None, None)
        assert via.sent_by == "Example_1.org"
        assert not via.asks_for_rport

    def test_asks_for_its_port(self) -> None:
        via = Via.parse("SIP/2.0/UDP example.org;rport")

        assert via.asks_for_rport
        assert via.rport is None

    def test_has_an_address_in_received_with_brackets_or_without(self) -> None:
        assert Via.parse("SIP/2.0/UDP a;received=[2001:db8::1]").received == "2001:db8::1"
        assert Via.parse("SIP/2.0/UDP a;received=2001:db8::1").received == "2001:db8::1"

    def test_is_marked_with_where_it_came_from(self) -> None:
        via = Via.parse("SIP/2.0/UDP a:5060;rport;branch=b")

        marked = via.with_parameters({"received": "2001:db8::1", "rport": "40000"})

        assert str(marked) == "SIP/2.0/UDP a:5060;rport=40000;branch=b;received=2001:db8::1"

    def test_is_found_among_many(self) -> None:
        vias = Via.parse_many('SIP/2.0/UDP a;x="1,2", SIP / 2.0 / TCP b : 5070 ; c = d')

        assert [str(via) for via in vias] == ['SIP/2.0/UDP a;x="1,2"', "SIP/2.0/TCP b:5070;c=d"]

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("", "Via, byte 0: found the end, expected SIP/2.0"),
            ("SIP", "expected '/'"),
            ("HTTP/1.1/TCP a", "byte 0: found b'HTTP/1.1/TCP a', expected SIP/2.0"),
            ("SIP/3.0/UDP a", "byte 0: found b'SIP/3.0/UDP a', expected SIP/2.0"),
            ("SIP/2.0/ a", "byte 10: found the end, expected a host"),
            ("SIP/2.0/UDP", "expected a host"),
            ("SIP/2.0/UDP a:x", "expected a port"),
            ("SIP/2.0/UDP a:70000", "expected a port, a number up to 65535"),
            ("SIP/2.0/UDP a;rport=x", "expected a port as rport"),
            ("SIP/2.0/UDP a;rport=99999", "expected a port as rport"),
            ("SIP/2.0/UDP a;rport=999999", "expected a port as rport"),
            ("SIP/2.0/UDP a b", "byte 14: found b'b', expected ';' or the end"),
        ],
    )
    def test_that_is_malformed_says_where(self, text: str, complaint: str) -> None:
        with pytest.raises(MalformedMessage) as caught:
            Via.parse(text)

        assert complaint in str(caught.value)

    @pytest.mark.parametrize("text", ["", "SIP/2.0/UDP a,", "SIP/2.0/UDP a SIP/2.0/UDP b"])
    def test_list_has_no_empty_places(self, text: str) -> None:
        with pytest.raises(MalformedMessage):
            Via.parse_many(text)

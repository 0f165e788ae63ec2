"""URIs: what they mean, how they are written, and when they are the same."""

from dataclasses import replace

import pytest

from umbel.sip.errors import MalformedMessage
from umbel.sip.uri import Uri


class TestASipUri:
    def test_has_all_its_parts(self) -> None:
        uri = Uri.parse("sips:bell:secret@Example.ORG:5061;transport=TCP;lr?subject=a%20b&to=")

        assert uri == Uri(
            scheme="sips",
            user="bell",
            password="secret",
            host="example.org",
            port=5061,
            parameters={"transport": "TCP", "lr": None},
            headers={"subject": "a b", "to": ""},
        )

    def test_needs_nothing_but_a_host(self) -> None:
        assert Uri.parse("sip:example.org") == Uri(host="example.org")

    def test_may_be_given_as_octets(self) -> None:
        assert Uri.parse(b"sip:bell@example.org") == Uri(user="bell", host="example.org")

    def test_has_a_scheme_in_any_case(self) -> None:
        assert Uri.parse("SIP:bell@example.org").scheme == "sip"

    def test_has_parameters_in_any_case(self) -> None:
        assert Uri.parse("sip:example.org;Transport=udp").parameters["TRANSPORT"] == "udp"

    def test_takes_a_host_with_an_underscore(self) -> None:
        assert Uri.parse("sip:bell@voice_mail.local").host == "voice_mail.local"

    def test_has_an_ipv6_host_without_brackets(self) -> None:
        uri = Uri.parse("sip:bell@[2001:DB8::1]:5060")

        assert (uri.host, uri.port) == ("2001:db8::1", 5060)

    @pytest.mark.parametrize("port", [0, 1, 9999, 59999, 60000, 65535])
    def test_has_any_port_there_is(self, port: int) -> None:
        assert Uri.parse(f"sip:example.org:{port}").port == port

    def test_repeating_a_parameter_word_for_word_says_it_once(self) -> None:
        assert Uri.parse("sip:example.org;lr;lr").parameters == {"lr": None}

    def test_joins_headers_of_one_name(self) -> None:
        uri = Uri.parse("sip:example.org?Route=a&Route=b")

        assert uri.headers == {"route": "a, b"}

    def test_keeps_octets_that_are_no_utf_8(self) -> None:
        uri = Uri.parse("sip:caf%E9@example.org")

        assert bytes(replace(uri, port=5060)) == b"sip:caf%E9@example.org:5060"


class TestATelUri:
    def test_has_its_number_as_user(self) -> None:
        uri = Uri.parse("tel:+1-(201)-555.0123;ext=7")

        assert (uri.scheme, uri.user, uri.host) == ("tel", "+12015550123", "")
        assert uri.parameters == {"ext": "7"}
        assert str(uri) == "tel:+1-(201)-555.0123;ext=7"

    def test_may_be_local(self) -> None:
        assert Uri.parse("tel:*97;phone-context=example.org").user == "*97"

    def test_is_written_from_its_parts(self) -> None:
        assert str(Uri(scheme="tel", user="+15550123", parameters={"ext": "7"})) == (
            "tel:+15550123;ext=7"
        )

    @pytest.mark.parametrize("text", ["tel:", "tel:+", "tel:-", "tel:1+2", "tel:++1", "tel:x"])
    def test_needs_a_number(self, text: str) -> None:
        with pytest.raises(MalformedMessage):
            Uri.parse(text)


class TestAnotherUri:
    @pytest.mark.parametrize(
        "text", ["mailto:bell@example.org", "http://example.org/?a=b;c", "urn:uuid:0-1", "im:a"]
    )
    def test_is_kept_as_it_is(self, text: str) -> None:
        uri = Uri.parse(text)

        assert f"{uri.scheme}:{uri.opaque}" == str(uri) == text
        assert str(replace(uri, user=None)) == text
        assert not uri.is_sip


class TestMalformed:
    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("", "URI, byte 0: found the end, expected a URI"),
            ("example.org", "byte 0: found b'example.org', expected a URI"),
            ("1sip:example.org", "expected a URI"),
            ("sip:", "byte 4: found the end, expected a host"),
            ("sip:@example.org", "byte 4: found b'@example.org', expected a user before"),
            ("sip::pw@example.org", "expected a user before the at sign"),
            ("sip:bell@", "byte 9: found the end, expected a host"),
            ("sip:bell@example.org:", "byte 21: found the end, expected a port"),
            ("sip:bell@example.org:65536", "byte 21: found b'65536', expected a port"),
            ("sip:bell@example.org:5060x", "byte 25: found b'x', expected the end of the URI"),
            ("sip:bell@[2001:db8::1", "byte 9: found b'[2001:db8::1', expected an IPv6 address"),
            ("sip:bell@[1::2::3]", "expected an IPv6 address in brackets"),
            ("sip:bell@[v6]", "expected an IPv6 address in brackets"),
            ("sip:b%4@example.org", "byte 5: found b'%4@example.org', expected two hexadecimal"),
            ("sip:bell:%@example.org", "byte 9: found b'%@example.org', expected two hexadecimal"),
            ("sip:example.org;", "byte 16: found the end, expected a parameter name"),
            ("sip:example.org;=x", "expected a parameter name"),
            ("sip:example.org;a=", "byte 18: found the end, expected a parameter value"),
            ("sip:example.org;a=%g0", "byte 18: found b'%g0', expected two hexadecimal"),
            ("sip:example.org;a=1;a=2", "byte 20: found b'a=2', expected parameter a no more"),
            ("sip:example.org?", "expected a header name"),
            ("sip:example.org?a", "byte 17: found the end, expected '=' after the header name"),
            ("sip:example.org?a=%1", "byte 18: found b'%1', expected two hexadecimal digits"),
            ("sip:be ll@example.org", "byte 6: found b' ll@example.org'"),
            ("sip:bell@example.org ", "expected the end of the URI"),
            ("sip:b\xe9ll@example.org", "expected the end of the URI"),
            ("soap.beep:", "byte 10: found the end, expected something after the scheme"),
        ],
    )
    def test_says_what_was_found_where(self, text: str, complaint: str) -> None:
        with pytest.raises(MalformedMessage) as caught:
            Uri.parse(text)

        assert complaint in str(caught.value)


class TestWriting:
    @pytest.mark.parametrize(
        "text",
        [
            "sip:%61lice@Atlanta.COM;Transport=TCP",
            "SIPS:bell:%20@[2001:DB8::1]:5061;a=%41?x=%42",
            "tel:+1-201-555-0123",
        ],
    )
    def test_gives_back_what_was_read(self, text: str) -> None:
        assert str(Uri.parse(text)) == text

    def test_of_a_changed_uri_uses_its_parts(self) -> None:
        uri = replace(Uri.parse("sip:%61lice@Atlanta.COM;Transport=TCP?a=b"), port=5070)

        assert str(uri) == "sip:alice@atlanta.com:5070;transport=TCP?a=b"

    def test_escapes_what_would_mean_something_else(self) -> None:
        uri = Uri(
            user="a@b:c d",
            password="p@",
            host="2001:db8::1",
            parameters={"x": "a;b=c", "y": None},
            headers={"replaces": "1@h;to-tag=a"},
        )

        assert str(uri) == (
            "sip:a%40b%3Ac%20d:p%40@[2001:db8::1];x=a%3Bb%3Dc;y?replaces=1%40h%3Bto-tag%3Da"
        )
        assert Uri.parse(str(uri)) == uri


class TestEquivalence:
    """The examples of RFC 3261 section 19.1.4, and what its rules say besides."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
            ("tel:+1-201", "tel:+1(201)"),
        ],
    )
    def test_of_the_same(self, one: str, other: str) -> None:
        assert Uri.parse(one).is_equivalent(Uri.parse(other))
        assert Uri.parse(other).is_equivalent(Uri.parse(one))

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:bob@biloxi.com;security=on", "sip:bob@biloxi.com;security=off"),
            ("sip:bob@biloxi.com", "sip:biloxi.com"),
            ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
            ("sip:%2B15550123@biloxi.com", "sip:+15550123@biloxi.com"),
            ("sip:bob@biloxi.com", "sip:bob:pw@biloxi.com"),
            ("tel:+1201", "tel:+1202"),
        ],
    )
    def test_of_different_ones(self, one: str, other: str) -> None:
        assert not Uri.parse(one).is_equivalent(Uri.parse(other))
        assert not Uri.parse(other).is_equivalent(Uri.parse(one))

    def test_holds_for_uris_that_were_made(self) -> None:
        assert Uri(user="a b", host="example.org").is_equivalent(Uri.parse("sip:a%20b@example.org"))
        assert Uri(host="example.org").is_equivalent(Uri.parse("sip:example.org"))

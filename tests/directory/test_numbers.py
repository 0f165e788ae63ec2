"""Addresses in all the forms that signalling and people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.directory.numbers import Address, read_address


class TestAnAddress:
    @pytest.mark.parametrize(
        ("text", "user", "host"),
        [
            ("1001", "1001", ""),
            (" 1001 ", "1001", ""),
            ("+43 1 555-10.01", "+4315551001", ""),
            ("tel:+43(1)5551001", "+4315551001", ""),
            ("1001;phone-context=vienna.example.org", "1001", ""),
            ("tel:1001;phone-context=+431555", "1001", ""),
            ("sip:+4315551001@gw.example.org;user=phone", "+4315551001", "gw.example.org"),
            ("sip:1001;phone-context=HQ@gw.example.org;user=phone", "1001", "gw.example.org"),
            ("sips:Ada@Example.ORG:5061;transport=tls", "ada", "example.org"),
            ("SIP:ada@example.org?subject=x", "ada", "example.org"),
            ("sip:ada:secret@example.org", "ada", "example.org"),
            ("sip:%2B4315551001@gw", "+4315551001", "gw"),
            ('"Ada" <sip:ada@example.org>;tag=1', "ada", "example.org"),
            ("sip:ada@[2001:DB8::1]:5060", "ada", "2001:db8::1"),
            ("sip:ada@example.org.", "ada", "example.org"),
            ("sip:ada@example.org;opaque=app:voicemail", "ada", "example.org"),
            ("*98", "*98", ""),
            ("first-last@example.org", "first-last", "example.org"),
            ("", "", ""),
        ],
    )
    def test_is_the_same_however_it_is_written(self, text: str, user: str, host: str) -> None:
        assert read_address(text) == Address(user, host)

    @given(st.text())
    @repeatable
    def test_can_be_read_from_anything(self, text: str) -> None:
        address = read_address(text)

        assert address.user == address.user.lower()
        assert "@" not in address.host

    def test_is_a_number_or_a_name(self) -> None:
        assert read_address("+43 1 5551001").is_number
        assert read_address("*98").is_number
        assert not read_address("ada").is_number
        assert not read_address("").is_number


class TestTheEndOfANumber:
    @pytest.mark.parametrize(
        ("number", "end"),
        [("+4315551001", "1001"), ("1001", ""), ("0015551001", ""), ("+1001", "1001"), ("+01", "")],
    )
    def test_is_the_extension_of_an_e164_number_only(self, number: str, end: str) -> None:
        assert read_address(number).ends_in(4) == end

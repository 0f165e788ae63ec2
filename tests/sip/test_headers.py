"""Header fields as an ordered multimap of raw text."""

import pytest

from umbel.core.errors import Misuse
from umbel.sip.header_names import ONCE, spelled
from umbel.sip.headers import Headers


class TestNames:
    @pytest.mark.parametrize(
        ("written", "name"),
        [
            ("v", "Via"),
            ("V", "Via"),
            ("via", "Via"),
            ("vIA", "Via"),
            ("CALL-ID", "Call-ID"),
            ("i", "Call-ID"),
            ("l", "Content-Length"),
            ("x", "Session-Expires"),
            ("r", "Refer-To"),
            ("b", "Referred-By"),
            ("o", "Event"),
            ("u", "Allow-Events"),
            ("k", "Supported"),
            ("www-authenticate", "WWW-Authenticate"),
            ("cseq", "CSeq"),
            ("X-Own", "X-Own"),
            ("z", "z"),
        ],
    )
    def test_are_spelled_as_their_documents_do(self, written: str, name: str) -> None:
        assert spelled(written) == name

    def test_of_what_comes_once_are_spelled_too(self) -> None:
        assert all(spelled(name.upper()) == name for name in ONCE)


class TestHeaders:
    def test_are_found_by_any_spelling(self) -> None:
        headers = Headers([("v", "1"), ("Via", "2"), ("X-Own", "3"), ("x-own", "4")])

        assert headers.get("VIA") == "1"
        assert headers.get_all("v") == ["1", "2"]
        assert headers.get_all("X-OWN") == ["3", "4"]
        assert "via" in headers
        assert "To" not in headers
        assert headers.get("To") is None
        assert headers.get_all("To") == []

    def test_keep_their_order(self) -> None:
        headers = Headers()
        headers.add("To", "b")
        headers.add("X-Own", "c")
        headers.prepend("Via", "a")

        assert headers.items() == [("Via", "a"), ("To", "b"), ("X-Own", "c")]
        assert list(headers) == headers.items()
        assert len(headers) == 3

    def test_set_replaces_the_first_and_drops_the_others(self) -> None:
        headers = Headers([("a", "1"), ("To", "2"), ("A", "3"), ("A", "4")])

        headers.set("Accept-Contact", "5")

        assert headers.items() == [("Accept-Contact", "5"), ("To", "2")]

    def test_set_appends_what_was_not_there(self) -> None:
        headers = Headers([("To", "1")])

        headers.set("From", "2")

        assert headers.items() == [("To", "1"), ("From", "2")]

    def test_remove_drops_all_of_a_name(self) -> None:
        headers = Headers([("v", "1"), ("To", "2"), ("Via", "3")])

        headers.remove("via")
        headers.remove("From")

        assert headers.items() == [("To", "2")]

    def test_copies_change_alone(self) -> None:
        headers = Headers([("To", "1")])
        copied = headers.copy()

        copied.add("From", "2")

        assert headers.items() == [("To", "1")]
        assert copied.get("From") == "2"

    def test_are_equal_with_names_in_any_case(self) -> None:
        assert Headers([("X-Own", "1")]) == Headers([("x-own", "1")])
        assert Headers([("X-Own", "1")]) != Headers([("X-Own", "2")])
        assert Headers() != []

    def test_show_what_they_hold(self) -> None:
        assert repr(Headers([("To", "1")])) == "Headers([('To', '1')])"

    def test_are_read_once_until_they_change(self) -> None:
        readings: list[list[str]] = []

        def parse(lines: list[str]) -> int:
            readings.append(lines)
            return len(lines)

        headers = Headers([("To", "1")])

        assert [headers.read("to", parse), headers.read("to", parse)] == [1, 1]
        headers.add("From", "2")
        assert headers.read("to", parse) == 1
        assert readings == [["1"]]
        headers.add("t", "3")
        assert headers.read("to", parse) == 2
        assert readings == [["1"], ["1", "3"]]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("To", "a\r\nX: b"),
            ("To", "a\nb"),
            ("To", "a\rb"),
            ("T o", "a"),
            ("", "a"),
            ("To:", "a"),
        ],
    )
    def test_refuse_what_would_not_be_one_line(self, name: str, value: str) -> None:
        for change in (Headers.add, Headers.set, Headers.prepend):
            with pytest.raises(Misuse):
                change(Headers(), name, value)

"""Text of peers in a terminal and in a store."""

import pytest

from umbel.trace.visible import visible


class TestATextOfAPeer:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Jürgen Müller, Zürich – 電話",
            "sip:%C3%BC@um.example.org:5061;transport=tls",
            'a "quoted" \\ back-slashed \N{REPLACEMENT CHARACTER}',
            "long " * 10_000,
        ],
    )
    def test_stays_as_it_is_where_it_can_be_printed(self, text: str) -> None:
        assert visible(text) == text

    @pytest.mark.parametrize(
        ("text", "seen"),
        [
            ("a\0b", "a�b"),
            ("a\udcffb", "a�b"),
            ("\x1b[2J", "�[2J"),
            ("one\r\ntwo\tthree", "one  two three"),
            ("15\N{NO-BREAK SPACE}%", "15 %"),
        ],
    )
    def test_is_one_line_that_steers_nothing(self, text: str, seen: str) -> None:
        assert visible(text) == seen

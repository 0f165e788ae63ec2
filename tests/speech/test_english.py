"""How English words what fills a slot."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.speech.english import LARGEST_NUMBER, English
from umbel.speech.pieces import ClipPiece, PausePiece, Piece

ENGLISH = English()
WORDS = ENGLISH.vocabulary()
VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 7, 15, 9, 0, tzinfo=VIENNA)
"""A Wednesday."""


def heard(pieces: tuple[Piece, ...]) -> str:
    """Give the words that clips speak, and a stroke for a pause."""
    return " ".join(WORDS[piece.key] if isinstance(piece, ClipPiece) else "|" for piece in pieces)


class TestNumbers:
    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (0, "0"),
            (7, "7"),
            (20, "20"),
            (21, "20 1"),
            (59, "50 9"),
            (60, "60"),
            (61, "60 1"),
            (99, "90 9"),
            (100, "1 hundred"),
            (101, "1 hundred 1"),
            (345, "3 hundred 40 5"),
            (1000, "1 thousand"),
            (2026, "2 thousand 20 6"),
            (20_300, "20 thousand 3 hundred"),
            (999_999, "9 hundred 90 9 thousand 9 hundred 90 9"),
        ],
    )
    def test_are_put_together_from_clips(self, number: int, words: str) -> None:
        assert heard(ENGLISH.number(number).pieces) == words

    def test_are_written_as_digits(self) -> None:
        assert ENGLISH.number(345).caption == "345"

    @given(st.integers(0, LARGEST_NUMBER))
    def test_all_have_clips(self, number: int) -> None:
        said = ENGLISH.number(number)

        assert said.pieces
        assert heard(said.pieces)


class TestDigits:
    def test_are_said_one_by_one(self) -> None:
        said = ENGLISH.digits("+4320*#")

        assert said.caption == "+4320*#"
        assert heard(said.pieces) == "plus 4 3 2 0 star pound"


class TestTimes:
    @pytest.mark.parametrize(
        ("at", "caption", "words"),
        [
            (NOW, "today at 9:00 AM", "today at 9 A M"),
            (NOW.replace(hour=0, minute=5), "today at 12:05 AM", "today at 12 oh 5 A M"),
            (NOW - timedelta(hours=21), "yesterday at 12:00 PM", "yesterday at 12 P M"),
            (
                datetime(2026, 7, 10, 15, 15, tzinfo=VIENNA),
                "on Friday at 3:15 PM",
                "on Friday at 3 15 P M",
            ),
            (
                datetime(2026, 7, 8, 23, 59, tzinfo=VIENNA),
                "on July 8 at 11:59 PM",
                "on July 8th at 11 50 9 P M",
            ),
            (
                datetime(2025, 12, 31, 1, 1, tzinfo=VIENNA),
                "on December 31, 2025, at 1:01 AM",
                "on December 31st 20 20 5 at 1 oh 1 A M",
            ),
            (
                datetime(2005, 1, 2, 1, 30, tzinfo=VIENNA),
                "on January 2, 2005, at 1:30 AM",
                "on January 2nd 2 thousand 5 at 1 30 A M",
            ),
        ],
    )
    def test_are_told_as_people_do(self, at: datetime, caption: str, words: str) -> None:
        said = ENGLISH.time(at, NOW)

        assert said.caption == caption
        assert heard(said.pieces) == words

    def test_without_a_now_have_their_full_date(self) -> None:
        assert ENGLISH.time(NOW, None).caption == "on July 15, 2026, at 9:00 AM"

    def test_of_tomorrow_have_a_date(self) -> None:
        """Clocks of nodes differ, and no message may be received "on Thursday" ahead of now."""
        assert ENGLISH.time(NOW + timedelta(days=1), NOW).caption == "on July 16 at 9:00 AM"

    @given(
        st.datetimes(timezones=st.just(UTC)),
        st.datetimes(timezones=st.just(UTC)),
    )
    def test_all_have_clips(self, at: datetime, now: datetime) -> None:
        assert heard(ENGLISH.time(at, now).pieces)


class TestOrdinals:
    @pytest.mark.parametrize(
        ("day", "word"),
        [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"),
         (21, "21st"), (22, "22nd"), (23, "23rd"), (30, "30th")],
    )  # fmt: skip
    def test_end_as_they_do_in_english(self, day: int, word: str) -> None:
        assert WORDS[f"ordinal/{day}"] == word


class TestSpelling:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Ada", "A D A"),
            ("Ada King", "A D A | K I N G"),
            ("Søren Ångström", "S O R E N | A N G S T R O M"),
            ("Strauß", "S T R A U S S"),
            ("a.b-c_d@e", "A dot B dash C underscore D at E"),
            ("R2", "R 2"),
        ],
    )
    def test_says_letter_by_letter(self, text: str, words: str) -> None:
        assert heard(ENGLISH.spelling(text)) == words

    @pytest.mark.parametrize("text", ["", "   ", "王", "!?", "٣"])
    def test_is_never_nothing(self, text: str) -> None:
        assert heard(ENGLISH.spelling(text)) == "somebody"

    @given(st.text())
    def test_takes_any_text(self, text: str) -> None:
        pieces = ENGLISH.spelling(text)

        assert heard(pieces)
        assert all(isinstance(piece, ClipPiece | PausePiece) for piece in pieces)

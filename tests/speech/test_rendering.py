"""What flows say, as captions and as pieces."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.support.small_language import ADA, ENGLISH

from umbel.core.errors import Misuse
from umbel.speech import (
    Beep,
    BeepPiece,
    ClipPiece,
    FreeText,
    Name,
    Phrase,
    Piece,
    Recorded,
    RecordedPiece,
    SlotValue,
    SpeakPiece,
    Spoken,
    caption,
    render,
)
from umbel.speech.rendering import BETWEEN_SENTENCES

VIENNA = ZoneInfo("Europe/Vienna")


def pieces(spoken: Spoken) -> list[Piece]:
    """Render one thing."""
    return render([spoken], ENGLISH)


class TestAPhrase:
    def test_without_slots_is_its_clip(self) -> None:
        assert pieces(Phrase("goodbye")) == [ClipPiece("phrase/goodbye")]
        assert caption(Phrase("goodbye"), ENGLISH) == "Goodbye."

    def test_has_its_slots_filled_in(self) -> None:
        phrase = Phrase("menu-choice", {"label": ADA, "key": "#"})

        assert caption(phrase, ENGLISH) == "For Ada Lovelace, press #."
        assert pieces(phrase) == [
            ClipPiece("phrase/menu-choice.1"),
            SpeakPiece("Ada Lovelace"),
            ClipPiece("phrase/menu-choice.2"),
            ClipPiece("symbol/pound"),
        ]

    @pytest.mark.parametrize(
        ("count", "text"), [(0, "No messages."), (1, "1 message."), (2, "2 messages.")]
    )
    def test_takes_the_form_of_its_count(self, count: int, text: str) -> None:
        assert caption(Phrase("new-messages", {"count": count}), ENGLISH) == text

    def test_falls_back_to_the_form_for_others(self) -> None:
        assert caption(Phrase("few-messages", {"count": 1}), ENGLISH) == "1 or so."

    def test_tells_times_in_the_zone_of_now(self) -> None:
        """Stores keep UTC; half past eleven at night there is tomorrow in Vienna."""
        phrase = Phrase("received", {"time": datetime(2026, 7, 14, 23, 30, tzinfo=UTC)})
        now = datetime(2026, 7, 15, 12, 0, tzinfo=VIENNA)

        assert caption(phrase, ENGLISH, now) == "Received today at 1:30 AM."

    def test_tells_times_in_their_own_zone_without_a_now(self) -> None:
        phrase = Phrase("received", {"time": datetime(2026, 7, 14, 23, 30, tzinfo=UTC)})

        assert caption(phrase, ENGLISH) == "Received on July 14, 2026, at 11:30 PM."


class TestAPhraseThatCannotBeSaid:
    def test_is_unknown(self) -> None:
        with pytest.raises(Misuse, match="en-US has no phrase 'nonsense'"):
            pieces(Phrase("nonsense"))

    def test_lacks_a_slot(self) -> None:
        with pytest.raises(Misuse, match="'menu-choice' needs the slot 'key'"):
            pieces(Phrase("menu-choice", {"label": ADA}))

    @pytest.mark.parametrize(
        ("name", "slots"),
        [
            ("new-messages", {"count": "3"}),
            ("menu-choice", {"label": 3, "key": "1"}),
            ("menu-choice", {"label": ADA, "key": 1}),
            ("received", {"time": "noon"}),
        ],
    )
    def test_has_a_slot_of_another_kind(self, name: str, slots: dict[str, SlotValue]) -> None:
        with pytest.raises(Misuse, match="takes a"):
            pieces(Phrase(name, slots))

    @pytest.mark.parametrize("count", [-1, 1_000_000])
    def test_has_a_number_out_of_range(self, count: int) -> None:
        with pytest.raises(Misuse, match="only 0 to 999999"):
            pieces(Phrase("new-messages", {"count": count}))


class TestAName:
    def test_is_its_recording_first_of_all(self) -> None:
        assert pieces(Name(text="Ada", recording="a1")) == [RecordedPiece("a1", 0.0, "Ada")]

    def test_is_synthesised_without_one(self) -> None:
        assert pieces(ADA) == [SpeakPiece("Ada Lovelace")]

    def test_may_be_given_as_plain_text(self) -> None:
        phrase = Phrase("menu-choice", {"label": "Sales", "key": "1"})

        assert SpeakPiece("Sales") in pieces(phrase)

    def test_that_is_a_number_is_said_digit_by_digit(self) -> None:
        spoken = pieces(Name(text="+43 (1) 20"))

        keys = ["symbol/plus", "number/4", "number/3", "number/1", "number/2", "number/0"]
        assert spoken == [ClipPiece(key) for key in keys]


class TestOtherThings:
    def test_free_text_is_synthesised(self) -> None:
        text = FreeText("Closed on Mondays.")

        assert pieces(text) == [SpeakPiece("Closed on Mondays.")]
        assert caption(text, ENGLISH) == "Closed on Mondays."

    def test_blank_text_is_nothing(self) -> None:
        assert pieces(FreeText("  ")) == []

    def test_a_recording_knows_what_to_say_instead(self) -> None:
        recorded = Recorded(audio="a1", caption="Greeting of Ada", since=5.0)

        assert pieces(recorded) == [RecordedPiece("a1", 5.0, "Greeting of Ada")]
        assert caption(recorded, ENGLISH) == "Greeting of Ada"

    def test_a_beep_is_a_beep(self) -> None:
        assert pieces(Beep()) == [BeepPiece()]
        assert caption(Beep(), ENGLISH) == "(beep)"


class TestSeveralThings:
    def test_have_a_pause_between_them_and_none_around_nothing(self) -> None:
        spoken: list[Spoken] = [FreeText(""), Phrase("goodbye"), FreeText(""), Beep()]

        assert render(spoken, ENGLISH) == [
            ClipPiece("phrase/goodbye"),
            BETWEEN_SENTENCES,
            BeepPiece(),
        ]

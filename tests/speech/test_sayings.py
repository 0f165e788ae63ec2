"""What every caller hears: made once, and the same as what is made anew."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.support.small_language import ADA, ENGLISH

from umbel.speech import (
    Beep,
    FreeText,
    Phrase,
    Recorded,
    Sayings,
    Spoken,
    caption,
    render,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        "spoken",
        [
            Phrase("goodbye"),
            Phrase("menu-choice", {"label": ADA, "key": "7"}),
            Phrase("new-messages", {"count": 3}),
            Phrase("received", {"time": NOON}),
            FreeText("Our office is closed."),
            FreeText("x" * 1000),
            ADA,
            Recorded(audio="a1", caption="Greeting of Ada", since=2.5),
            Beep(),
        ],
    )
    def test_is_what_rendering_makes_however_often(self, spoken: Spoken) -> None:
        sayings = Sayings(ENGLISH)
        for _ in range(3):
            assert sayings.caption((spoken,), NOON) == caption(spoken, ENGLISH, NOON)
            assert sayings.pieces((spoken, Beep()), NOON) == render([spoken, Beep()], ENGLISH, NOON)

    def test_differs_where_a_slot_does(self) -> None:
        sayings = Sayings(ENGLISH)
        counts = [sayings.caption([Phrase("new-messages", {"count": n})]) for n in (0, 1, 2, 1, 0)]

        assert counts[0] == counts[4] == "No messages."
        assert counts[1] == counts[3] != counts[2]

    def test_tells_the_time_as_it_is_now(self) -> None:
        sayings, received = Sayings(ENGLISH), Phrase("received", {"time": NOON})
        today = sayings.caption([received], NOON)
        tomorrow = sayings.caption([received], NOON + timedelta(days=1))

        assert today != tomorrow

    def test_goes_on_to_be_right_when_very_much_was_said(self) -> None:
        sayings = Sayings(ENGLISH)
        texts = [f"text {number}" for number in range(5000)]

        assert [sayings.caption([FreeText(text)]) for text in texts] == texts
        assert sayings.caption([FreeText("text 1")]) == "text 1"

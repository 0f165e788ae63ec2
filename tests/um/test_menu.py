"""What is said at an attendant's menu, and where keys lead."""

from dataclasses import replace

import pytest
from tests.support.exchange_office import FRONT_DESK, PLAN, WORKSHOP
from tests.support.scripted_call import english

from umbel.directory.objects import AutoAttendant
from umbel.speech import FreeText, Phrase, Recorded, caption
from umbel.um.menu import (
    ByName,
    Choice,
    Dialled,
    Mapped,
    Menu,
    Nowhere,
    Silence,
    StarOut,
    ToOperator,
    announcement,
)

PLAIN = AutoAttendant(name="plain", dial_plan="boston")


def spoken(attendant: AutoAttendant, operator: str = "2000") -> list[str]:
    menu = Menu(attendant, replace(PLAN, operator=operator))
    return [caption(choice, english()) for choice in menu.choices]


class TestTheChoices:
    def test_are_said_in_the_order_of_the_administrator(self) -> None:
        assert spoken(WORKSHOP)[:2] == [
            "For the cellar, press 1.",
            "For nobody, press 2.",
        ]

    def test_end_with_what_every_menu_has(self) -> None:
        assert spoken(PLAIN) == [
            "If you know the extension of the person you are calling, dial it now.",
            "To call a person by name, press #.",
            "For the operator, press 0.",
        ]

    def test_name_no_operator_where_there_is_none(self) -> None:
        assert "For the operator, press 0." not in spoken(PLAIN, operator="")

    def test_leave_out_what_the_attendant_does_not_allow(self) -> None:
        closed = replace(PLAIN, dial_extensions=False, dial_by_name=False)

        assert spoken(closed) == ["For the operator, press 0."]

    def test_offer_names_once(self) -> None:
        assert "To call a person by name, press #." not in spoken(FRONT_DESK)


class TestAKey:
    @pytest.mark.parametrize(
        ("dialled", "choice"),
        [
            ("1", Mapped(FRONT_DESK.keys[0])),
            ("9", Dialled("9")),
            ("2001", Dialled("2001")),
            ("0", ToOperator()),
            ("*", StarOut()),
            ("#", ByName()),
            ("", Silence()),
            ("20*", Nowhere()),
            ("A", Nowhere()),
        ],
    )
    def test_leads_where_the_menu_says(self, dialled: str, choice: Choice) -> None:
        assert Menu(FRONT_DESK, PLAN).leads_to(dialled) == choice

    @pytest.mark.parametrize("dialled", ["2001", "#"])
    def test_leads_nowhere_when_it_is_not_allowed(self, dialled: str) -> None:
        closed = replace(PLAIN, dial_extensions=False, dial_by_name=False)

        assert Menu(closed, PLAN).leads_to(dialled) == Nowhere()

    def test_may_begin_an_extension_unless_it_is_the_operators(self) -> None:
        menu = Menu(FRONT_DESK, PLAN)

        assert [key for key in "0123456789*#" if menu.may_begin_extension(key)] == list("123456789")


class TestTheOperator:
    def test_is_the_attendants_own_first(self) -> None:
        assert Menu(WORKSHOP, PLAN).operator == "2003"
        assert Menu(FRONT_DESK, PLAN).operator == "2000"


class TestWhatAnAdministratorWrote:
    def test_is_a_recording_by_its_ending(self) -> None:
        assert announcement("Tune.WAV", "a tune") == Recorded(audio="Tune.WAV", caption="a tune")

    def test_is_text_otherwise(self) -> None:
        assert announcement("Come here.", "x") == FreeText("Come here.")

    def test_greets_in_place_of_the_standard_welcome(self) -> None:
        assert Menu(WORKSHOP, PLAN).greeting == FreeText("Mister Watson, come here.")
        assert Menu(PLAIN, PLAN).greeting == Phrase("welcome")

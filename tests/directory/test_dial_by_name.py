"""Dialling a person by name."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.organisation import ANTONIO, ELISHA, EMILE, PLAN, organisation
from tests.support.repeatable import repeatable

from umbel.directory.dial_by_name import Match, index_of, keys_of, keys_of_name, names_of
from umbel.directory.objects import DialPlan, Mailbox, NameOrder

NAMESAKE = replace(ELISHA, extension="1004")
HIDDEN = replace(ELISHA, extension="1005", in_directory=False)
ELSEWHERE = replace(ELISHA, extension="1006", dial_plan="branch")


class TestKeys:
    @pytest.mark.parametrize(
        ("text", "keys"),
        [
            ("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999"),
            ("Gray", "4729"),
            ("Žižka", "94952"),
            ("Øster-Müller", "67837685537"),
            ("Strauß", "7872877"),
            ("O'Brien 2nd", "627436263"),
            ("Лодыгин", ""),
            ("", ""),
        ],
    )
    def test_are_those_that_have_the_letters(self, text: str, keys: str) -> None:
        assert keys_of(text) == keys

    @given(st.text())
    @repeatable
    def test_are_digits_whatever_the_name(self, text: str) -> None:
        assert set(keys_of(text)) <= set("0123456789")


class TestNames:
    @pytest.mark.parametrize(
        ("name", "last_name", "expected"),
        [
            ("Elisha Gray", "", ("Elisha", "Gray")),
            ("Tivadar von Puskás", "von Puskás", ("Tivadar", "von Puskás")),
            ("Alexander Graham Bell", "", ("Alexander Graham", "Bell")),
            ("Reception", "", ("", "Reception")),
            ("Reception", "Desk", ("Reception", "Desk")),
        ],
    )
    def test_are_taken_apart(self, name: str, last_name: str, expected: tuple[str, str]) -> None:
        mailbox = replace(ELISHA, name=name, last_name=last_name)

        assert names_of(mailbox) == expected

    def test_are_dialled_in_the_order_of_the_dial_plan(self) -> None:
        assert keys_of_name(ELISHA, NameOrder.LAST_FIRST) == keys_of("GrayElisha")
        assert keys_of_name(ELISHA, NameOrder.FIRST_LAST) == keys_of("ElishaGray")


class TestDialling:
    def dial(self, letters: str, *different: Mailbox, plan: DialPlan = PLAN) -> tuple[Match, ...]:
        return index_of(organisation(*different), plan).matches(keys_of(letters))

    def test_the_beginning_of_a_last_name_is_enough(self) -> None:
        assert self.dial("gr") == (Match(ELISHA, is_namesake=False),)
        assert self.dial("grayeli") == (Match(ELISHA, is_namesake=False),)

    def test_a_first_name_is_found_where_it_comes_first(self) -> None:
        first_last = replace(PLAN, name_order=NameOrder.FIRST_LAST)

        assert self.dial("emile") == ()
        assert self.dial("emile", plan=first_last) == (Match(EMILE, is_namesake=False),)

    def test_several_are_given_by_name(self) -> None:
        """4 is g, h and i: Gray and Hughes."""
        hughes = replace(ELISHA, extension="1007", name="David Hughes")

        assert self.dial("g", hughes) == (Match(hughes, False), Match(ELISHA, False))

    def test_namesakes_are_marked(self) -> None:
        assert self.dial("gray", NAMESAKE) == (Match(ELISHA, True), Match(NAMESAKE, True))

    def test_finds_nobody_who_is_hidden_or_elsewhere(self) -> None:
        assert self.dial("gray", HIDDEN, ELSEWHERE) == (Match(ELISHA, False),)

    def test_nothing_finds_nobody(self) -> None:
        assert self.dial("") == ()

    def test_too_much_finds_nobody(self) -> None:
        assert self.dial("grayelishax") == ()

    def test_everybody_in_the_directory_can_be_dialled(self) -> None:
        index = index_of(organisation(HIDDEN), PLAN)

        assert len(index) == 3
        for mailbox in (ANTONIO, ELISHA, EMILE):
            assert Match(mailbox, False) in index.matches(
                keys_of_name(mailbox, NameOrder.LAST_FIRST)
            )

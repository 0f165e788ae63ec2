"""The main menu, and tidying up."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from tests.support.exchange_office import BELL, PIN, PLAN, Office
from tests.support.scripted_call import Press, ScriptedCall

from umbel.core.errors import Unavailable
from umbel.mailbox.message import Importance, MessageState
from umbel.um.call import HungUp, Outcome
from umbel.um.flows import lead
from umbel.um.flows.subscriber import main_menu
from umbel.um.places import AtSubscriberAccess


async def at_menu(
    office: Office, *presses: Press, outcomes: Sequence[Outcome] = ()
) -> ScriptedCall:
    """Enter the main menu as another node would, and follow the script."""
    call = ScriptedCall(presses, outcomes=outcomes, audio=office.store.audio)
    with suppress(HungUp):
        await main_menu(call, office.world, BELL, PLAN)
    return call


class TestTheNumberOfMessages:
    async def test_is_told_first(self) -> None:
        office = Office()
        await office.leave()
        await office.leave(importance=Importance.HIGH)
        saved = await office.leave()
        await office.store.messages.mark(saved.id, MessageState.SAVED)
        call = await at_menu(office)

        assert call.heard[:4] == [
            "You have 2 new messages.",
            "1 is urgent.",
            "You have 1 saved message.",
            "Main menu.",
        ]

    async def test_says_little_where_there_is_nothing(self) -> None:
        call = await at_menu(Office())

        assert call.heard[:2] == ["You have no new messages.", "Main menu."]


class TestTheMainMenu:
    @pytest.mark.parametrize("presses", [["33"], [None] * 3, ["8", "8", "8"]])
    async def test_is_left_by_33_or_for_want_of_a_choice(self, presses: list[Press]) -> None:
        call = await at_menu(Office(), *presses)

        assert call.heard[-1] == "Goodbye."
        assert call.has_hung_up

    @pytest.mark.parametrize("key", ["0", "*"])
    async def test_is_repeated(self, key: str) -> None:
        call = await at_menu(Office(), key)

        assert call.heard.count("Main menu.") == 2
        assert call.heard.count("You have no new messages.") == 1

    async def test_takes_a_lone_3_for_no_choice(self) -> None:
        call = await at_menu(Office(), "3", "33")

        assert "That is not one of the choices." in call.heard
        assert call.heard[-1] == "Goodbye."

    async def test_leads_to_the_messages(self) -> None:
        call = await at_menu(Office(), "1")

        assert "There are no messages." in call.heard

    async def test_leads_to_the_personal_options(self) -> None:
        call = await at_menu(Office(), "6", "*", "33")

        assert "Personal options." in call.heard
        assert call.heard[-1] == "Goodbye."

    async def test_calls_a_person(self) -> None:
        call = await at_menu(Office(), "4", "4729#", "1")

        assert call.reached == "2002"

    async def test_comes_back_when_nobody_was_found_or_reached(self) -> None:
        call = await at_menu(Office(), "4", "*", "4", "4729#", "1", outcomes=[Outcome.BUSY])

        assert "Elisha Gray is on another call." in call.heard
        assert call.heard.count("Main menu.") == 3


class TestLeaving:
    @pytest.mark.parametrize("presses", [["1", "7", "*", "33"], ["1", "7"]])
    async def test_removes_what_was_deleted(self, presses: list[str]) -> None:
        """By the menu, and by hanging up."""
        office = Office()
        await office.leave()
        call = ScriptedCall([f"{PIN}#", *presses], audio=office.store.audio)
        with suppress(HungUp):
            await lead(call, office.world, AtSubscriberAccess(BELL, PLAN))

        assert "Deleted." in call.heard
        assert office.of_bell() == []
        assert office.store.audio.kept == {}

    async def test_without_a_store_is_left_to_the_next_visit(self) -> None:
        office = Office()
        await office.leave()
        call = Failing([f"{PIN}#", "1", "7", "*"], audio=office.store.audio)
        call.office = office
        await lead(call, office.world, AtSubscriberAccess(BELL, PLAN))

        assert "access.not-tidied" in call.milestones
        assert len(office.of_bell()) == 1
        assert call.heard[-3:] == [
            "I am sorry. There is a problem with the system.",
            "Please try again later.",
            "Goodbye.",
        ]


class Failing(ScriptedCall):
    """The store goes down as soon as a message was deleted."""

    office: Office

    def _key(self, within: float) -> str | None:
        if "Deleted." in self.heard:
            self.office.store.switch.is_down = True
            raise Unavailable("down")
        return super()._key(within)

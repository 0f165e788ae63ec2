"""The door of subscriber access, branch by branch."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from tests.support.exchange_office import BELL, FRONT_DESK, MEUCCI, PIN, PLAN, Office
from tests.support.scripted_call import NOW, Press, ScriptedCall

from umbel.core.event_catalogue import AUTHENTICATED, LOCKED_OUT, LOGON_FAILURES
from umbel.directory.objects import DialPlan, Mailbox, Status
from umbel.mailbox.pin import PinState
from umbel.um.call import HungUp
from umbel.um.flows import lead
from umbel.um.places import AtSubscriberAccess

HASHED = f"hash({PIN})"
RIGHT = f"{PIN}#"
MAIN_MENU = "Main menu."


async def calling(
    office: Office,
    presses: Sequence[Press],
    mailbox: Mailbox | None = BELL,
    plan: DialPlan = PLAN,
) -> ScriptedCall:
    call = ScriptedCall(presses, audio=office.store.audio)
    with suppress(HungUp):
        await lead(call, office.world, AtSubscriberAccess(mailbox, plan))
    return call


class TestASubscriberWhoIsKnown:
    async def test_is_asked_for_the_pin_alone(self) -> None:
        call = await calling(Office(), [RIGHT])

        assert call.heard[:5] == [
            "Welcome to your voice mail.",
            "Voice mail of Alexander Graham Bell.",
            "Please enter your PIN. Then press pound.",
            "For another mailbox, press star.",
            "You have no new messages.",
        ]
        assert call.told == [(AUTHENTICATED, {"mailbox": "2001"})]

    async def test_may_want_another_mailbox(self) -> None:
        call = await calling(Office(), ["*", "2002#", RIGHT])

        assert call.told == [(AUTHENTICATED, {"mailbox": "2002"})]

    async def test_is_asked_again_after_a_wrong_pin(self) -> None:
        call = await calling(Office(), ["111111#", RIGHT])

        assert "That PIN is not correct." in call.heard
        assert MAIN_MENU in call.heard

    async def test_is_let_go_when_silent(self) -> None:
        call = await calling(Office(), [None, None, None])

        assert call.heard.count("I did not hear any keys.") == 2
        assert call.heard[-1] == "Goodbye."


class TestASubscriberWhoIsNotKnown:
    async def test_is_asked_for_the_extension_and_the_pin(self) -> None:
        call = await calling(Office(), ["2001#", RIGHT], None)

        assert call.heard[:3] == [
            "Welcome to your voice mail.",
            "Please enter your extension. Then press pound.",
            "Please enter your PIN. Then press pound.",
        ]
        assert MAIN_MENU in call.heard

    @pytest.mark.parametrize("star", ["*", "27*"])
    async def test_may_correct_the_extension(self, star: str) -> None:
        call = await calling(Office(), ["2009#", star, "2001#", RIGHT], None)

        assert MAIN_MENU in call.heard

    async def test_is_not_told_which_extensions_exist(self) -> None:
        office = Office()
        unknown = await calling(office, ["2777#", RIGHT], None)
        wrong = await calling(office, ["2001#", "111111#"], None)

        assert unknown.heard == wrong.heard
        assert "That extension or PIN is not correct." in wrong.heard

    async def test_is_asked_for_both_again(self) -> None:
        call = await calling(Office(), ["2001#", "111111#", "2002#", RIGHT], None)

        assert call.told == [(AUTHENTICATED, {"mailbox": "2002"})]

    @pytest.mark.parametrize(
        "presses", [[None] * 3, ["2001#", None, None, None], ["2001#", "*"] * 3]
    )
    async def test_is_let_go_without_an_answer(self, presses: list[Press]) -> None:
        call = await calling(Office(), presses, None)

        assert call.heard[-1] == "Goodbye."

    async def test_reaches_the_attendant_behind_star(self) -> None:
        call = await calling(Office(), ["*"], None)

        assert "For Sales, press 1." in call.heard

    @pytest.mark.parametrize("attendant", ["", "front-desk"])
    async def test_reaches_none_where_there_is_none(self, attendant: str) -> None:
        """None is configured, or the one that is has been disabled."""
        office = Office(replace(FRONT_DESK, status=Status.DISABLED))
        plan = replace(PLAN, attendant=attendant)
        call = await calling(office, ["*", "2001#", RIGHT], None, plan)

        assert "That is not one of the choices." in call.heard
        assert MAIN_MENU in call.heard


class TestWrongPins:
    async def test_end_the_call_after_three(self) -> None:
        call = await calling(Office(), ["111111#"] * 3)

        assert call.told == [(LOGON_FAILURES, {"mailbox": "2001", "failures": 3})]
        assert call.heard[-3:] == [
            "That PIN is not correct.",
            "I am sorry that I could not help you.",
            "Goodbye.",
        ]

    async def test_end_the_call_also_where_there_is_no_mailbox(self) -> None:
        call = await calling(Office(), ["2777#", "1#"] * 3, None)

        assert call.told == [(LOGON_FAILURES, {"mailbox": "", "failures": 3})]

    async def test_are_counted_across_calls(self) -> None:
        office = Office()
        for _ in range(2):
            call = await calling(office, ["111111#", "111111#"])
        assert office.store.pins.states["2001"].failures == 4
        call = await calling(office, ["111111#"])

        assert "Too many wrong PINs were entered." in call.transcript
        assert office.store.pins.states["2001"].needs_reset

    async def test_are_forgotten_after_the_right_one(self) -> None:
        office = Office()
        await calling(office, ["111111#", "111111#", RIGHT])

        assert office.store.pins.states["2001"].failures == 0

    async def test_are_counted_when_another_call_counts_at_the_same_time(self) -> None:
        office = Office()
        office.store.pins.meanwhile = [PinState(hashed=HASHED, set_at=NOW, failures=3)]
        await calling(office, ["111111#"])

        assert office.store.pins.states["2001"].failures == 4

    async def test_of_another_call_bar_the_right_one(self) -> None:
        """The mailbox was locked between reading the state and storing the success."""
        office = Office()
        locked = PinState(hashed=HASHED, set_at=NOW, failures=15, is_locked_out=True)
        office.store.pins.meanwhile = [locked]
        call = await calling(office, [RIGHT])

        assert MAIN_MENU not in call.heard
        assert "This mailbox is locked." in call.transcript

    async def test_lock_the_mailbox_at_last(self) -> None:
        office = Office()
        calls = [await calling(office, ["111111#"]) for _ in range(16)]

        told = [kind for call in calls for kind, _ in call.told]
        assert told == [LOCKED_OUT]
        assert calls[14].told == [(LOCKED_OUT, {"mailbox": "2001", "failures": 15})]
        assert office.store.pins.states["2001"].failures == 15


class TestAMailboxThatIsBarred:
    @pytest.mark.parametrize(
        ("state", "told"),
        [
            (PinState(hashed=HASHED, is_locked_out=True), "This mailbox is locked."),
            (PinState(hashed=HASHED, needs_reset=True), "Too many wrong PINs were entered."),
            (PinState(), "This mailbox has no PIN yet."),
        ],
    )
    async def test_refuses_the_right_pin_and_says_why(self, state: PinState, told: str) -> None:
        office = Office()
        office.store.pins.states["2001"] = state
        call = await calling(office, [RIGHT])

        assert told in call.transcript
        assert call.heard[-1] == "Goodbye."

    async def test_may_be_closed_for_the_phone(self) -> None:
        call = await calling(Office(), [RIGHT], MEUCCI)

        assert call.heard[-2:] == ["This mailbox cannot be used by phone.", "Goodbye."]

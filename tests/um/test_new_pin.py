"""Choosing a new PIN: at the door when it is due, and in the personal options."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.exchange_office import BELL, PIN, PLAN, POLICY, Office
from tests.support.scripted_call import NOW, Press, ScriptedCall

from umbel.mailbox.pin import PinState
from umbel.um.call import HungUp
from umbel.um.flows import lead
from umbel.um.places import AtSubscriberAccess

DUE = PinState(hashed=f"hash({PIN})", set_at=NOW, must_change=True, history=("hash(314159)",))
CHANGED = "Your PIN has been changed."


async def changing(office: Office, *presses: Press) -> ScriptedCall:
    """Log on to Bell's mailbox, whose PIN must be changed."""
    office.store.pins.states["2001"] = DUE
    return await logged_on(office, presses)


async def logged_on(office: Office, presses: Sequence[Press]) -> ScriptedCall:
    call = ScriptedCall([f"{PIN}#", *presses], audio=office.store.audio)
    with suppress(HungUp):
        await lead(call, office.world, AtSubscriberAccess(BELL, PLAN))
    return call


class TestAPinThatIsDue:
    async def test_is_changed_before_anything_else(self) -> None:
        office = Office()
        call = await changing(office, "161803#", "161803#")

        assert "You must choose a new PIN." in call.heard
        assert "It must have at least 6 digits." in call.heard
        assert call.heard.index(CHANGED) < call.heard.index("Main menu.")
        state = office.store.pins.states["2001"]
        assert (state.hashed, state.must_change) == ("hash(161803)", False)
        assert state.history == (f"hash({PIN})", "hash(314159)")

    async def test_may_have_expired(self) -> None:
        call = await logged_on(Office(now=NOW + timedelta(days=60)), [])

        assert "You must choose a new PIN." in call.heard

    @pytest.mark.parametrize("presses", [["*"], [None] * 3, ["1#", "2#", "3#"]])
    async def test_ends_the_call_when_none_is_chosen(self, presses: list[Press]) -> None:
        office = Office()
        call = await changing(office, *presses)

        assert call.heard[-2:] == ["Your PIN has not been changed.", "Goodbye."]
        assert office.store.pins.states["2001"].hashed == f"hash({PIN})"


class TestAPinThatCannotBe:
    @pytest.mark.parametrize(
        ("pin", "objection"),
        [
            ("1618#", "That PIN is too short. It must have at least 6 digits."),
            ("1618033988749894848204586#", "That PIN is too long. It must have at most 24 digits."),
            ("A61803#", "A PIN has digits only."),
            ("612001#", "That PIN is too easy to guess: it is part of your number."),
            (
                "123456#",
                "That PIN is too easy to guess: its digits repeat or follow one another.",
            ),
            (f"{PIN}#", "You have used that PIN before. Please choose another."),
            ("314159#", "You have used that PIN before. Please choose another."),
        ],
    )
    async def test_is_refused_with_the_reason_and_asked_again(
        self, pin: str, objection: str
    ) -> None:
        call = await changing(Office(), pin, "161803#", "161803#")

        assert objection in call.heard
        assert CHANGED in call.heard

    async def test_must_be_entered_alike_twice(self) -> None:
        call = await changing(Office(), "161803#", "161804#", "161803#", "161803#")

        assert "The two entries are not the same." in call.heard
        assert CHANGED in call.heard

    async def test_is_judged_by_the_policy(self) -> None:
        lenient = replace(POLICY, min_pin_length=4, allow_common_patterns=True)
        call = await changing(Office(lenient), "1234#", "1234#")

        assert CHANGED in call.heard


class TestTheSameMoment:
    async def test_somebody_elses_wrong_pin_does_not_undo_the_change(self) -> None:
        office = Office()
        call = ScriptedCall([f"{PIN}#", "161803#", "161803#"], audio=office.store.audio)
        office.store.pins.states["2001"] = DUE
        office.store.pins.meanwhile = [DUE, replace(DUE, failures=1)]
        with suppress(HungUp):
            await lead(call, office.world, AtSubscriberAccess(BELL, PLAN))

        assert office.store.pins.states["2001"].hashed == "hash(161803)"

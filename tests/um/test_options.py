"""Personal options: the greeting and the recorded name."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from tests.support.exchange_office import BELL, PLAN, Office
from tests.support.scripted_call import During, Press, ScriptedCall, Speech

from umbel.um.call import Ended, HungUp
from umbel.um.flows.options import personal_options

GREETING = ("2", "1")
NAME = ("2", "3")


async def chosen(
    office: Office, *presses: Press, speeches: Sequence[Speech] = (Speech(4),)
) -> ScriptedCall:
    call = ScriptedCall(presses, speeches, audio=office.store.audio)
    with suppress(HungUp):
        await personal_options(call, office.world, BELL, PLAN)
    return call


def lengths(office: Office) -> list[float]:
    """Give the seconds of all audio that is kept."""
    return [len(samples) / 16_000 for samples in office.store.audio.kept.values()]


class TestTheOptions:
    @pytest.mark.parametrize("presses", [["*"], [None] * 3])
    async def test_are_left_by_star_or_silence(self, presses: list[Press]) -> None:
        call = await chosen(Office(), *presses)

        assert call.heard[:2] == [
            "Personal options.",
            "To record your greeting or your name, press 2.",
        ]
        assert not call.has_hung_up

    async def test_are_repeated(self) -> None:
        call = await chosen(Office(), "0", "*")

        assert call.heard.count("Personal options.") == 2

    async def test_change_the_pin(self) -> None:
        office = Office()
        await chosen(office, "3", "161803#", "161803#")

        assert office.store.pins.states["2001"].hashed == "hash(161803)"

    async def test_go_back_from_the_recordings(self) -> None:
        call = await chosen(Office(), "2", "*", "*")

        assert call.heard.count("Personal options.") == 2


class TestAGreeting:
    async def test_is_recorded_and_kept(self) -> None:
        office = Office()
        call = await chosen(office, *GREETING, "2", "#")

        assert "Callers hear the standard greeting." in call.heard
        assert "After the tone, say your greeting. Then press pound." in call.heard
        assert "Your greeting has been recorded." in call.heard
        assert "2001" in office.store.greetings.greetings

    async def test_replaces_the_former_one(self) -> None:
        office = Office()
        await office.record_greeting(seconds=9)
        await chosen(office, *GREETING, "2", "#")

        assert lengths(office) == [4]

    async def test_can_be_heard_before_it_is_kept(self) -> None:
        call = await chosen(Office(), *GREETING, "2", "1", During(1, "#"))

        assert "your greeting" in call.heard
        assert "Your greeting has been recorded." in call.heard

    async def test_can_be_recorded_again(self) -> None:
        office = Office()
        await chosen(office, *GREETING, "2", "2", "#", speeches=[Speech(4), Speech(6)])

        assert lengths(office) == [6]

    @pytest.mark.parametrize("presses", [["*"], [None] * 3, []])
    async def test_is_forgotten_when_it_is_not_kept(self, presses: list[Press]) -> None:
        """By going back, by silence and by hanging up; the former one stays."""
        office = Office()
        await office.record_greeting(seconds=9)
        await chosen(office, *GREETING, "2", *presses)

        assert lengths(office) == [9]

    async def test_that_is_too_short_is_recorded_again(self) -> None:
        office = Office()
        speeches = [Speech(5.2, Ended.SILENCE), Speech(6)]
        call = await chosen(office, *GREETING, "2", "#", speeches=speeches)

        assert "The recording was too short." in call.heard
        assert lengths(office) == [6]

    async def test_is_given_up_after_three_that_are_too_short(self) -> None:
        office = Office()
        call = await chosen(office, *GREETING, "2", speeches=[Speech(0.1)] * 3)

        assert call.heard.count("The recording was too short.") == 3
        assert lengths(office) == []

    async def test_can_be_heard_later(self) -> None:
        office = Office()
        await office.record_greeting()
        call = await chosen(office, *GREETING, "1")

        assert "your greeting" in call.heard

    async def test_can_be_removed(self) -> None:
        office = Office()
        await office.record_greeting()
        call = await chosen(office, *GREETING, "3", "*")

        assert "Your greeting has been removed." in call.heard
        assert "Callers hear the standard greeting." in call.heard
        assert lengths(office) == []

    async def test_may_be_as_long_as_the_policy_says(self) -> None:
        office = Office()
        await chosen(office, *GREETING, "2", "#", speeches=[Speech(500, Ended.LIMIT)])

        assert lengths(office) == [300]


class TestAName:
    async def test_is_recorded_and_used(self) -> None:
        office = Office()
        call = await chosen(office, *NAME, "2", "#", speeches=[Speech(1)])

        assert "You have not recorded your name." in call.heard
        assert "Your name has been recorded." in call.heard
        assert "2001" in office.store.greetings.names

    async def test_can_be_removed(self) -> None:
        office = Office()
        await chosen(office, *NAME, "2", "#", "3", speeches=[Speech(1)])

        assert office.store.greetings.names == {}

    async def test_is_short(self) -> None:
        office = Office()
        await chosen(office, *NAME, "2", "#", speeches=[Speech(60, Ended.LIMIT)])

        assert lengths(office) == [10]

"""Wandering from place to place."""

from contextlib import suppress

from tests.support.exchange_office import BELL, FRONT_DESK, PLAN, Office
from tests.support.scripted_call import ScriptedCall

from umbel.um.call import HungUp
from umbel.um.flows import lead
from umbel.um.flows.lead import MOST_PLACES
from umbel.um.places import AtAttendant, AtSubscriberAccess


class TestACallerWhoGoesInACircle:
    async def test_is_let_go_at_last(self) -> None:
        """Star at the attendant leads to subscriber access, and star there back again."""
        call = ScriptedCall(["*"] * 100)
        await lead(call, Office().world, AtAttendant(FRONT_DESK, PLAN))

        assert call.heard.count("Welcome.") == MOST_PLACES / 2
        assert call.heard[-1] == "Goodbye."
        assert "call.wandered" in call.milestones


class TestAStoreThatIsDown:
    async def test_ends_subscriber_access_with_an_apology(self) -> None:
        office = Office()
        call = ScriptedCall(["271828#"])
        with office.store.switch.down():
            await lead(call, office.world, AtSubscriberAccess(BELL, PLAN))

        assert call.heard[-3:] == [
            "I am sorry. There is a problem with the system.",
            "Please try again later.",
            "Goodbye.",
        ]

    async def test_does_not_keep_the_attendant_from_transferring(self) -> None:
        office = Office()
        call = ScriptedCall(["2002"])
        with office.store.switch.down(), suppress(HungUp):
            await lead(call, office.world, AtAttendant(FRONT_DESK, PLAN))

        assert call.reached == "2002"


class TestANewConfiguration:
    async def test_is_used_by_the_next_lookup(self) -> None:
        office = Office()
        assert office.world.directory().mailbox("2002", PLAN) is not None
        assert len(office.world.names(PLAN)) == 3
        office.configuration = type(office.configuration)(dial_plans={"boston": PLAN})

        assert office.world.directory().mailbox("2002", PLAN) is None
        assert len(office.world.names(PLAN)) == 0

"""The way into the product: a caller is led from place to place until they have been served."""

from typing import assert_never

from umbel.core.errors import Unavailable
from umbel.speech.phrase import Phrase
from umbel.um.call import Call
from umbel.um.places import AtAttendant, AtMailbox, AtSubscriberAccess, Onward, Over, Place
from umbel.um.world import World

from .answering import answer
from .asking import goodbye
from .attendant import meet_attendant
from .subscriber import serve

MOST_PLACES = 50
"""Menus that one call may wander through: whoever goes in a circle for so long is no person."""


async def lead(call: Call, world: World, place: Place) -> None:
    """
    Lead the caller from *place* on, wherever they want to go, until the call is over for us.

    A store that is down ends the call with an apology; the flows that can do without it have
    done so already.
    """
    try:
        for _ in range(MOST_PLACES):
            onward = await _visit(call, world, place)
            if isinstance(onward, Over):
                return
            place = onward
        call.milestone("call.wandered", places=MOST_PLACES)
    except Unavailable as error:
        call.milestone("store.unavailable", reason=str(error))
        await call.say(Phrase("system-problem"), Phrase("try-later"))
    await goodbye(call)


async def _visit(call: Call, world: World, place: Place) -> Onward:
    match place:
        case AtAttendant():
            return await meet_attendant(call, world, place)
        case AtMailbox():
            return await answer(call, world, place)
        case AtSubscriberAccess():
            return await serve(call, world, place)
        case _:
            assert_never(place)

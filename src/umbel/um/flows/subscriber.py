"""Subscriber access: the door, the main menu, and tidying up when the subscriber leaves.

Main menu: ``1`` messages, ``4`` call a person by name, ``6`` personal options, ``33`` end, ``0``
or ``*`` the menu again. Not there yet: ``2`` e-mail and ``3`` calendar.
"""

from umbel.core.errors import Unavailable
from umbel.directory.objects import DialPlan, Mailbox
from umbel.mailbox.message import Importance, MessageState
from umbel.mailbox.pin_rules import must_choose_new
from umbel.speech.phrase import Phrase, Spoken
from umbel.um.call import Call
from umbel.um.person import policy_of
from umbel.um.places import AtSubscriberAccess, Onward
from umbel.um.world import World

from .asking import choose, goodbye
from .by_name import find_person
from .connecting import connect_person
from .hearing import hear_messages
from .logon import log_on
from .new_pin import choose_new_pin
from .options import personal_options

_MENU = tuple(
    Phrase(name)
    for name in (
        "main-menu",
        "main-messages",
        "main-call-someone",
        "main-personal-options",
        "main-hang-up",
    )
)


async def serve(call: Call, world: World, place: AtSubscriberAccess) -> Onward:
    """Let a subscriber in and serve them until they leave."""
    admitted = await log_on(call, world, place.mailbox, place.dial_plan)
    if not isinstance(admitted, Mailbox):
        return admitted
    if not await _has_good_pin(call, world, admitted, place.dial_plan):
        return await goodbye(call)
    try:
        return await main_menu(call, world, admitted, place.dial_plan)
    finally:
        await _tidy_up(call, world, admitted)


async def main_menu(call: Call, world: World, mailbox: Mailbox, dial_plan: DialPlan) -> Onward:
    """Tell how many messages there are, and offer what there is to do."""
    call.milestone("access.main-menu", mailbox=mailbox.extension)
    opening = await _counts(world, mailbox)
    while True:
        choice = await choose(
            call,
            *opening,
            *_MENU,
            choices=("0", "1", "33", "4", "6", "*"),
            tries=dial_plan.input_failures,
        )
        if choice is None or choice == "33":
            return await goodbye(call)
        onward = await _follow(call, world, mailbox, dial_plan, choice)
        if onward is not None:
            return onward
        opening = ()


async def _follow(
    call: Call, world: World, mailbox: Mailbox, dial_plan: DialPlan, choice: str
) -> Onward | None:
    match choice:
        case "1":
            return await hear_messages(call, world, mailbox, dial_plan)
        case "4":
            person = await find_person(call, world, dial_plan)
            return await connect_person(call, world, person) if person else None
        case "6":
            await personal_options(call, world, mailbox, dial_plan)
            return None
        case _:
            return None


async def _counts(world: World, mailbox: Mailbox) -> tuple[Spoken, ...]:
    new = await world.messages.of_mailbox(mailbox.extension, MessageState.NEW)
    saved = await world.messages.of_mailbox(mailbox.extension, MessageState.SAVED)
    urgent = sum(message.importance is Importance.HIGH for message in new)
    counts = {"new-messages": len(new), "urgent-messages": urgent, "saved-messages": len(saved)}
    return tuple(
        Phrase(name, {"count": count})
        for name, count in counts.items()
        if count or name == "new-messages"
    )


async def _has_good_pin(call: Call, world: World, mailbox: Mailbox, dial_plan: DialPlan) -> bool:
    """Have an expired or given PIN changed first; say whether the subscriber may go on."""
    state = await world.pins.state(mailbox.extension)
    if not must_choose_new(state, policy_of(world, mailbox), world.wall()):
        return True
    await call.say(Phrase("pin-must-change"))
    return await choose_new_pin(call, world, mailbox, dial_plan.input_failures)


async def _tidy_up(call: Call, world: World, mailbox: Mailbox) -> None:
    """Remove what was deleted; a store that is down now will be tidied after the next visit."""
    try:
        await world.messages.purge(mailbox.extension)
    except Unavailable as error:
        call.milestone("access.not-tidied", mailbox=mailbox.extension, reason=str(error))

"""The auto attendant: greet, offer the menu, put through.

A key of the menu may also begin an extension. The pause after it decides: a further digit
within ``BETWEEN_DIGITS`` makes it an extension, ``#`` or silence makes it the menu's key.
"""

from enum import Enum, auto
from typing import assert_never

from umbel.core.instants import Duration
from umbel.directory.objects import KeyAction, KeyMapping, Mailbox, Status
from umbel.speech.phrase import Name, Phrase, Spoken
from umbel.um.call import Call
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
from umbel.um.person import spoken_name
from umbel.um.places import AtAttendant, AtMailbox, AtSubscriberAccess, Onward
from umbel.um.world import World

from .asking import ALL_KEYS, NOT_A_CHOICE, STILL_THERE, choose, goodbye
from .by_name import find_person
from .connecting import connect_named, connect_number, connect_operator, connect_person

BETWEEN_DIGITS: Duration = 2.0
"""The pause that ends an extension, and that tells a key of the menu from an extension."""


class Still(Enum):
    """The caller is still at the menu."""

    SERVED = auto()
    """They got what they asked for, or were told why not."""
    MISSED = auto()
    """They pressed nothing, or nothing that could be followed."""


async def meet_attendant(call: Call, world: World, place: AtAttendant) -> Onward:
    """Greet the caller and offer the menu until somebody, or some other place, has them."""
    menu = Menu(place.attendant, place.dial_plan)
    call.milestone("attendant.offered", attendant=place.attendant.name)
    spoken = (menu.greeting, *menu.choices)
    missed = 0
    while missed < place.dial_plan.input_failures:
        dialled = await _dialled(call, menu, spoken)
        call.milestone("attendant.chosen", attendant=place.attendant.name, dialled=dialled)
        followed = await _follow(call, world, menu, menu.leads_to(dialled))
        if not isinstance(followed, Still):
            return followed
        missed = missed + 1 if followed is Still.MISSED else 0
        spoken = menu.choices
    return await _give_up(call, menu)


async def _dialled(call: Call, menu: Menu, spoken: tuple[Spoken, ...]) -> str:
    """Give a key of the menu or a whole extension; empty: silence."""
    patience = menu.attendant.input_timeout
    first = await call.ask(*spoken, keys=ALL_KEYS, within=patience)
    further = menu.dial_plan.digits - 1
    if first is None or further < 1 or not menu.may_begin_extension(first):
        return first or ""
    pause = BETWEEN_DIGITS
    return first + await call.ask_digits(most=further, within=pause, between=pause)


async def _follow(call: Call, world: World, menu: Menu, choice: Choice) -> Onward | Still:
    match choice:
        case Mapped(mapping):
            return await _follow_key(call, world, menu, mapping)
        case Dialled(extension):
            return await _reach_extension(call, world, menu, extension)
        case ByName():
            return await _reach_by_name(call, world, menu)
        case ToOperator():
            return await connect_operator(call, menu.operator) or Still.MISSED
        case StarOut():
            return AtSubscriberAccess(None, menu.dial_plan)
        case Silence():
            await call.say(STILL_THERE)
            return Still.MISSED
        case Nowhere():
            await call.say(NOT_A_CHOICE)
            return Still.MISSED
        case _:
            assert_never(choice)


async def _follow_key(call: Call, world: World, menu: Menu, mapping: KeyMapping) -> Onward | Still:
    match mapping.action:
        case KeyAction.EXTENSION:
            return await _reach_mapped(call, world, menu, mapping)
        case KeyAction.ATTENDANT:
            return await _next_attendant(call, world, mapping)
        case KeyAction.MAILBOX:
            return await _mailbox(call, world, menu, mapping)
        case KeyAction.ANNOUNCEMENT:
            await call.say(announcement(mapping.target, mapping.label))
            return Still.SERVED
        case KeyAction.OPERATOR:
            return await connect_operator(call, menu.operator) or Still.MISSED
        case KeyAction.SUBSCRIBER_ACCESS:
            return AtSubscriberAccess(None, menu.dial_plan)
        case KeyAction.DIRECTORY:
            return await _reach_by_name(call, world, menu)
        case _:
            assert_never(mapping.action)


async def _reach_mapped(
    call: Call, world: World, menu: Menu, mapping: KeyMapping
) -> Onward | Still:
    """Put through to what a key stands for; the administrator's word needs no permission."""
    mailbox = world.directory().mailbox(mapping.target, menu.dial_plan)
    if mailbox is not None:
        return await _reach_person(call, world, menu, mailbox)
    name = Name(text=mapping.label)
    return await connect_named(call, mapping.target, name) or Still.SERVED


async def _reach_extension(call: Call, world: World, menu: Menu, extension: str) -> Onward | Still:
    mailbox = world.directory().mailbox(extension, menu.dial_plan)
    if mailbox is not None:
        return await _reach_person(call, world, menu, mailbox)
    if menu.dial_plan.dial_extensions and len(extension) == menu.dial_plan.digits:
        return await connect_number(call, extension) or Still.SERVED
    await call.say(Phrase("no-such-extension", {"number": extension}))
    return Still.MISSED


async def _reach_by_name(call: Call, world: World, menu: Menu) -> Onward | Still:
    mailbox = await find_person(call, world, menu.dial_plan)
    if mailbox is None:
        return Still.MISSED
    return await _reach_person(call, world, menu, mailbox)


async def _reach_person(call: Call, world: World, menu: Menu, mailbox: Mailbox) -> Onward | Still:
    """Put through to a subscriber; who cannot be reached may be left a message."""
    reached = await connect_person(call, world, mailbox)
    if reached is not None:
        return reached
    if not menu.attendant.send_messages:
        return Still.SERVED
    offer = Phrase("offer-message", {"name": await spoken_name(world, mailbox)})
    tries = menu.dial_plan.input_failures
    key = await choose(call, offer, Phrase("offer-menu"), choices="12", tries=tries)
    return AtMailbox(mailbox, menu.dial_plan) if key == "1" else Still.SERVED


async def _next_attendant(call: Call, world: World, mapping: KeyMapping) -> Onward | Still:
    configuration = world.configuration()
    attendant = configuration.attendants.get(mapping.target)
    plan = configuration.dial_plans.get(attendant.dial_plan) if attendant else None
    if attendant is None or plan is None or attendant.status is not Status.ENABLED:
        return await _dead_end(call, mapping)
    return AtAttendant(attendant, plan)


async def _mailbox(call: Call, world: World, menu: Menu, mapping: KeyMapping) -> Onward | Still:
    mailbox = world.directory().mailbox(mapping.target, menu.dial_plan)
    if mailbox is None:
        return await _dead_end(call, mapping)
    return AtMailbox(mailbox, menu.dial_plan)


async def _dead_end(call: Call, mapping: KeyMapping) -> Still:
    """Excuse a key that leads to what is not there, or is switched off."""
    call.milestone("attendant.dead-end", key=mapping.key, target=mapping.target)
    await call.say(Phrase("transfer-failed", {"name": Name(text=mapping.label)}))
    return Still.MISSED


async def _give_up(call: Call, menu: Menu) -> Onward:
    await call.say(Phrase("too-many-tries"))
    if menu.operator:
        reached = await connect_operator(call, menu.operator)
        if reached is not None:
            return reached
    return await goodbye(call)

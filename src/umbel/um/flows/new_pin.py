"""Choosing a new PIN, with every refusal explained."""

from typing import assert_never

from umbel.directory.objects import Mailbox, MailboxPolicy
from umbel.mailbox.pin_rules import (
    LONGEST_PIN,
    PinRefusal,
    hashes_not_to_reuse,
    refusal,
    with_new_pin,
)
from umbel.speech.phrase import Phrase, Spoken
from umbel.um.call import Call
from umbel.um.person import policy_of
from umbel.um.world import World

from .asking import STAR, dial

ONE_TOO_MANY = LONGEST_PIN + 1
"""Digits taken, so that a PIN that is too long can be told from one that is not."""


async def choose_new_pin(call: Call, world: World, mailbox: Mailbox, tries: int) -> bool:
    """Ask for a new PIN twice and set it; say whether there is one now."""
    policy = policy_of(world, mailbox)
    invitation = (
        Phrase("new-pin"),
        Phrase("new-pin-length", {"count": policy.min_pin_length}),
        Phrase("to-go-back"),
    )
    explained: tuple[Spoken, ...] = ()
    for _ in range(tries):
        pin = await dial(call, *explained, *invitation, most=ONE_TOO_MANY, tries=tries)
        if pin is None or pin == STAR:
            break
        objection = await _objection(call, world, mailbox, pin, tries)
        if objection is None:
            await _set(world, mailbox, pin)
            call.milestone("pin.changed", mailbox=mailbox.extension)
            await call.say(Phrase("pin-changed"))
            return True
        explained = (objection,)
    await call.say(*explained, Phrase("pin-not-changed"))
    return False


async def _objection(
    call: Call, world: World, mailbox: Mailbox, pin: str, tries: int
) -> Phrase | None:
    """Say why *pin* cannot be set: by the rules, used before, or not entered alike twice."""
    policy = policy_of(world, mailbox)
    refused = refusal(pin, policy, mailbox)
    if refused is not None:
        return _told(refused, policy)
    if await _was_used(world, mailbox, pin, policy):
        return Phrase("pin-used-before")
    again = await dial(call, Phrase("confirm-pin"), most=ONE_TOO_MANY, tries=tries)
    return None if again == pin else Phrase("pins-differ")


async def _was_used(world: World, mailbox: Mailbox, pin: str, policy: MailboxPolicy) -> bool:
    state = await world.pins.state(mailbox.extension)
    for hashed in hashes_not_to_reuse(state, policy):
        if await world.hasher.matches(hashed, pin):
            return True
    return False


async def _set(world: World, mailbox: Mailbox, pin: str) -> None:
    hashed = await world.hasher.hash(pin)
    policy = policy_of(world, mailbox)
    is_set = False
    while not is_set:
        state = await world.pins.state(mailbox.extension)
        new = with_new_pin(state, hashed, policy, world.wall())
        is_set = await world.pins.replace(mailbox.extension, state, new)


def _told(refused: PinRefusal, policy: MailboxPolicy) -> Phrase:
    match refused:
        case PinRefusal.NOT_DIGITS:
            return Phrase("pin-not-digits")
        case PinRefusal.TOO_SHORT:
            return Phrase("pin-too-short", {"count": policy.min_pin_length})
        case PinRefusal.TOO_LONG:
            return Phrase("pin-too-long", {"count": LONGEST_PIN})
        case PinRefusal.EXTENSION:
            return Phrase("pin-is-extension")
        case PinRefusal.COMMON:
            return Phrase("pin-is-pattern")
        case _:
            assert_never(refused)

"""The door of subscriber access: whose mailbox, and the PIN.

Wrong PINs are counted across calls by compare-and-set, so that nobody gains tries by calling
several nodes at once. An extension without a mailbox is asked for a PIN all the same, and
refused in the same words: the door does not tell which extensions exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from umbel.core.event_catalogue import AUTHENTICATED, LOCKED_OUT, LOGON_FAILURES
from umbel.directory.objects import DialPlan, Mailbox, Status
from umbel.mailbox.pin import PinState
from umbel.mailbox.pin_rules import LONGEST_PIN, after_failure, after_success, is_barred
from umbel.speech.phrase import Phrase, Spoken
from umbel.um.call import Call
from umbel.um.person import policy_of, spoken_name
from umbel.um.places import AtAttendant, Onward
from umbel.um.world import World

from .asking import NOT_A_CHOICE, STAR, dial, goodbye

LONGEST_EXTENSION = 20

ENTER_PIN = Phrase("enter-pin")


class Verdict(Enum):
    """What a PIN was worth."""

    RIGHT = auto()
    WRONG = auto()
    LOCKED_OUT = auto()
    NEEDS_RESET = auto()
    NO_PIN = auto()


_BARRED: Mapping[Verdict, str] = {
    Verdict.LOCKED_OUT: "locked-out",
    Verdict.NEEDS_RESET: "pin-needs-reset",
    Verdict.NO_PIN: "no-pin-set",
}
"""Verdicts after which no further PIN helps, and how the caller is told."""


@dataclass(frozen=True, slots=True)
class _Entered:
    """What the caller typed at the door."""

    mailbox: Mailbox | None
    """``None``: there is none with the extension that was dialled."""
    pin: str
    was_asked: bool
    """The caller dialled the extension, rather than being known by their number."""


async def log_on(
    call: Call, world: World, known: Mailbox | None, dial_plan: DialPlan
) -> Mailbox | Onward:
    """Let a subscriber in: gives their mailbox, or where the call goes on instead."""
    explained: tuple[Spoken, ...] = (Phrase("access-welcome"),)
    mailbox = ""
    for _ in range(dial_plan.logon_failures):
        entered = await _ask(call, world, known, dial_plan, explained)
        if not isinstance(entered, _Entered):
            return entered
        verdict = await _judge(call, world, entered)
        if verdict is Verdict.RIGHT and entered.mailbox is not None:
            return await _admit(call, entered.mailbox)
        if verdict in _BARRED:
            await call.say(Phrase(_BARRED[verdict]))
            return await goodbye(call)
        known = None if entered.was_asked else known
        mailbox = entered.mailbox.extension if entered.mailbox else mailbox
        explained = (Phrase("wrong-extension-or-pin" if entered.was_asked else "wrong-pin"),)
    call.tell(LOGON_FAILURES, mailbox=mailbox, failures=dial_plan.logon_failures)
    await call.say(*explained, Phrase("too-many-tries"))
    return await goodbye(call)


async def check_pin(call: Call, world: World, mailbox: Mailbox, pin: str) -> Verdict:
    """
    Judge a PIN and count it.

    Where too many failures made a new PIN necessary, tries still count towards the lockout.
    """
    policy = policy_of(world, mailbox)
    while True:
        state = await world.pins.state(mailbox.extension)
        if state.is_locked_out or not state.hashed:
            return _verdict(state)
        is_right = not is_barred(state) and await world.hasher.matches(state.hashed, pin)
        after = after_success(state) if is_right else after_failure(state, policy)
        if await world.pins.replace(mailbox.extension, state, after):
            break
    if after.is_locked_out:
        call.tell(LOCKED_OUT, mailbox=mailbox.extension, failures=after.failures)
    return Verdict.RIGHT if is_right else _verdict(after)


def _verdict(state: PinState) -> Verdict:
    if state.is_locked_out:
        return Verdict.LOCKED_OUT
    if not state.hashed:
        return Verdict.NO_PIN
    return Verdict.NEEDS_RESET if state.needs_reset else Verdict.WRONG


async def _judge(call: Call, world: World, entered: _Entered) -> Verdict:
    if entered.mailbox is None:
        await world.hasher.hash(entered.pin)  # No sooner refused than a wrong PIN.
        call.milestone("access.unknown-extension")
        return Verdict.WRONG
    verdict = await check_pin(call, world, entered.mailbox, entered.pin)
    call.milestone("access.judged", mailbox=entered.mailbox.extension, verdict=verdict.name)
    return verdict


async def _admit(call: Call, mailbox: Mailbox) -> Mailbox | Onward:
    call.tell(AUTHENTICATED, mailbox=mailbox.extension)
    if mailbox.subscriber_access:
        return mailbox
    await call.say(Phrase("access-not-allowed"))
    return await goodbye(call)


async def _ask(
    call: Call,
    world: World,
    known: Mailbox | None,
    dial_plan: DialPlan,
    explained: tuple[Spoken, ...],
) -> _Entered | Onward:
    if known is not None:
        spoken = (*explained, Phrase("access-for", {"name": await spoken_name(world, known)}))
        pin = await _ask_pin(call, dial_plan, *spoken, ENTER_PIN, Phrase("other-mailbox"))
        if pin is None:
            return await goodbye(call)
        if pin != STAR:
            return _Entered(known, pin, was_asked=False)
        explained = ()
    return await _ask_for_both(call, world, dial_plan, explained)


async def _ask_for_both(
    call: Call, world: World, dial_plan: DialPlan, explained: tuple[Spoken, ...]
) -> _Entered | Onward:
    for _ in range(dial_plan.input_failures):
        extension = await dial(
            call,
            *explained,
            Phrase("enter-extension"),
            most=LONGEST_EXTENSION,
            tries=dial_plan.input_failures,
        )
        if extension is None:
            break
        if extension == STAR:
            attendant = _attendant_behind_star(world, dial_plan)
            if attendant is not None:
                return attendant
            explained = (NOT_A_CHOICE,)
            continue
        pin = await _ask_pin(call, dial_plan, ENTER_PIN)
        if pin is None:
            break
        if pin != STAR:
            mailbox = world.directory().mailbox(extension, dial_plan)
            return _Entered(mailbox, pin, was_asked=True)
        explained = ()
    return await goodbye(call)


async def _ask_pin(call: Call, dial_plan: DialPlan, *spoken: Spoken) -> str | None:
    return await dial(call, *spoken, most=LONGEST_PIN, tries=dial_plan.input_failures)


def _attendant_behind_star(world: World, dial_plan: DialPlan) -> AtAttendant | None:
    attendant = world.configuration().attendants.get(dial_plan.attendant)
    if attendant is None or attendant.status is not Status.ENABLED:
        return None
    return AtAttendant(attendant, dial_plan)

"""Personal options: the greeting, the recorded name, the PIN.

``2`` recordings (``1`` the greeting, ``3`` the name), ``3`` the PIN. Not there yet: ``1`` out of
office, ``4`` voice commands, ``5`` time zone, ``6`` 12 or 24 hours, and ``2 2`` the out-of-office greeting.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from umbel.core.instants import Duration
from umbel.directory.objects import DialPlan, Mailbox
from umbel.mailbox.message import AudioId
from umbel.speech.phrase import Phrase, Recorded
from umbel.um.call import Call
from umbel.um.person import policy_of
from umbel.um.world import World

from .asking import STAR, choose
from .new_pin import choose_new_pin
from .recording import AGAIN, HEAR, KEEP, Limits, record_once, review

LONGEST_NAME: Duration = 10.0
SHORTEST: Duration = 0.5
"""What is shorter is no greeting and no name."""

RECORD, REMOVE = "2", "3"
_TO_GO_BACK = Phrase("to-go-back")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """A recording that a subscriber makes of themself, and the words around it."""

    caption: str
    longest: Duration
    get: Callable[[str], Awaitable[AudioId | None]]
    put: Callable[[str, AudioId | None], Awaitable[None]]
    to_hear: str
    to_record: str
    invitation: str
    none_yet: str
    recorded: str
    removed: str


async def personal_options(call: Call, world: World, mailbox: Mailbox, dial_plan: DialPlan) -> None:
    """Offer the personal options until the subscriber goes back."""
    spoken = [Phrase("personal-options"), Phrase("option-greetings"), Phrase("option-pin")]
    while True:
        tries = dial_plan.input_failures
        match await choose(call, *spoken, _TO_GO_BACK, choices="023*", tries=tries):
            case "2":
                await _recordings(call, world, mailbox, dial_plan)
            case "3":
                await choose_new_pin(call, world, mailbox, tries)
            case "0":
                continue
            case _:
                return


async def _recordings(call: Call, world: World, mailbox: Mailbox, dial_plan: DialPlan) -> None:
    spoken = [Phrase("greetings-greeting"), Phrase("greetings-name"), _TO_GO_BACK]
    tries = dial_plan.input_failures
    match await choose(call, *spoken, choices="13*", tries=tries):
        case "1":
            longest = policy_of(world, mailbox).max_greeting
            await _edit(call, world, mailbox, dial_plan, _greeting(world, longest))
        case "3":
            await _edit(call, world, mailbox, dial_plan, _name(world))
        case _:
            return


def _greeting(world: World, longest: Duration) -> _Own:
    return _Own(
        caption="your greeting",
        longest=longest,
        get=world.greetings.greeting,
        put=world.greetings.set_greeting,
        to_hear="option-hear-greeting",
        to_record="option-record-greeting",
        invitation="record-greeting",
        none_yet="greeting-is-standard",
        recorded="greeting-recorded",
        removed="greeting-removed",
    )


def _name(world: World) -> _Own:
    return _Own(
        caption="your name",
        longest=LONGEST_NAME,
        get=world.greetings.spoken_name,
        put=world.greetings.set_spoken_name,
        to_hear="option-hear-name",
        to_record="option-record-name",
        invitation="record-name",
        none_yet="name-not-recorded",
        recorded="name-recorded",
        removed="name-removed",
    )


async def _edit(call: Call, world: World, mailbox: Mailbox, dial_plan: DialPlan, own: _Own) -> None:
    """Offer to hear, record and remove one recording until the subscriber goes back."""
    while True:
        present = await own.get(mailbox.extension)
        names = (own.to_hear, own.to_record, "option-remove")
        spoken = [Phrase(name) for name in (names if present else (own.none_yet, own.to_record))]
        keys = HEAR + RECORD + REMOVE if present else RECORD
        tries = dial_plan.input_failures
        key = await choose(call, *spoken, _TO_GO_BACK, choices=keys + STAR, tries=tries)
        if key == HEAR and present:
            await call.play(Recorded(audio=present, caption=own.caption), keys)
        elif key == RECORD:
            await _record(call, world, mailbox, dial_plan, own)
        elif key == REMOVE:
            await own.put(mailbox.extension, None)
            await call.say(Phrase(own.removed))
        else:
            return


async def _record(
    call: Call, world: World, mailbox: Mailbox, dial_plan: DialPlan, own: _Own
) -> None:
    """Record until the subscriber is content; only then the old recording is replaced."""
    silence = dial_plan.recording_silence
    limits = Limits(longest=own.longest, silence=silence, shortest=SHORTEST)
    for _ in range(dial_plan.input_failures):
        key = await _record_and_keep(call, world, mailbox, own, limits)
        if key == KEEP:
            await call.say(Phrase(own.recorded))
        if key != AGAIN:
            return


async def _record_and_keep(
    call: Call, world: World, mailbox: Mailbox, own: _Own, limits: Limits
) -> str | None:
    audio = await world.audio.create()
    is_kept = False
    try:
        await call.say(Phrase(own.invitation))
        key = await _decide(call, audio, own, limits)
        if key == KEEP:
            await own.put(mailbox.extension, audio)
            is_kept = True
        return key
    finally:
        if not is_kept:
            await world.audio.delete(audio)


async def _decide(call: Call, audio: AudioId, own: _Own, limits: Limits) -> str | None:
    if await record_once(call, audio, limits) < limits.shortest:
        await call.say(Phrase("recording-too-short"))
        return AGAIN
    heard = Recorded(audio=audio, caption=own.caption)
    names = ("recording-keep", "recording-hear", "recording-again")
    spoken = [Phrase(name) for name in names]
    return await review(call, heard, *spoken, _TO_GO_BACK, keys=KEEP + AGAIN + STAR, tries=3)

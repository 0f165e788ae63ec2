"""Call answering: the greeting, the tone, the message, and what the caller may do with it.

Keys during the greeting: ``#`` the tone at once, ``0`` the operator, ``*`` the owner logs on.
After the recording: ``#`` sends, ``1`` hears, ``2`` records again, ``3`` marks as urgent or no
longer. Whoever hangs up has sent.
"""

from enum import Enum, auto

from umbel.core.errors import Unavailable
from umbel.core.event_catalogue import MESSAGE_NOT_TAKEN
from umbel.directory.objects import Mailbox
from umbel.speech.phrase import Phrase, Recorded, Spoken
from umbel.um.call import Call
from umbel.um.person import policy_of, spoken_name
from umbel.um.places import AtMailbox, AtSubscriberAccess, Onward, Over
from umbel.um.world import World

from .asking import STAR, goodbye
from .connecting import connect_operator
from .draft import Draft, Fate, drafting
from .recording import AGAIN, KEEP, Limits, record_once, review

URGENT = "3"
OPERATOR = "0"

_FATES = {
    Fate.SENT: "message-sent",
    Fate.DELAYED: "message-delayed",
    Fate.DISCARDED: "message-not-sent",
}


class _Wish(Enum):
    """What is to happen to a recording."""

    SEND = auto()
    AGAIN = auto()
    TOO_SHORT = auto()


async def answer(call: Call, world: World, place: AtMailbox) -> Onward:
    """Answer for a subscriber: greet, and take a message."""
    call.milestone("answering.greeted", mailbox=place.mailbox.extension)
    greeting = await _greeting(world, place.mailbox)
    key = await call.ask(*greeting, keys=OPERATOR + STAR + "#", within=0)
    if key == STAR:
        return AtSubscriberAccess(place.mailbox, place.dial_plan)
    if key == OPERATOR:
        operator = place.mailbox.operator or place.dial_plan.operator
        reached = await connect_operator(call, operator)
        if reached is not None:
            return reached
        await call.say(Phrase("leave-message"))
    return await _take_message_while_possible(call, world, place)


async def _greeting(world: World, mailbox: Mailbox) -> tuple[Spoken, ...]:
    """Give the personal greeting, else the standard one, also while the store is down."""
    name = await spoken_name(world, mailbox)
    try:
        recording = await world.greetings.greeting(mailbox.extension)
    except Unavailable:
        recording = None
    if recording is not None:
        caption = f"greeting of {mailbox.name}"
        return Recorded(audio=recording, caption=caption), Phrase("when-finished")
    standard = Phrase("greeting-standard", {"name": name})
    return standard, Phrase("leave-message"), Phrase("when-finished")


async def _take_message_while_possible(call: Call, world: World, place: AtMailbox) -> Over:
    try:
        return await _take_message(call, world, place)
    except Unavailable as error:
        call.milestone("message.not-taken", reason=str(error))
        call.tell(MESSAGE_NOT_TAKEN, mailbox=place.mailbox.extension, reason=str(error))
        await call.say(Phrase("mailbox-unavailable"), Phrase("try-later"))
        return await goodbye(call)


async def _take_message(call: Call, world: World, place: AtMailbox) -> Over:
    """Record until the caller is content, or has said nothing too often."""
    plan, shortest = place.dial_plan, policy_of(world, place.mailbox).shortest_message
    limits = Limits(longest=plan.max_recording, silence=plan.recording_silence, shortest=shortest)
    too_short = 0
    while too_short < plan.input_failures:
        async with drafting(call, world, place.mailbox, shortest) as draft:
            wish = await _speak(call, world, draft, limits, plan.input_failures)
            draft.is_unwanted = wish is not _Wish.SEND
        if wish is _Wish.SEND:
            await call.say(Phrase(_FATES[draft.fate]))
            break
        if wish is _Wish.TOO_SHORT:
            too_short += 1
            await call.say(Phrase("message-too-short"))
        await call.say(Phrase("leave-message"))
    return await goodbye(call)


async def _speak(call: Call, world: World, draft: Draft, limits: Limits, tries: int) -> _Wish:
    spoken = await record_once(call, draft.message.audio, limits)
    if spoken < limits.shortest:
        return _Wish.TOO_SHORT
    heard = Recorded(audio=draft.message.audio, caption="your message")
    said: tuple[Spoken, ...] = ()
    while True:
        choices = (*said, *_choices(draft))
        match await review(call, heard, *choices, keys=KEEP + AGAIN + URGENT, tries=tries):
            case "2":
                return _Wish.AGAIN
            case "3":
                await draft.toggle_urgency(world)
                said = (Phrase("marked-urgent" if draft.is_urgent else "unmarked-urgent"),)
            case _:
                return _Wish.SEND


def _choices(draft: Draft) -> tuple[Spoken, ...]:
    urgency = "after-unmark-urgent" if draft.is_urgent else "after-mark-urgent"
    names = ("after-send", "recording-hear", "recording-again", urgency)
    return tuple(Phrase(name) for name in names)

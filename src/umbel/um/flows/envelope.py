"""The envelope of a message: which it is, when it came and from whom."""

from collections.abc import Mapping

from umbel.mailbox.message import Caller, Importance, Message, MessageState
from umbel.speech.phrase import Name, Phrase
from umbel.um.person import spoken_name
from umbel.um.world import World

_KINDS: Mapping[MessageState, str] = {
    MessageState.NEW: "new-message",
    MessageState.SAVED: "saved-message",
    MessageState.DELETED: "deleted-message",
}
"""A message that is still being recorded is in no list."""


async def envelope(world: World, message: Message, number: int) -> tuple[Phrase, ...]:
    """Give everything that is said before a message is played."""
    spoken = [Phrase("message-number", {"number": number}), Phrase(_KINDS[message.state])]
    if message.importance is Importance.HIGH:
        spoken.append(Phrase("urgent"))
    spoken.append(await _origin(world, message))
    if message.was_interrupted:
        spoken.append(Phrase("interrupted"))
    return tuple(spoken)


async def sender_of(world: World, message: Message) -> Name:
    """Name the sender: a subscriber, else the name that came with the call, else the number."""
    mailboxes = world.configuration().mailboxes
    subscriber = mailboxes.get(message.caller.mailbox or "")
    if subscriber is not None:
        return await spoken_name(world, subscriber)
    return Name(text=message.caller.name or message.caller.number or "an unknown caller")


async def _origin(world: World, message: Message) -> Phrase:
    caller, time = message.caller, message.received
    if caller.mailbox or caller.name:
        return Phrase("envelope", {"time": time, "name": await sender_of(world, message)})
    if _is_number(caller):
        return Phrase("envelope-number", {"time": time, "number": caller.number})
    return Phrase("envelope-unknown", {"time": time})


def _is_number(caller: Caller) -> bool:
    return caller.number.lstrip("+").isdecimal()

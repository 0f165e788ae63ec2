"""A message while it is being spoken: sent or discarded, whatever becomes of the call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

from umbel.core.errors import Unavailable
from umbel.core.event_catalogue import MESSAGE_DELIVERED
from umbel.core.instants import Duration
from umbel.directory.objects import Mailbox
from umbel.mailbox.message import Importance, Message, MessageGone
from umbel.um.call import Call
from umbel.um.world import World


class Fate(StrEnum):
    """What became of a draft."""

    SENT = "sent"
    DISCARDED = "discarded"
    DELAYED = "delayed"
    """The store failed: it stays in state RECORDING, and is delivered when unfinished ones are."""


class Draft:
    """One message that is durable from before its first word."""

    def __init__(self, message: Message, shortest: Duration) -> None:
        self.message = message
        self.importance = Importance.NORMAL
        self.is_unwanted = False
        """The caller said nothing, or wants to speak it anew."""
        self.fate = Fate.DISCARDED
        """Known once the block of ``drafting`` was left."""
        self._shortest = shortest

    @property
    def is_urgent(self) -> bool:
        """Whether the caller marked it so."""
        return self.importance is Importance.HIGH

    async def toggle_urgency(self, world: World) -> None:
        """Mark it as urgent, or no longer; the store is told again when it is sent."""
        self.importance = Importance.NORMAL if self.is_urgent else Importance.HIGH
        with suppress(Unavailable):
            await world.messages.set_importance(self.message.id, self.importance)

    async def settle(self, world: World) -> Duration:
        """Send or discard it; gives its length. The store is asked, which knows what it has."""
        duration = await world.audio.duration(self.message.audio)
        if self.is_unwanted or duration < self._shortest:
            await world.messages.discard(self.message.id)
            self.fate = Fate.DISCARDED
        else:
            await world.messages.deliver(self.message.id, duration, self.importance)
            self.fate = Fate.SENT
        return duration


@asynccontextmanager
async def drafting(
    call: Call, world: World, mailbox: Mailbox, shortest: Duration
) -> AsyncIterator[Draft]:
    """Begin a message; on leaving, by hang-up as well, it is sent unless it is unwanted or short."""
    message = await world.messages.begin(mailbox.extension, call.caller, call.id)
    call.milestone("message.begun", mailbox=mailbox.extension, message=message.id)
    draft = Draft(message, shortest)
    try:
        yield draft
    finally:
        await _settle(call, world, draft)


async def _settle(call: Call, world: World, draft: Draft) -> None:
    mailbox = draft.message.mailbox
    try:
        seconds = round(await draft.settle(world), 1)
    except MessageGone:  # Its mailbox was removed meanwhile.
        seconds = 0.0
    except Unavailable as error:
        draft.fate = Fate.DELAYED
        call.milestone("message.delayed", mailbox=mailbox, reason=str(error))
        return
    call.milestone(f"message.{draft.fate.value}", mailbox=mailbox, seconds=seconds)
    if draft.fate is Fate.SENT:
        call.tell(MESSAGE_DELIVERED, mailbox=mailbox, seconds=seconds)

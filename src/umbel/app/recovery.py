"""Messages whose call is over and that are not delivered yet: none of them is lost."""

from collections.abc import Callable, Collection
from typing import Protocol

import structlog

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Unavailable
from umbel.core.events import EventKind, Events, Field
from umbel.core.instants import Duration
from umbel.mailbox.message import Message, MessageGone
from umbel.mailbox.ports import Audio, Messages

FINISH_EVERY: Duration = 30.0
"""Seconds between two looks for messages that the store could not take when they were spoken."""


class Recovery:
    """Finishes the messages of *node* that nobody finishes any more."""

    def __init__(self, node: str, messages: Messages, audio: Audio, events: Events) -> None:
        self._node = node
        self._messages = messages
        self._audio = audio
        self._events = events
        self._log = structlog.get_logger("umbel")

    async def deliver_interrupted(self) -> None:
        """Deliver what was being spoken when the node stopped; no call may live yet."""
        for message in await self._messages.unfinished(self._node):
            await self._finish(message, self._as_interrupted)

    async def deliver_delayed(self, live_calls: Callable[[], Collection[str]]) -> None:
        """Deliver what the store did not take at the end of its call."""
        # Those that end meanwhile deliver their messages by themselves, and others begin.
        live = set(live_calls())
        unfinished = await self._messages.unfinished(self._node)
        live.update(live_calls())
        for message in unfinished:
            if message.call not in live:
                await self._finish(message, self._as_whole)

    async def _finish(self, message: Message, deliver: "_Deliver") -> None:
        """Deliver a message; one that cannot be delivered now keeps no other from it."""
        try:
            duration = await self._audio.duration(message.audio)
            if duration:
                await deliver(message, duration)
            else:
                await self._messages.discard(message.id)
        except (Unavailable, MessageGone) as error:
            self._log.warning("a message waits", message=message.id, reason=str(error))

    async def _as_interrupted(self, message: Message, duration: Duration) -> None:
        await self._messages.deliver_interrupted(message.id, duration)
        self._tell(catalogue.MESSAGE_INTERRUPTED, message, duration, lost_node=self._node)

    async def _as_whole(self, message: Message, duration: Duration) -> None:
        await self._messages.deliver(message.id, duration, message.importance)
        self._tell(catalogue.MESSAGE_DELIVERED, message, duration, call=message.call)

    def _tell(self, kind: EventKind, message: Message, duration: Duration, **fields: Field) -> None:
        self._events.tell(
            kind,
            mailbox=message.mailbox,
            caller=message.caller.number or "anonymous",
            seconds=round(duration, 1),
            **fields,
        )


class _Deliver(Protocol):
    """A way to deliver a message of some seconds."""

    async def __call__(self, message: Message, duration: Duration, /) -> None: ...

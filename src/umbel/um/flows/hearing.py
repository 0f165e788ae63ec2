"""Hearing messages: one subscriber going through their new messages and then the saved ones.

While a message plays: ``1`` back 5 s, ``2`` pause, ``3`` forward 5 s, ``33`` to the end. After it:
``1`` from the beginning, ``33`` end the call. Always: ``#`` next, ``11`` previous, ``7`` delete
and undelete, ``9`` mark as new, ``5`` save, ``0`` the choices, ``00`` more of them: ``00 1`` from
the beginning, ``00 2`` call the sender, ``00 5`` the envelope, and ``*`` the main menu.
A new message that was heard to its end is saved, unless it was marked as new.

Not there yet: ``##`` next unread, ``8`` and ``00 88`` reply, ``4`` slower, ``6`` faster, ``00 6``
forward, ``00 44`` flag, ``00 55`` language, ``00 77`` and ``00 99`` for conversations.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from enum import Enum, auto

from umbel.core.instants import Duration
from umbel.directory.objects import DialPlan, Mailbox
from umbel.mailbox.message import Message, MessageGone, MessageId, MessageState
from umbel.speech.phrase import Phrase, Recorded
from umbel.um.call import Call
from umbel.um.person import called_back_at
from umbel.um.places import Onward
from umbel.um.world import World

from .asking import (
    NOT_A_CHOICE,
    PATIENCE,
    STILL_THERE,
    complete,
    first_keys,
    goodbye,
)
from .connecting import connect_named
from .envelope import envelope, sender_of

A_SKIP: Duration = 5.0
"""How far ``1`` and ``3`` go."""

LONGEST_PAUSE: Duration = 60.0
"""Then a paused message goes on."""


class _Move(Enum):
    """Where to go from a message."""

    NEXT = auto()
    PREVIOUS = auto()
    LEAVE = auto()


_Step = _Move | Onward | None
"""What a key leads to; ``None``: this message still."""


async def hear_messages(
    call: Call, world: World, mailbox: Mailbox, dial_plan: DialPlan
) -> Onward | None:
    """Go through the messages of a mailbox; ``None``: the subscriber is back at the main menu."""
    new = await world.messages.of_mailbox(mailbox.extension, MessageState.NEW)
    saved = await world.messages.of_mailbox(mailbox.extension, MessageState.SAVED)
    messages = [*new, *saved]
    if not messages:
        await call.say(Phrase("no-messages"))
        return None
    return await Hearing(call, world, dial_plan, messages).go_through()


class Hearing:
    """A subscriber, a list of messages, and a place in one of them."""

    def __init__(
        self, call: Call, world: World, dial_plan: DialPlan, messages: list[Message]
    ) -> None:
        self._call = call
        self._world = world
        self._dial_plan = dial_plan
        self._messages = messages
        self._index = 0
        self._position: Duration = 0.0
        self._is_playing = True
        self._pressed = ""
        """Keys that were pressed but not yet followed."""
        self._silences = 0
        self._marked_new: set[MessageId] = set()
        self._before_deletion: dict[MessageId, MessageState] = {}

    async def go_through(self) -> Onward | None:
        """Play one after another; ``None``: the subscriber is back at the main menu."""
        while self._index < len(self._messages):
            try:
                step = await self._hear()
            except MessageGone:
                await self._drop()
                continue
            match step:
                case _Move.NEXT:
                    self._index += 1
                case _Move.PREVIOUS:
                    await self._go_back()
                case _Move.LEAVE:
                    return None
                case _:
                    return step
            self._position = 0.0
        await self._call.say(Phrase("no-more-messages"))
        return None

    @property
    def _message(self) -> Message:
        return self._messages[self._index]

    async def _drop(self) -> None:
        """Forget a message that was removed meanwhile, by another call of the subscriber."""
        del self._messages[self._index]
        self._position = 0.0
        await self._tell("message-gone")

    async def _go_back(self) -> None:
        if self._index == 0:
            await self._call.say(Phrase("no-previous-message"))
        self._index = max(0, self._index - 1)

    async def _hear(self) -> _Move | Onward:
        """Stay with one message until a key leads elsewhere."""
        message = self._message
        self._call.milestone("message.playing", message=message.id, since=self._position)
        self._is_playing = True
        if not self._position:
            await self._say_envelope()
        if not await self._world.audio.duration(message.audio):
            await self._tell("audio-missing")
        while True:
            pressed, self._pressed = self._pressed, ""
            pressed = pressed or (await self._listen() if self._is_playing else await self._ask())
            step = await self._press(pressed) if pressed else self._after_silence()
            if step is not None:
                return step

    async def _say_envelope(self) -> None:
        spoken = await envelope(self._world, self._message, self._index + 1)
        key = await self._call.ask(*spoken, keys=_FIRST_KEYS, within=0)
        self._pressed = key or ""

    async def _listen(self) -> str:
        """Play on; give the key that stopped it, or nothing at the message's end."""
        message = self._message
        caption = f"message from {(await sender_of(self._world, message)).text}"
        audio = Recorded(audio=message.audio, caption=caption, since=self._position)
        played = await self._call.play(audio, _FIRST_KEYS)
        self._position = played.position
        if played.key is None:
            await self._finish()
        return played.key or ""

    async def _finish(self) -> None:
        """The end was reached: what was new is now saved."""
        self._is_playing = False
        message = self._message
        if message.state is MessageState.NEW and message.id not in self._marked_new:
            await self._mark(MessageState.SAVED)

    async def _ask(self) -> str:
        key = await self._call.ask(*self._menu(), keys=_FIRST_KEYS, within=PATIENCE)
        if key is None:
            self._silences += 1
            await self._call.say(STILL_THERE)
        return key or ""

    def _menu(self) -> Iterator[Phrase]:
        yield from map(Phrase, (*_MENUS[self._message.state], *_AFTER_MENU))

    def _after_silence(self) -> _Move | None:
        """Leave a subscriber who does not answer to the main menu, which ends the call."""
        given_up = self._silences >= self._dial_plan.input_failures
        return _Move.LEAVE if given_up else None

    async def _press(self, pressed: str) -> _Step:
        """Follow the longest choice that was pressed; a key too many begins the next one."""
        self._silences = 0
        pressed = await complete(self._call, pressed, _ACTIONS)
        choice = max((each for each in _ACTIONS if pressed.startswith(each)), key=len, default="")
        if not choice:
            return await self._refuse()
        self._pressed = pressed.removeprefix(choice)
        return await _ACTIONS[choice](self)

    async def _refuse(self) -> _Step:
        await self._call.say(NOT_A_CHOICE)
        return None

    async def _next(self) -> _Step:
        return _Move.NEXT

    async def _previous(self) -> _Step:
        return _Move.PREVIOUS

    async def _leave(self) -> _Step:
        return _Move.LEAVE

    async def _back(self) -> _Step:
        self._position = max(0.0, self._position - A_SKIP) if self._is_playing else 0.0
        self._is_playing = True
        return None

    async def _forward(self) -> _Step:
        if not self._is_playing:
            return await self._refuse()
        self._position += A_SKIP
        if self._position >= await self._world.audio.duration(self._message.audio):
            await self._finish()
        return None

    async def _end(self) -> _Step:
        if not self._is_playing:
            return await goodbye(self._call)
        await self._finish()
        return None

    async def _pause(self) -> _Step:
        if not self._is_playing:
            return await self._refuse()
        key = await self._call.ask(Phrase("paused"), keys=_FIRST_KEYS, within=LONGEST_PAUSE)
        self._pressed = "" if key is None or key == "2" else key
        return None

    async def _from_start(self) -> _Step:
        self._position, self._is_playing = 0.0, True
        return None

    async def _delete(self) -> _Step:
        message = self._message
        if message.state is MessageState.DELETED:
            await self._mark(self._before_deletion.pop(message.id))
            await self._tell("undeleted")
        else:
            self._before_deletion[message.id] = message.state
            await self._mark(MessageState.DELETED)
            await self._tell("deleted")
        return None

    async def _save(self) -> _Step:
        self._marked_new.discard(self._message.id)
        await self._mark(MessageState.SAVED)
        await self._tell("saved")
        return None

    async def _mark_new(self) -> _Step:
        self._marked_new.add(self._message.id)
        await self._mark(MessageState.NEW)
        await self._tell("kept-as-new")
        return None

    async def _choices(self) -> _Step:
        self._is_playing = False
        return None

    async def _more_choices(self) -> _Step:
        self._is_playing = False
        key = self._pressed or await self._call.ask(
            *map(Phrase, _MORE_CHOICES), keys=_FIRST_KEYS, within=PATIENCE
        )
        continued = f"00{key}"
        self._pressed = continued if continued in _ACTIONS else key or ""
        return None

    async def _repeat_envelope(self) -> _Step:
        await self._say_envelope()
        return None

    async def _call_sender(self) -> _Step:
        target = called_back_at(self._world, self._message.caller, self._dial_plan)
        if target is None:
            await self._tell("cannot-call-sender")
            return None
        self._is_playing = False
        name = await sender_of(self._world, self._message)
        return await connect_named(self._call, target, name, announced="calling-sender")

    async def _tell(self, phrase: str) -> None:
        self._is_playing = False
        await self._call.say(Phrase(phrase))

    async def _mark(self, state: MessageState) -> None:
        message = self._message
        await self._world.messages.mark(message.id, state)
        self._messages[self._index] = replace(message, state=state)
        self._call.milestone("message.marked", message=message.id, state=state.value)


_ACTIONS: Mapping[str, Callable[[Hearing], Awaitable[_Step]]] = {
    "#": Hearing._next,
    "11": Hearing._previous,
    "*": Hearing._leave,
    "1": Hearing._back,
    "2": Hearing._pause,
    "3": Hearing._forward,
    "33": Hearing._end,
    "5": Hearing._save,
    "7": Hearing._delete,
    "9": Hearing._mark_new,
    "0": Hearing._choices,
    "00": Hearing._more_choices,
    "001": Hearing._from_start,
    "002": Hearing._call_sender,
    "005": Hearing._repeat_envelope,
}
_FIRST_KEYS = first_keys(_ACTIONS)
_MENUS: Mapping[MessageState, tuple[str, ...]] = {
    MessageState.NEW: (
        "message-menu-again",
        "message-menu-delete",
        "message-menu-mark-new",
        "message-menu-save",
    ),
    MessageState.SAVED: ("message-menu-again", "message-menu-delete", "message-menu-mark-new"),
    MessageState.DELETED: ("message-menu-again", "message-menu-undelete"),
}
_AFTER_MENU = (
    "message-menu-next",
    "message-menu-more",
    "message-menu-previous",
    "message-menu-keys",
)
_MORE_CHOICES = ("message-menu-from-start", "message-menu-call-sender", "message-menu-envelope")

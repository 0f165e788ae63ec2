"""The mailbox ports in memory, for flows under test: they keep the rules of the real stores."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from umbel.core.errors import Misuse, Unavailable
from umbel.core.instants import Duration
from umbel.mailbox.message import (
    AudioId,
    Caller,
    Importance,
    Message,
    MessageGone,
    MessageId,
    MessageState,
)
from umbel.mailbox.pin import PinState

BYTES_A_SECOND = 16_000
"""16-bit linear, 8000 samples a second."""

RECEIVED = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
"""When every message of the double comes: the 150th birthday of the telephone."""


class Switch:
    """Whether the store can be reached."""

    def __init__(self) -> None:
        self.is_down = False

    @contextmanager
    def down(self) -> Iterator[None]:
        """Have everything raise ``Unavailable`` for a while."""
        self.is_down = True
        try:
            yield
        finally:
            self.is_down = False

    def check(self) -> None:
        """Raise while the store is down."""
        if self.is_down:
            raise Unavailable("the store of the test is down")


@dataclass
class MemoryAudio:
    """``mailbox.ports.Audio``."""

    switch: Switch = field(default_factory=Switch)
    kept: dict[AudioId, bytes] = field(default_factory=dict)
    _made: int = 0

    async def create(self) -> AudioId:
        """Reserve an empty stretch."""
        self.switch.check()
        self._made += 1
        audio = AudioId(f"audio-{self._made}")
        self.kept[audio] = b""
        return audio

    async def append(self, audio: AudioId, samples: bytes) -> None:
        """Add to what was reserved."""
        self.switch.check()
        self.kept[audio] += samples

    async def read(self, audio: AudioId) -> bytes:
        """Give all of it."""
        self.switch.check()
        return self.kept.get(audio, b"")

    async def duration(self, audio: AudioId) -> Duration:
        """Give its length."""
        return len(await self.read(audio)) / BYTES_A_SECOND

    async def delete(self, audio: AudioId) -> None:
        """Remove it."""
        self.switch.check()
        self.kept.pop(audio, None)


@dataclass
class MemoryMessages:
    """``mailbox.ports.Messages``."""

    audio: MemoryAudio
    kept: dict[MessageId, Message] = field(default_factory=dict)
    _made: int = 0

    async def begin(self, mailbox: str, caller: Caller, call: str) -> Message:
        """Create one in state RECORDING."""
        self.audio.switch.check()
        self._made += 1
        message = Message(
            id=MessageId(f"message-{self._made}"),
            mailbox=mailbox,
            caller=caller,
            received=RECEIVED,
            state=MessageState.RECORDING,
            audio=await self.audio.create(),
            duration=0.0,
            call=call,
        )
        self.kept[message.id] = message
        return message

    async def deliver(
        self, message: MessageId, duration: Duration, importance: Importance
    ) -> Message:
        """Make it NEW; delivering twice is a fault of the flow."""
        if self._find(message).state is not MessageState.RECORDING:
            raise Misuse(f"{message} was delivered twice")
        return self._change(
            message, state=MessageState.NEW, duration=duration, importance=importance
        )

    async def set_importance(self, message: MessageId, importance: Importance) -> None:
        """Keep what the caller says of it while it is RECORDING."""
        self.audio.switch.check()
        kept = self.kept.get(message)
        if kept is not None and kept.state is MessageState.RECORDING:
            self._change(message, importance=importance)

    async def deliver_interrupted(self, message: MessageId, duration: Duration) -> Message:
        """Make it NEW, marked as interrupted."""
        return self._change(
            message, state=MessageState.NEW, duration=duration, was_interrupted=True
        )

    async def discard(self, message: MessageId) -> None:
        """Remove it and its audio; removing what is not there is no error."""
        self.audio.switch.check()
        if message in self.kept:
            await self.audio.delete(self.kept.pop(message).audio)

    async def of_mailbox(self, mailbox: str, *states: MessageState) -> list[Message]:
        """List them, urgent first."""
        self.audio.switch.check()
        found = [
            message
            for message in self.kept.values()
            if message.mailbox == mailbox and message.state in states
        ]
        return sorted(found, key=lambda message: message.importance is not Importance.HIGH)

    async def get(self, message: MessageId) -> Message | None:
        """Find one."""
        self.audio.switch.check()
        return self.kept.get(message)

    async def mark(self, message: MessageId, state: MessageState) -> None:
        """Move it."""
        self._change(message, state=state)

    async def purge(self, mailbox: str) -> None:
        """Remove what is DELETED."""
        for message in await self.of_mailbox(mailbox, MessageState.DELETED):
            await self.discard(message.id)

    async def unfinished(self, node: str) -> list[Message]:
        """List what is still RECORDING, whoever records it."""
        self.audio.switch.check()
        states = (MessageState.RECORDING,)
        return [message for message in self.kept.values() if message.state in states]

    def _change(self, message: MessageId, **fields: Any) -> Message:
        self.kept[message] = changed = replace(self._find(message), **fields)
        return changed

    def _find(self, message: MessageId) -> Message:
        self.audio.switch.check()
        if message not in self.kept:
            raise MessageGone(message)
        return self.kept[message]


@dataclass
class MemoryGreetings:
    """``mailbox.ports.Greetings``."""

    audio: MemoryAudio
    greetings: dict[str, AudioId] = field(default_factory=dict)
    names: dict[str, AudioId] = field(default_factory=dict)

    async def greeting(self, mailbox: str) -> AudioId | None:
        """Give the personal greeting."""
        self.audio.switch.check()
        return self.greetings.get(mailbox)

    async def set_greeting(self, mailbox: str, audio: AudioId | None) -> None:
        """Replace it."""
        await self._replace(self.greetings, mailbox, audio)

    async def spoken_name(self, mailbox: str) -> AudioId | None:
        """Give the recorded name."""
        self.audio.switch.check()
        return self.names.get(mailbox)

    async def set_spoken_name(self, mailbox: str, audio: AudioId | None) -> None:
        """Replace it."""
        await self._replace(self.names, mailbox, audio)

    async def _replace(self, kept: dict[str, AudioId], mailbox: str, audio: AudioId | None) -> None:
        former = kept.pop(mailbox, None)
        if former is not None:
            await self.audio.delete(former)
        if audio is not None:
            kept[mailbox] = audio


@dataclass
class MemoryPins:
    """``mailbox.ports.Pins``, where others may get in between."""

    switch: Switch
    states: dict[str, PinState] = field(default_factory=dict)
    meanwhile: list[PinState] = field(default_factory=list)
    """States that another call stores just before the next ``replace``."""

    async def state(self, mailbox: str) -> PinState:
        """Give the state."""
        self.switch.check()
        return self.states.get(mailbox, PinState())

    async def replace(self, mailbox: str, expected: PinState, new: PinState) -> bool:
        """Compare and set."""
        self.switch.check()
        if self.meanwhile:
            self.states[mailbox] = self.meanwhile.pop(0)
        if self.states.get(mailbox, PinState()) != expected:
            return False
        self.states[mailbox] = new
        return True


class ReadableHasher:
    """``mailbox.ports.PinHasher`` whose hashes can be read in a test's failure."""

    async def hash(self, pin: str) -> str:
        """Give the PIN in brackets."""
        return f"hash({pin})"

    async def matches(self, hashed: str, pin: str) -> bool:
        """Compare."""
        return hashed == await self.hash(pin)


class MemoryStore:
    """All the ports, and one switch for them."""

    def __init__(self) -> None:
        self.switch = Switch()
        self.audio = MemoryAudio(self.switch)
        self.messages = MemoryMessages(self.audio)
        self.greetings = MemoryGreetings(self.audio)
        self.pins = MemoryPins(self.switch)
        self.hasher = ReadableHasher()

"""What flows and ``admin`` ask of the stores. Backends implement it; ``app`` chooses one."""

from typing import Protocol

from umbel.core.instants import Duration

from .message import AudioId, Caller, Importance, Message, MessageId, MessageState
from .pin import PinState

OCTETS_OF_A_SECOND = 16_000
"""Of recorded audio: 16-bit linear, 8000 samples a second, mono, little-endian."""


class Messages(Protocol):
    """Voice messages of all mailboxes. Every method may raise ``Unavailable``."""

    async def begin(self, mailbox: str, caller: Caller, call: str) -> Message:
        """Create a message in state RECORDING, ready to take audio; it is durable on return."""
        ...

    async def deliver(
        self, message: MessageId, duration: Duration, importance: Importance
    ) -> Message:
        """Make a recorded message NEW, for the subscriber; ``MessageGone`` where it was removed."""
        ...

    async def set_importance(self, message: MessageId, importance: Importance) -> None:
        """Keep what the caller says of a message that is being recorded, whoever delivers it."""
        ...

    async def discard(self, message: MessageId) -> None:
        """Remove a message and its audio for good (re-recorded, too short, or purged)."""
        ...

    async def of_mailbox(self, mailbox: str, *states: MessageState) -> list[Message]:
        """List a mailbox's messages in the given states, urgent before normal, oldest first."""
        ...

    async def get(self, message: MessageId) -> Message | None:
        """Find one message."""
        ...

    async def mark(self, message: MessageId, state: MessageState) -> None:
        """Move a message to NEW, SAVED or DELETED; ``MessageGone`` where it was removed."""
        ...

    async def purge(self, mailbox: str) -> None:
        """Remove the mailbox's DELETED messages and their audio for good."""
        ...

    async def unfinished(self, node: str) -> list[Message]:
        """List the messages that *node* left in state RECORDING, oldest first."""
        ...

    async def deliver_interrupted(self, message: MessageId, duration: Duration) -> Message:
        """Make the message NEW with what was spoken, marked as interrupted."""
        ...


class Audio(Protocol):
    """Recorded audio, 16-bit linear, 8000 samples a second, mono. All may raise ``Unavailable``."""

    async def create(self) -> AudioId:
        """Reserve a new, empty stretch of audio."""
        ...

    async def append(self, audio: AudioId, samples: bytes) -> None:
        """Add samples to the end; durable on return."""
        ...

    async def read(self, audio: AudioId) -> bytes:
        """Give all samples; empty where there are none."""
        ...

    async def duration(self, audio: AudioId) -> Duration:
        """Give its length in seconds."""
        ...

    async def delete(self, audio: AudioId) -> None:
        """Remove it; removing what is not there is no error."""
        ...


class Greetings(Protocol):
    """The recordings that a subscriber makes of themself."""

    async def greeting(self, mailbox: str) -> AudioId | None:
        """Give the personal greeting; ``None``: the standard one is said."""
        ...

    async def set_greeting(self, mailbox: str, audio: AudioId | None) -> None:
        """Replace or, with ``None``, remove it. The audio replaced is deleted."""
        ...

    async def spoken_name(self, mailbox: str) -> AudioId | None:
        """Give the recorded name; ``None``: it is synthesised or spelled."""
        ...

    async def set_spoken_name(self, mailbox: str, audio: AudioId | None) -> None:
        """Replace or remove it. The audio replaced is deleted."""
        ...


class Pins(Protocol):
    """PIN state of all mailboxes, shared by every node, so that failures count across calls."""

    async def state(self, mailbox: str) -> PinState:
        """Give the present state; a mailbox that never had a PIN has an empty one."""
        ...

    async def replace(self, mailbox: str, expected: PinState, new: PinState) -> bool:
        """Store *new* if the state is still *expected*; say whether it was."""
        ...


class PinHasher(Protocol):
    """Hashes PINs slowly on purpose (argon2), away from the event loop."""

    async def hash(self, pin: str) -> str:
        """Give a salted hash of *pin*."""
        ...

    async def matches(self, hashed: str, pin: str) -> bool:
        """Say whether *pin* is the one that *hashed* was made from."""
        ...

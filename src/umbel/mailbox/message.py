"""Voice messages as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from umbel.core.errors import UmbelError
from umbel.core.instants import Duration

MessageId = NewType("MessageId", str)
AudioId = NewType("AudioId", str)
"""Names one stretch of recorded audio in the audio store."""


class MessageState(StrEnum):
    """Where a message is in its life."""

    RECORDING = "recording"
    """Being spoken now; audio is appended about once a second."""
    NEW = "new"
    SAVED = "saved"
    DELETED = "deleted"
    """Can be undeleted until the subscriber hangs up and the clean-up has run."""


class Importance(StrEnum):
    """How urgent the caller said a message is."""

    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who called, as far as signalling told."""

    number: str = ""
    """The user part of the caller's address; empty: anonymous."""
    name: str = ""
    """The display name that came with the call."""
    uri: str = ""
    """The SIP address that came with the call: to be shown, not to be called."""
    mailbox: str | None = None
    """The caller's own mailbox, where the number or URI belongs to a subscriber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One voice message."""

    id: MessageId
    mailbox: str
    """The owner's first extension."""
    caller: Caller
    received: datetime
    """When the recording began, aware, UTC."""
    state: MessageState
    audio: AudioId
    duration: Duration
    importance: Importance = Importance.NORMAL
    was_interrupted: bool = False
    """The node stopped while it was being spoken; what was spoken is here."""
    call: str = ""
    """The call that left it, as ``umbel calls`` names it."""


class MessageGone(UmbelError):
    """A message was removed meanwhile: by another session of the subscriber, or its mailbox with it."""

    def __init__(self, message: MessageId) -> None:
        super().__init__(f"message {message} is no longer there")
        self.message = message

"""The things that a caller can be made to hear."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from umbel.core.instants import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A person or thing to be named: by its own recording, else synthesised, else spelled."""

    text: str
    recording: str | None = None
    """An audio id of the subscriber's own recording."""


SlotValue = int | str | datetime | Name
"""What a phrase's slot takes: a number, digits to be said one by one, a time, or a name."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the prompt data, with its slots filled: ``Phrase("new-messages", {"count": 3})``."""

    name: str
    slots: Mapping[str, SlotValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FreeText:
    """Text that an administrator wrote: synthesised, else spelled."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Audio that somebody recorded."""

    audio: str
    """An audio id, or the file name of an administrator's recording."""
    caption: str
    """What to show instead of it: "Greeting of Ada"."""
    since: Duration = 0.0
    """Where to begin, in seconds."""


@dataclass(frozen=True, slots=True)
class Beep:
    """The tone after which the caller speaks."""


Spoken = Phrase | FreeText | Name | Recorded | Beep
"""Anything that ``Call.say`` takes."""

"""Events: what an administrator should know, with a number, a level and structured fields.

Numbers are Exchange's where the meaning is the same, ours from 2000 on. The kinds that exist
stand in ``event_catalogue``; nothing else makes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from string import Formatter
from typing import Final, Protocol

OURS_FROM: Final = 2000
"""Numbers below are Exchange UM's."""

Field = str | int | float | bool | None
"""What a structured field may hold."""


class Level(StrEnum):
    """How urgent an event is."""

    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


class Category(StrEnum):
    """The part of the product that an event is about."""

    SYSTEM = "system"
    CALL = "call"
    CALL_ANSWERING = "call-answering"
    CALL_TRANSFER = "call-transfer"
    SUBSCRIBER_ACCESS = "subscriber-access"
    CONNECTIVITY = "connectivity"
    TLS = "tls"
    SIP = "sip"
    ADMINISTRATION = "administration"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind:
    """One row of the catalogue."""

    number: int
    level: Level
    category: Category
    sentence: str
    """English, with ``{field}`` where a field's value goes."""
    do: str
    """What an administrator does about it, with fields as in *sentence*; empty: nothing."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Give the names of the fields, in the order of the sentence and the cure."""
        parts = Formatter().parse(self.sentence + self.do)
        return tuple(dict.fromkeys(name for _text, name, _format, _conversion in parts if name))

    @property
    def is_exchanges(self) -> bool:
        """Say whether the number is one of Exchange UM, with the same meaning."""
        return self.number < OURS_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    kind: EventKind
    at: datetime
    node: str
    fields: Mapping[str, Field]

    @property
    def sentence(self) -> str:
        """Give the English sentence with the fields filled in."""
        return self.kind.sentence.format_map(self.fields)

    @property
    def cure(self) -> str:
        """Give what an administrator does about it, with the fields filled in."""
        return self.kind.do.format_map(self.fields)


class Events(Protocol):
    """Where events are told. Never fails and never waits: the caller has a call to serve."""

    def tell(self, kind: EventKind, **fields: Field) -> None:
        """Record that *kind* happened; every ``{field}`` of its sentence must be given."""
        ...

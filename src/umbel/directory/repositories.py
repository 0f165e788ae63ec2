"""What ``app`` and ``admin`` ask of the store about configuration, events, calls and nodes.

Every ``async`` method may raise ``Unavailable``. The others never fail and never wait: their
callers have a call to serve, and what could not be kept is told in the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from umbel.core.events import Event, Level

from .objects import Configured
from .ports import Configuration
from .records import CallRecord, NodeRecord


@dataclass(frozen=True, slots=True)
class Put:
    """Add an object, or replace the one of the same kind and name."""

    thing: Configured


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove an object. With a mailbox go its messages, greetings and PIN."""

    thing: Configured


Change = Put | Remove


class Configurations(Protocol):
    """Where the configured objects are kept."""

    async def load(self) -> Configuration:
        """Give everything as it is now."""
        ...

    async def revision(self) -> int:
        """Give the number that every change raises; cheap enough to ask every second."""
        ...

    async def apply(self, changes: Sequence[Change], *, expected: int | None = None) -> int:
        """
        Make all changes or none, and give the new revision.

        With *expected* nothing is done, and a ``Mistake`` raised, when somebody else changed
        the configuration since that revision.
        """
        ...


class EventLog(Protocol):
    """Where events are kept."""

    def append(self, event: Event) -> None:
        """Keep *event* soon."""
        ...

    async def query(
        self,
        *,
        number: int | None = None,
        level: Level | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Event]:
        """Give the newest *limit* events, oldest first: of that number, at least that urgent."""
        ...


class CallRecords(Protocol):
    """Where calls are kept, live and past."""

    def put(self, record: CallRecord) -> None:
        """Keep *record* soon, in place of what was kept about this call."""
        ...

    async def get(self, call: str) -> CallRecord | None:
        """Find one call."""
        ...

    async def live(self) -> list[CallRecord]:
        """Give the calls that have not ended, of all nodes, oldest first."""
        ...

    async def recent(self, limit: int = 100) -> list[CallRecord]:
        """Give the newest *limit* calls, live or past, newest first."""
        ...

    async def abandon(self, node: str, at: datetime, reason: str) -> int:
        """End the calls that *node* left behind when it stopped, and say how many they were."""
        ...


class Nodes(Protocol):
    """Which nodes there are."""

    async def beat(self, node: NodeRecord) -> None:
        """Record that *node* lives."""
        ...

    async def all(self) -> list[NodeRecord]:
        """Give all nodes by name."""
        ...

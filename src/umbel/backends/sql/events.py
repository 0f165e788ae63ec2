"""``directory.repositories.EventLog`` in a table."""

import itertools
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from umbel.core.event_catalogue import by_number
from umbel.core.events import Category, Event, EventKind, Level

from .database import Database
from .outbox import Outbox
from .schema import events

_AT_LEAST = {
    Level.INFORMATION: [level.value for level in Level],
    Level.WARNING: [Level.WARNING.value, Level.ERROR.value],
    Level.ERROR: [Level.ERROR.value],
}


class SqlEventLog:
    """Every event of all nodes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox[Event](
            database,
            lambda connection, told: connection.execute(insert(events), list(map(_row_of, told))),
        )
        self._numbers = itertools.count(1)

    def append(self, event: Event) -> None:
        """Keep *event* soon."""
        self._outbox.put(next(self._numbers), event, f"event {event.kind.number}")

    async def query(
        self,
        *,
        number: int | None = None,
        level: Level | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Event]:
        """Give the newest *limit* events, oldest first: of that number, at least that urgent."""
        query = select(events).order_by(events.c.at.desc(), events.c.position.desc()).limit(limit)
        if number is not None:
            query = query.where(events.c.number == number)
        if level is not None:
            query = query.where(events.c.level.in_(_AT_LEAST[level]))
        if since is not None:
            query = query.where(events.c.at >= since)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_event_of(row) for row in reversed(rows)]


def _row_of(event: Event) -> dict[str, object]:
    return {
        "number": event.kind.number,
        "level": event.kind.level.value,
        "category": event.kind.category.value,
        "at": event.at,
        "node": event.node,
        "fields": dict(event.fields),
        "sentence": event.sentence,
    }


def _event_of(row: Row[*tuple[Any, ...]]) -> Event:
    return Event(
        kind=by_number(row.number) or _unknown_kind(row),
        at=row.at,
        node=row.node,
        fields=row.fields,
    )


def _unknown_kind(row: Row[*tuple[Any, ...]]) -> EventKind:
    """Give the kind of an event that another version of Umbel knows, with its sentence as told."""
    return EventKind(
        number=row.number,
        level=Level(row.level),
        category=Category(row.category),
        sentence=row.sentence.replace("{", "{{").replace("}", "}}"),
        do="",
    )

"""``directory.repositories.CallRecords`` in a table."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, update

from umbel.directory.records import CallRecord, CallState, CallStatistics, Direction, Milestone

from .database import Database
from .outbox import Outbox
from .rows import put_rows
from .schema import calls

_AS_THEY_ARE = tuple(
    field.name
    for field in fields(CallRecord)
    if field.name not in ("direction", "state", "milestones", "statistics")
)


class SqlCallRecords:
    """Calls of all nodes, live and past."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox[CallRecord](
            database,
            lambda connection, records: put_rows(connection, calls, list(map(_row_of, records))),
        )

    def put(self, record: CallRecord) -> None:
        """Keep *record* soon, in place of what was kept about this call."""
        self._outbox.put(record.id, record, f"call {record.id}")

    async def get(self, call: str) -> CallRecord | None:
        """Find one call."""
        found = await self._list(select(calls).where(calls.c.id == call))
        return found[0] if found else None

    async def live(self) -> list[CallRecord]:
        """Give the calls that have not ended, of all nodes, oldest first."""
        is_live = calls.c.state != CallState.ENDED.value
        return await self._list(select(calls).where(is_live).order_by(calls.c.started, calls.c.id))

    async def recent(self, limit: int = 100) -> list[CallRecord]:
        """Give the newest *limit* calls, live or past, newest first."""
        newest_first = (calls.c.started.desc(), calls.c.id)
        return await self._list(select(calls).order_by(*newest_first).limit(limit))

    async def abandon(self, node: str, at: datetime, reason: str) -> int:
        """
        End the calls that *node* left behind when it stopped, and say how many they were.

        With SQLite the name of the node does not matter, as with unfinished messages.
        """
        change = update(calls).where(calls.c.state != CallState.ENDED.value)
        if not self._database.is_sqlite:
            change = change.where(calls.c.node == node)
        ended = change.values(state=CallState.ENDED.value, ended=at, reason=reason)
        return await self._database.write(lambda connection: connection.execute(ended).rowcount)

    async def _list(self, query: Select[*tuple[Any, ...]]) -> list[CallRecord]:
        return await self._database.read(
            lambda connection: [_record_of(row) for row in connection.execute(query)]
        )


def _row_of(record: CallRecord) -> dict[str, Any]:
    milestones = [
        {"at": milestone.at.isoformat(), "name": milestone.name, "fields": dict(milestone.fields)}
        for milestone in record.milestones
    ]
    return {name: getattr(record, name) for name in _AS_THEY_ARE} | {
        "direction": record.direction.value,
        "state": record.state.value,
        "milestones": milestones,
        "statistics": None if record.statistics is None else asdict(record.statistics),
    }


def _record_of(row: Row[*tuple[Any, ...]]) -> CallRecord:
    milestones = tuple(
        Milestone(at=datetime.fromisoformat(it["at"]), name=it["name"], fields=it["fields"])
        for it in row.milestones
    )
    return CallRecord(
        **{name: row._mapping[name] for name in _AS_THEY_ARE},
        direction=Direction(row.direction),
        state=CallState(row.state),
        milestones=milestones,
        statistics=None if row.statistics is None else CallStatistics(**row.statistics),
    )

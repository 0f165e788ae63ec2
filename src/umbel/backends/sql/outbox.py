"""Rows that nobody waits for: gathered for a moment, and written by one statement."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

import structlog
from sqlalchemy import Connection

from umbel.core.errors import Unavailable

from .database import Database
from .engine import border

Kept = TypeVar("Kept")

_log = structlog.get_logger("umbel.store")


class Outbox(Generic[Kept]):
    """
    Takes what becomes rows of one table. It replaces what has the same key and is still waiting.

    Where a batch is refused, its rows are written one by one, so that one bad row costs no other.
    That is done within the same change: what was put later is written later.
    """

    def __init__(
        self, database: Database, write: Callable[[Connection, list[Kept]], object]
    ) -> None:
        """*write* is called in the store's thread."""
        self._database = database
        self._write = write
        self._batch: _Batch[Kept] | None = None

    def put(self, key: Hashable, kept: Kept, what: str) -> None:
        """Write *kept* soon; the log says that *what* is lost if it cannot be written."""
        waiting = _Waiting(kept, what)
        if self._batch is None or not self._batch.add(key, waiting):
            self._batch = batch = _Batch[Kept]()
            batch.add(key, waiting)
            done = self._database.submit(
                lambda connection: self._write_batch(connection, batch.close()), may_linger=True
            )
            done.add_done_callback(lambda done: _tell_lost(batch, done))

    def _write_batch(
        self, connection: Connection, rows: "list[_Waiting[Kept]]"
    ) -> "list[_Refused[Kept]]":
        """Write rows, and give those that are refused."""
        error = self._refusal(connection, rows)
        if error is None:
            return []
        if len(rows) == 1:
            return [(rows[0], error)]
        tried = ((row, self._refusal(connection, [row])) for row in rows)
        return [(row, error) for row, error in tried if error is not None]

    def _refusal(self, connection: Connection, rows: "list[_Waiting[Kept]]") -> Exception | None:
        """Write all rows or none, and say why none; ``Unavailable`` is not because of them."""
        try:
            with border(self._database.url), connection.begin_nested():
                self._write(connection, [row.kept for row in rows])
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told with the row
            return error
        return None


class _Waiting(NamedTuple, Generic[Kept]):
    """What becomes a row, and what it is to people."""

    kept: Kept
    what: str


_Refused = tuple[_Waiting[Kept], Exception]
"""What does not become a row, and why."""


class _Batch(Generic[Kept]):
    """Rows that are written together. The event loop adds to it, the store's writer closes it."""

    def __init__(self) -> None:
        self.rows: dict[Hashable, _Waiting[Kept]] = {}
        self._lock = Lock()
        self._is_closed = False

    def add(self, key: Hashable, waiting: _Waiting[Kept]) -> bool:
        """Take a row, unless it is too late for that."""
        with self._lock:
            if self._is_closed:
                return False
            self.rows[key] = waiting
            return True

    def close(self) -> list[_Waiting[Kept]]:
        """Give what becomes rows; no more is taken."""
        with self._lock:
            self._is_closed = True
            return list(self.rows.values())


def _tell_lost(batch: _Batch[Kept], done: "Future[list[_Refused[Kept]]]") -> None:
    """Tell in the log what was refused, or that nothing of a batch was written."""
    error = done.exception()
    lost = [(row, error) for row in batch.rows.values()] if error is not None else done.result()
    for row, why in lost:
        _log.error("not kept in the store", what=row.what, error=str(why))

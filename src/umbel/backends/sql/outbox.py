"""Rows that nobody waits for: gathered while the store is busy, and written by one statement."""

from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from threading import Lock
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from umbel.core.errors import Unavailable

from .database import Database

OutgoingRow = Mapping[str, object]
WriteRows = Callable[[Connection, list[OutgoingRow]], object]

_log = structlog.get_logger("umbel.store")


class Outbox:
    """
    Takes rows of one table. A row replaces one of the same key that is still waiting.

    Where a batch is refused, its rows are written one by one, so that one bad row costs no other.
    """

    def __init__(self, database: Database, write: WriteRows) -> None:
        self._database = database
        self._write = write
        self._batch: _Batch | None = None

    def put(self, key: Hashable, row: OutgoingRow, what: str) -> None:
        """Write *row* soon; the log says that *what* is lost if it cannot be written."""
        waiting = _Waiting(row, what)
        if self._batch is None or not self._batch.add(key, waiting):
            self._batch = batch = _Batch()
            batch.add(key, waiting)
            done = self._database.submit(lambda connection: self._write(connection, batch.close()))
            done.add_done_callback(lambda done: self._see_to(batch, done))

    def _see_to(self, batch: "_Batch", done: "Future[object]") -> None:
        error = done.exception()
        if error is None:
            return
        if isinstance(error, Unavailable) or len(batch.rows) == 1:
            for waiting in batch.rows.values():
                _log.error("not kept in the store", what=waiting.what, error=str(error))
            return
        for waiting in batch.rows.values():
            self._write_alone(waiting)

    def _write_alone(self, waiting: "_Waiting") -> None:
        self._database.write_soon(
            lambda connection: self._write(connection, [waiting.row]), waiting.what
        )


class _Waiting(NamedTuple):
    """A row, and what it is to people."""

    row: OutgoingRow
    what: str


class _Batch:
    """Rows that are written together. The event loop adds to it, the store's writer closes it."""

    def __init__(self) -> None:
        self.rows: dict[Hashable, _Waiting] = {}
        self._lock = Lock()
        self._is_closed = False

    def add(self, key: Hashable, waiting: _Waiting) -> bool:
        """Take a row, unless it is too late for that."""
        with self._lock:
            if self._is_closed:
                return False
            self.rows[key] = waiting
            return True

    def close(self) -> list[OutgoingRow]:
        """Give the rows; no more are taken."""
        with self._lock:
            self._is_closed = True
            return [waiting.row for waiting in self.rows.values()]

"""Rows that nobody waits for: gathered for a moment, and written by one statement."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

import structlog
from sqlalchemy import Connection

from umbel.core.errors import Unavailable

from .database import Database

Kept = TypeVar("Kept")

_log = structlog.get_logger("umbel.store")


class Outbox(Generic[Kept]):
    """
    Takes what becomes rows of one table. It replaces what has the same key and is still waiting.

    Where a batch is refused, its rows are written one by one, so that one bad row costs no other.
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
                lambda connection: self._write(connection, batch.close()), may_linger=True
            )
            done.add_done_callback(lambda done: self._see_to(batch, done))

    def _see_to(self, batch: "_Batch[Kept]", done: "Future[object]") -> None:
        error = done.exception()
        if error is None:
            return
        if isinstance(error, Unavailable) or len(batch.rows) == 1:
            for waiting in batch.rows.values():
                _log.error("not kept in the store", what=waiting.what, error=str(error))
            return
        for waiting in batch.rows.values():
            self._write_alone(waiting)

    def _write_alone(self, waiting: "_Waiting[Kept]") -> None:
        self._database.write_soon(
            lambda connection: self._write(connection, [waiting.kept]), waiting.what
        )


class _Waiting(NamedTuple, Generic[Kept]):
    """What becomes a row, and what it is to people."""

    kept: Kept
    what: str


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

    def close(self) -> list[Kept]:
        """Give what becomes rows; no more is taken."""
        with self._lock:
            self._is_closed = True
            return [waiting.kept for waiting in self.rows.values()]

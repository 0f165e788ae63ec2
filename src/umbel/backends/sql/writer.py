"""One thread that makes all changes and commits many of them at once (group commit)."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from umbel.core.instants import Duration

from .engine import border

Result = TypeVar("Result")

LINGER: Duration = 0.05
"""How long changes that nobody waits for may wait for others, so that one commit serves many."""

_MOST_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class _Write(Generic[Result]):
    """A change that waits, and who waits for it."""

    change: Callable[[Connection], Result]
    done: "Future[Result]"
    may_linger: bool


class Writer:
    """
    Runs changes in the order in which they were handed in.

    A change is a function of a connection. When one of a group fails, all of the group are
    rolled back and made again one by one: so a change must do nothing but execute statements.
    """

    def __init__(self, engine: Engine, url: URL) -> None:
        self._engine = engine.execution_options(writes=True)
        self._url = url
        self._waiting: SimpleQueue[_Write[object] | None] = SimpleQueue()
        self._thread = self._started()

    def submit(
        self, change: Callable[[Connection], Result], *, may_linger: bool = False
    ) -> "Future[Result]":
        """
        Queue a change; the future has its result once it is durable.

        One that *may_linger* waits a moment for others, unless somebody waits behind it. Where the
        thread has died in spite of all, another makes what waits.
        """
        done: Future[Result] = Future()
        self._waiting.put(_Write(change, done, may_linger))  # type: ignore[arg-type]  # Future is invariant; each write keeps its own pair
        if not self._thread.is_alive():
            self._thread = self._started()
        return done

    def close(self) -> None:
        """Make what is waiting, then end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _started(self) -> Thread:
        thread = Thread(target=self._run, name="umbel-store-writer", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, is_last = self._with_others(first)
            self._make([write for write in group if write.done.set_running_or_notify_cancel()])
            if is_last:
                return

    def _with_others(self, first: _Write[object]) -> tuple[list[_Write[object]], bool]:
        """Give *first* and all that wait behind it, and whether the end was among them."""
        group = [first]
        until, may_linger = monotonic() + LINGER, first.may_linger
        while len(group) < _MOST_AT_ONCE:
            patience = max(0.0, until - monotonic()) if may_linger else 0.0
            try:
                following = self._waiting.get(timeout=patience)
            except Empty:
                break
            if following is None:
                return group, True
            group.append(following)
            may_linger &= following.may_linger
        return group, False

    def _make(self, group: list[_Write[object]]) -> None:
        try:
            results = self._commit(group)
        except _Failed as failed:
            if len(group) == 1 or not failed.is_of_one:
                for write in group:
                    write.done.set_exception(failed.cause)
            else:
                for write in group:
                    self._make([write])
        else:
            for write, result in zip(group, results, strict=True):
                write.done.set_result(result)

    def _commit(self, group: list[_Write[object]]) -> list[object]:
        """Make a group in one transaction."""
        is_of_one = False
        try:
            with border(self._url), self._engine.connect() as connection:
                transaction = connection.begin()
                is_of_one = True
                results = [write.change(connection) for write in group]
                # From here on nobody can say whether it was made: it must not be made again.
                is_of_one = False
                transaction.commit()
                return results
        except Exception as error:  # Whatever it is, it belongs to those who wait.
            raise _Failed(error, is_of_one=is_of_one) from error


class _Failed(Exception):
    """A group was rolled back."""

    def __init__(self, cause: Exception, *, is_of_one: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.is_of_one = is_of_one
        """A change failed, not the connection: the others may be made without it."""

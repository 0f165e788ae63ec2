"""One thread that writes all recordings, and makes many of them durable by one act."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Final, Protocol

import structlog

from umbel.core.errors import Misuse
from umbel.core.instants import Duration

_log = structlog.get_logger("umbel.audio")

FEW: Final = 8
"""So many changes may be made durable at once, however soon the next ones come."""

PAUSE: Final[Duration] = 0.2
"""Seconds from one larger group to the next: the more there is in it, the less each costs."""

_IDLE: Final[Duration] = 5.0
"""Seconds without work after which files are let go."""


class Files(Protocol):
    """What the changes are made to."""

    def commit(self) -> None:
        """Make all changes since the last time durable; raise ``OSError`` where none of them is."""
        ...

    def let_go(self, idle: Duration) -> bool:
        """Close what was not used for *idle* seconds; say whether anything is still open."""
        ...


Done = asyncio.Future[None]
_Work = tuple[Callable[[], None], Done]
"""A change that waits, and who waits for it."""
_Result = tuple[Done, Exception | None]


class GroupWriter:
    """
    Makes changes in the order in which they were handed in, and commits all that wait at once.

    A few changes are committed as they come. Many are gathered for ``PAUSE`` first.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._waiting: SimpleQueue[_Work | None] = SimpleQueue()
        self._starting = Lock()
        self._thread: Thread | None = None

    def submit(self, change: Callable[[], None]) -> Done:
        """
        Queue a change; the future is done once it is durable, or has its error.

        Where the thread has died in spite of all, another makes what waits.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.put((change, done))
        if not self._is_running():
            self._start()
        return done

    def close(self) -> None:
        """Make what is waiting, then end the thread; more work would begin another."""
        with self._starting:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._waiting.put(None)
                thread.join()

    def _is_running(self) -> bool:
        thread = self._thread
        return thread is not None and thread.is_alive()

    def _start(self) -> None:
        with self._starting:
            if not self._is_running():
                self._thread = Thread(target=self._run, name="umbel-audio-writer", daemon=True)
                self._thread.start()

    # --- in the thread ---------------------------------------------------------------------

    def _run(self) -> None:
        while (first := self._next()) is not None:
            began = time.monotonic()
            group, is_last = self._with_others(first)
            self._make(group)
            if is_last:
                break
            if len(group) > FEW:
                time.sleep(max(0.0, began + PAUSE - time.monotonic()))
        self._let_go(0.0)

    def _next(self) -> _Work | None:
        """Wait for work; ``None``: the end."""
        while self._let_go(_IDLE):
            try:
                return self._waiting.get(timeout=_IDLE)
            except Empty:
                continue
        return self._waiting.get()

    def _let_go(self, idle: Duration) -> bool:
        """Let go of files, and say whether any may be open; nobody waits who could be told why not."""
        try:
            return self._files.let_go(idle)
        except Exception:  # noqa: BLE001 - whatever it is, the recordings to come need the thread
            _log.exception("files of recordings were not let go")
            return True

    def _with_others(self, first: _Work) -> tuple[list[_Work], bool]:
        """Give *first* and all that wait behind it, and whether the end was among them."""
        group = [first]
        for _ in range(self._waiting.qsize()):
            following = self._waiting.get()
            if following is None:
                return group, True
            group.append(following)
        return group, False

    def _make(self, group: list[_Work]) -> None:
        results: list[_Result] = []
        for change, done in group:
            try:
                change()
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who waits
                results.append((done, error))
            else:
                results.append((done, None))
        try:
            self._files.commit()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who waits
            results = [(done, why or _anew(error)) for done, why in results]
        _tell(results)


def _anew(error: Exception) -> Exception:
    """Give an error for one of many who wait: each adds a traceback of its own to it."""
    if isinstance(error, OSError):
        return OSError(*error.args)
    fault = Misuse(f"audio was not made durable: {error!r}")
    fault.__cause__ = error
    return fault


def _tell(results: Iterable[_Result]) -> None:
    """Tell those who wait, each in the event loop that they wait in."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Result]] = {}
    for result in results:
        by_loop.setdefault(result[0].get_loop(), []).append(result)
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # It is closed: nobody waits there any more.
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(results: list[_Result]) -> None:
    for done, error in results:
        if done.done():
            continue  # Who waited was cancelled.
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

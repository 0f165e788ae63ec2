"""The records of calls on their way to the store: live ones about once a second."""

from collections.abc import Callable

from umbel.core.instants import Duration
from umbel.directory.records import CallRecord

KEEP_EVERY: Duration = 1.0
"""Seconds between two times that a live call's record is kept."""


class RecordKeeper:
    """
    Keeps what is true now, not each step on the way.

    A caller hears something new several times a second, and a record is written as a whole.
    """

    def __init__(self, put: Callable[[CallRecord], None]) -> None:
        self._put = put
        self._waiting: dict[str, Callable[[], CallRecord]] = {}

    def keep(self, record: CallRecord) -> None:
        """Keep a record now: the call has begun, was answered, or is over."""
        self._waiting.pop(record.id, None)
        self._put(record)

    def keep_soon(self, call: str, record: Callable[[], CallRecord]) -> None:
        """Keep the *record* that a call has at the next ``flush``, unless it is kept before."""
        self._waiting[call] = record

    async def flush(self) -> None:
        """Keep what waits."""
        waiting, self._waiting = self._waiting, {}
        for record in waiting.values():
            self._put(record())

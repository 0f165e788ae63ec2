"""Our own faults: told as an event and in the log, and kept from the calls that go on."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from umbel.core import event_catalogue as catalogue
from umbel.core.events import Events
from umbel.core.instants import Clock, Duration, Instant

TELL_EVERY: Duration = 60.0
"""Seconds within which a fault of one kind at one place is told once."""


class Faults:
    """Where an exception ends that nobody expected."""

    def __init__(self, events: Events, clock: Clock) -> None:
        self._events = events
        self._clock = clock
        self._told: dict[tuple[str, type[Exception]], Instant] = {}
        self._log = structlog.get_logger("umbel")

    @contextmanager
    def contained(self, what: str) -> Iterator[None]:
        """Let the block fail without further harm; *what* says what it does, always the same."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the border that a fault does not pass
            self.tell(what, error)

    def tell(self, what: str, error: Exception) -> None:
        """Tell a fault, unless its like was told a moment ago."""
        now, kind = self._clock.now(), (what, type(error))
        if kind in self._told and now - self._told[kind] < TELL_EVERY:
            return
        self._told[kind] = now
        self._log.error("an internal error", what=what, exc_info=error)
        self._events.tell(catalogue.FAULT, what=what, error=repr(error))

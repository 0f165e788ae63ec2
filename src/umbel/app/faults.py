"""Our own faults: told as an event and in the log, and kept from the calls that go on."""

import asyncio
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

    @contextmanager
    def told_of_callbacks(self) -> Iterator[None]:
        """Have the faults told that the event loop meets outside of every call."""
        loop = asyncio.get_running_loop()
        former = loop.get_exception_handler()

        def tell(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
            if isinstance(error := context.get("exception"), Exception):
                self.tell("a callback of the event loop", error)
            else:
                loop.default_exception_handler(context)

        loop.set_exception_handler(tell)
        try:
            yield
        finally:
            loop.set_exception_handler(former)

    def tell(self, what: str, error: Exception) -> None:
        """Tell a fault, unless its like was told a moment ago."""
        now, kind = self._clock.now(), (what, type(error))
        if kind in self._told and now - self._told[kind] < TELL_EVERY:
            return
        self._told[kind] = now
        self._log.error("an internal error", what=what, exc_info=error)
        self._events.tell(catalogue.FAULT, what=what, error=repr(error))

"""Time as a value: quiet rooms are handed it, loud rooms read it from a clock."""

from datetime import datetime
from typing import NewType, Protocol

Instant = NewType("Instant", float)
"""Seconds on a clock that never goes back. Only differences mean anything."""

Duration = float
"""A length of time in seconds."""


def later(now: Instant, by: Duration) -> Instant:
    """Give the instant *by* seconds after *now*."""
    return Instant(now + by)


class Clock(Protocol):
    """Both kinds of time that Umbel uses. One is made in ``app``; tests hand in their own."""

    def now(self) -> Instant:
        """Give the monotonic instant, for timers."""
        ...

    def wall(self) -> datetime:
        """Give the time of day, aware and in UTC, for people and records."""
        ...

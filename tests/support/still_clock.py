"""A clock that goes on only when a test says so."""

from datetime import UTC, datetime, timedelta

from umbel.core.instants import Duration, Instant

PIONEERS_DAY = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
"""A hundred and fifty years after the first words on a telephone."""


class StillClock:
    """``core.instants.Clock`` for tests."""

    def __init__(self, wall: datetime = PIONEERS_DAY) -> None:
        self._wall = wall
        self._now = 0.0

    def now(self) -> Instant:
        """Give the monotonic instant."""
        return Instant(self._now)

    def wall(self) -> datetime:
        """Give the time of day."""
        return self._wall

    def go_on(self, seconds: Duration) -> None:
        """Let time pass."""
        self._now += seconds
        self._wall += timedelta(seconds=seconds)

"""The system's clock: the one place that reads time."""

import time
from datetime import UTC, datetime

from umbel.core.instants import Instant


class SystemClock:
    """Both kinds of time, from the machine (the ``Clock`` of core)."""

    def now(self) -> Instant:
        """Give the monotonic instant."""
        return Instant(time.monotonic())

    def wall(self) -> datetime:
        """Give the time of day in UTC."""
        return datetime.now(UTC)

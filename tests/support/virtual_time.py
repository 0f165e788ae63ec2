"""An event loop that does not wait: when nobody has anything to do, the next timer is due."""

import asyncio
import functools
import selectors
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import ParamSpec

from umbel.core.instants import Instant

from .still_clock import PIONEERS_DAY

P = ParamSpec("P")


class _Leap(selectors.SelectSelector):
    """Finds nobody ready, and passes the time at once."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Look once; what the loop would have waited has passed then."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everybody waits for something that nobody will do")
        if not ready:
            self.passed += timeout or 0.0
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """For code that awaits timers and other tasks, and neither threads nor sockets."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        """Give the time that has passed, in seconds."""
        return self._leap.passed


class LoopClock:
    """``core.instants.Clock`` by the time of the loop that runs."""

    def now(self) -> Instant:
        """Give the monotonic instant."""
        return Instant(asyncio.get_running_loop().time())

    def wall(self) -> datetime:
        """Give the time of day."""
        return PIONEERS_DAY + timedelta(seconds=self.now())


def in_virtual_time(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Let a test wait for hours in no time."""

    @functools.wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        async def whole() -> None:
            await test(*arguments, **named)

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(whole())

    return run

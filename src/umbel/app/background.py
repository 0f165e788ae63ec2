"""Work that goes on beside the calls for as long as a node runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Never

from umbel.core.instants import Duration

from .faults import Faults


@asynccontextmanager
async def in_background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Let *work* go on for as long as the block."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def repeat(
    what: str, work: Callable[[], Awaitable[object]], *, every: Duration, faults: Faults
) -> Never:
    """Do *work* again and again, *every* so many seconds; a turn that fails is told, and passes."""
    while True:
        await asyncio.sleep(every)
        with faults.contained(what):
            await work()

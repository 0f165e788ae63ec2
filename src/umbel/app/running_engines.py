"""The media engines of a node, for as long as it runs."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from umbel.core.instants import Clock
from umbel.net.media_engine import Lost, MediaEngines

from .settings import MediaSettings


@asynccontextmanager
async def running_engines(
    media: MediaSettings, clock: Clock, on_lost: Callable[[Lost], None]
) -> AsyncIterator[MediaEngines]:
    """Run an engine for each processor that the settings grant; *on_lost* is told of each loss."""
    engines = MediaEngines(range(media.first_port, media.last_port + 1), media.cores, clock)
    engines.on_lost = on_lost
    await engines.start()
    try:
        yield engines
    finally:
        await engines.stop()

"""The media engines of a node, and whether they bear another call, for as long as the node runs."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from umbel.core import event_catalogue as catalogue
from umbel.core.events import Events
from umbel.core.instants import Clock
from umbel.net.media_engine import Lost, MediaEngines

from .capacity import Capacity
from .reception import Reception
from .settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlane:
    """What runs."""

    engines: MediaEngines
    capacity: Capacity


@asynccontextmanager
async def running_media_plane(
    settings: Settings, reception: Callable[[], Reception | None], events: Events, clock: Clock
) -> AsyncIterator[MediaPlane]:
    """
    Run an engine for each processor that the settings grant.

    *reception* gives who has the calls, once there is somebody: it is told when an engine is lost.
    """
    media, node = settings.media, settings.node.name
    engines = MediaEngines(range(media.first_port, media.last_port + 1), media.cores, clock)
    capacity = Capacity(
        node,
        engines,
        cores=media.cores,
        calls=lambda: len(reception() or ()),
        events=events,
        clock=clock,
    )

    def lose(lost: Lost) -> None:
        events.tell(catalogue.ENGINE_LOST, node=node, reason=lost.reason, calls=len(lost.sessions))
        if (calls := reception()) is not None:
            calls.lose_media(lost.sessions)

    engines.on_lost, engines.on_load = lose, capacity.look
    await engines.start()
    try:
        yield MediaPlane(engines=engines, capacity=capacity)
    finally:
        await engines.stop()

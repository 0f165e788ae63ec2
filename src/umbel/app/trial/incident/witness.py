"""What the nodes tell in the story: their events, waited for as an administrator reads them."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from umbel.admin.administration import Administration
from umbel.app.exchange import ProofFailed
from umbel.core.events import Event, EventKind
from umbel.core.instants import Clock, Duration

LOOK_EVERY: Duration = 0.1


class Witness:
    """Reads the events of every node; each is given once."""

    def __init__(self, logs: Mapping[str, Administration], clock: Clock) -> None:
        self._logs = logs
        self._clock = clock
        self._since: datetime = clock.wall()
        self._seen: set[tuple[str, int, datetime]] = set()

    def look_from_now(self) -> None:
        """Give nothing any more that was told before now."""
        self._since = self._clock.wall()

    async def told(self, kind: EventKind, node: str, within: Duration = 15.0) -> Event:
        """Wait until a node has told an event of a kind that was not given before."""
        deadline = self._clock.now() + within
        while self._clock.now() < deadline:
            if (found := await self._news(kind, node)) is not None:
                self._seen.add((node, kind.number, found.at))
                return found
            await asyncio.sleep(LOOK_EVERY)
        raise ProofFailed(f"{node} told no event {kind.number} within {within:g} s")

    async def _news(self, kind: EventKind, node: str) -> Event | None:
        found = await self._logs[node].events(number=kind.number, since=self._since)
        return next((one for one in found if (node, kind.number, one.at) not in self._seen), None)

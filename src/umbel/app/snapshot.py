"""The configuration as a running node sees it: a snapshot, renewed when somebody changes it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from umbel.core.errors import Unavailable
from umbel.core.instants import Duration
from umbel.directory.lookup import Directory
from umbel.directory.ports import Configuration
from umbel.directory.repositories import Configurations

LOOK_EVERY: Duration = 1.0
"""Seconds between two looks at the revision."""


Listener = Callable[[Configuration], Awaitable[None]]
"""Takes a new configuration and raises nothing: it has been read, whatever becomes of it."""


class Snapshot:
    """The present configuration with its indexes. Calls read it; nobody changes it."""

    def __init__(self, configurations: Configurations, *listeners: Listener) -> None:
        self._configurations = configurations
        self._listeners = [*listeners]
        self.directory = Directory(Configuration())

    @property
    def configuration(self) -> Configuration:
        """Give the snapshot itself."""
        return self.directory.configuration

    async def add_listener(self, listener: Listener) -> None:
        """Tell *listener* of the present configuration, and of each that follows."""
        self._listeners.append(listener)
        await listener(self.configuration)

    async def load(self) -> None:
        """Read everything anew."""
        configuration = await self._configurations.load()
        self.directory = await asyncio.to_thread(_indexed, configuration)
        for listener in self._listeners:
            await listener(configuration)

    async def look(self) -> None:
        """Read everything anew if it has changed."""
        with suppress(Unavailable):  # The heartbeat tells of a store that is down.
            if await self._configurations.revision() != self.configuration.revision:
                await self.load()


def _indexed(configuration: Configuration) -> Directory:
    """Make every index; for fifty thousand mailboxes that takes most of a second."""
    directory = Directory(configuration)
    for plan in configuration.dial_plans.values():
        directory.names(plan)
    return directory

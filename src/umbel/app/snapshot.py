"""The configuration as a running node sees it: a snapshot, renewed when somebody changes it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from umbel.core.errors import Unavailable
from umbel.core.instants import Duration
from umbel.directory.lookup import Directory
from umbel.directory.ports import Configuration
from umbel.directory.repositories import Configurations

LOOK_EVERY: Duration = 1.0
"""Seconds between two looks at the revision."""


class Snapshot:
    """The present configuration with its indexes. Calls read it; nobody changes it."""

    def __init__(
        self,
        configurations: Configurations,
        on_change: Callable[[Configuration], Awaitable[None]],
    ) -> None:
        self._configurations = configurations
        self._on_change = on_change
        self._log = structlog.get_logger("umbel")
        self.directory = Directory(Configuration())

    @property
    def configuration(self) -> Configuration:
        """Give the snapshot itself."""
        return self.directory.configuration

    async def load(self) -> None:
        """Read everything anew."""
        configuration = await self._configurations.load()
        self.directory = Directory(configuration)
        await self._on_change(configuration)

    async def follow(self) -> None:
        """Renew the snapshot whenever it changed; ends by being cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                if await self._configurations.revision() != self.configuration.revision:
                    await self.load()
            except Unavailable as error:
                self._log.warning("the configuration could not be read", reason=str(error))

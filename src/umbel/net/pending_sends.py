"""Sends whose outcome is not known yet, because their connection is not known to be up."""

import asyncio

from umbel.core.errors import Unavailable


class PendingSends:
    """Holds what is to be sent until it can be, and who waits until it is known to be taken."""

    def __init__(self) -> None:
        self._unsent: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []

    def hold(self, octets: bytes) -> None:
        """Keep bytes until ``take_unsent``."""
        self._unsent.append(octets)

    def take_unsent(self) -> list[bytes]:
        """Give what was held, in its order."""
        unsent, self._unsent = self._unsent, []
        return unsent

    def wait(self) -> asyncio.Future[None]:
        """Give a future that ``confirm`` or ``fail`` ends."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    def confirm(self) -> None:
        """Tell those who wait that the connection is up."""
        for future in self._take_waiting():
            future.set_result(None)

    def fail(self, reason: str) -> None:
        """Tell those who wait that what they sent was not taken, and why."""
        self._unsent.clear()
        for future in self._take_waiting():
            future.set_exception(Unavailable(reason))

    def _take_waiting(self) -> list[asyncio.Future[None]]:
        """Give the futures that somebody still waits for."""
        waiting, self._waiting = self._waiting, []
        return [future for future in waiting if not future.done()]

"""The connections that live, in one table."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator

from umbel.identity.handshake import Role

from .connection_origin import ConnectionKey
from .party import party_of
from .stream import StreamConnection


class ConnectionTable:
    """Finds connections by name and by where they lead, and counts the accepted ones."""

    def __init__(self) -> None:
        self._by_name: dict[str, StreamConnection] = {}
        self._by_key: dict[ConnectionKey, StreamConnection] = {}
        self._accepted: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()
        self.on_removed: Callable[[StreamConnection], None] = lambda _connection: None

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[StreamConnection]:
        """Go through the connections of now; they may leave meanwhile."""
        return iter(tuple(self._by_name.values()))

    @property
    def accepted(self) -> int:
        """How many of them were accepted."""
        return self._accepted.total()

    def accepted_from(self, party: str) -> int:
        """Count the accepted connections of one party."""
        return self._accepted[party]

    def add(self, connection: StreamConnection) -> None:
        """Enter a connection: an opened one at once, an accepted one when its ends are known."""
        origin = connection.origin
        self._by_name[origin.name] = connection
        if origin.key is not None:
            self._by_key[origin.key] = connection
        if origin.role is Role.SERVER:
            self._accepted[party_of(connection.ends.remote[0])] += 1
        self._empty.clear()

    def remove(self, connection: StreamConnection) -> None:
        """Take a connection out, if it is in."""
        origin = connection.origin
        if self._by_name.pop(origin.name, None) is None:
            return
        if origin.key is not None and self._by_key.get(origin.key) is connection:
            del self._by_key[origin.key]
        if origin.role is Role.SERVER:
            self._uncount(party_of(connection.ends.remote[0]))
        if not self._by_name:
            self._empty.set()
        self.on_removed(connection)

    def named(self, name: str) -> StreamConnection | None:
        """Find a connection by its name, if it takes messages still."""
        connection = self._by_name.get(name)
        return connection if connection is not None and connection.takes_messages else None

    def leading_to(self, key: ConnectionKey) -> StreamConnection | None:
        """Find a usable connection that we opened to the same place for the same name."""
        connection = self._by_key.get(key)
        return connection if connection is not None and connection.is_usable else None

    async def wait_until_empty(self) -> None:
        """Wait until every connection is gone."""
        await self._empty.wait()

    def _uncount(self, party: str) -> None:
        self._accepted[party] -= 1
        if not self._accepted[party]:
            del self._accepted[party]

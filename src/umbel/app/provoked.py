"""Events that anybody on the network can cause: a few a minute for each address, the rest counted."""

from collections import Counter
from typing import Final

from umbel.core import event_catalogue as catalogue
from umbel.core.events import EventKind, Events, Field
from umbel.core.instants import Duration

SUM_UP_EVERY: Duration = 60.0
"""Seconds after which what was not told is summed up, and telling begins anew."""

MOST_TOLD: Final = 5
"""Events of one kind about one address, between two sums."""

MOST_ADDRESSES: Final = 100
"""Addresses that are told apart between two sums; senders are easily forged over UDP."""

_OTHERS: Final = "other addresses"


class Provoked:
    """Keeps whoever sends nonsense from filling the log and the store."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._seen: Counter[tuple[EventKind, str]] = Counter()
        self._addresses: set[str] = set()

    def tell(self, kind: EventKind, address: str, **fields: Field) -> None:
        """Tell what *address* has caused, unless it has caused much of it lately."""
        key = kind, self._told_apart(address)
        self._seen[key] += 1
        if self._seen[key] <= MOST_TOLD:
            self._events.tell(kind, **fields)

    async def sum_up(self) -> None:
        """Say how much was not told, and begin anew."""
        seen = self._seen
        self._seen, self._addresses = Counter(), set()
        for (kind, address), count in seen.items():
            if count > MOST_TOLD:
                self._events.tell(
                    catalogue.NOT_TOLD,
                    number=kind.number,
                    address=address,
                    count=count - MOST_TOLD,
                )

    def _told_apart(self, address: str) -> str:
        if address in self._addresses or len(self._addresses) < MOST_ADDRESSES:
            self._addresses.add(address)
            return address
        return _OTHERS

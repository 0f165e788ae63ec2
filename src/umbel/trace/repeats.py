"""Which messages are retransmissions: the same bytes, the same way, once more."""

from collections import OrderedDict
from typing import Final

from .entry import Passage

_REMEMBERED: Final = 10_000


class Repeats:
    """Remembers what passed a while ago."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, None] = OrderedDict()

    def is_repeated(self, node: str, passage: Passage) -> bool:
        """Say whether a message was there before (RFC 3261 section 17), and remember it.

        One that was not delivered is not one that was sent.
        """
        if passage.problem:
            return False
        key = hash((node, passage.sent_by_us, passage.remote, passage.octets))
        is_known = key in self._seen
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return is_known

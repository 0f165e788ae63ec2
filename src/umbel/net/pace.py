"""How fast each of many parties may do something: a token bucket for each, in bounded memory."""

from collections import OrderedDict
from typing import Final

from umbel.core.instants import Instant

_MOST_PARTIES: Final = 4096
"""Beyond, who was heard of the longest ago is forgotten, and may begin anew."""


class Pace:
    """Allows each party a number at once, which grows again by so many a second."""

    def __init__(self, *, per_second: float, at_once: float) -> None:
        self._per_second, self._at_once = per_second, at_once
        self._left: OrderedDict[str, tuple[float, Instant]] = OrderedDict()
        """What each party may do still, as of when."""

    def allows(self, party: str, now: Instant) -> bool:
        """Say whether the party may do it once more now; if so, it counts as done."""
        left, since = self._left.pop(party, (self._at_once, now))
        left = min(self._at_once, left + (now - since) * self._per_second)
        is_allowed = left >= 1
        self._left[party] = (left - 1 if is_allowed else left), now
        if len(self._left) > _MOST_PARTIES:
            self._left.popitem(last=False)
        return is_allowed

"""How often Python looks for what only refers to itself."""

import gc
from typing import Final

_YOUNG: Final = 50_000
"""Objects more than before after which the youngest are looked through; Python's own is 700."""
_OLDER: Final = (20, 10)
"""How many times that is done before the older, and the oldest, are looked through as well."""


def collect_seldom() -> None:
    """
    Leave alone what a node consists of, and look seldom through what its calls make.

    A call makes some hundred objects and drops all of them by itself, as none of ours refers to
    itself by a detour when it is over (asyncio's connections do). Looking through those of thousands
    of calls every 700 of them took a tenth of the node's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *_OLDER)

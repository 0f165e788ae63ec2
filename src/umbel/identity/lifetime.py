"""When a certificate is to be renewed, and when its end is to be told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

EXPIRY_STEPS: Final = (30, 14, 7, 1)
"""Days before its end at which a node tells that its certificate expires, each once."""


def renewal_time(begins: datetime, ends: datetime) -> datetime:
    """Give the moment at which two thirds of a certificate's lifetime have passed."""
    return begins + (ends - begins) * 2 / 3


def expiry_step(begins: datetime, ends: datetime, at: datetime) -> int | None:
    """
    Give the last step that was reached by *at*; ``None``: none yet.

    A step that lies before the time of renewal is none: a certificate of a week is not old at once.
    """
    steps = [days for days in EXPIRY_STEPS if timedelta(days=days) <= (ends - begins) / 3]
    reached = [days for days in steps or EXPIRY_STEPS[-1:] if ends - at <= timedelta(days=days)]
    return min(reached, default=None)


def steps_told_with(step: int) -> Iterator[int]:
    """Give the steps that are told by telling *step*: it and those that it comes after."""
    return (days for days in EXPIRY_STEPS if days >= step)

"""Which of several hosts speaks for a gateway, and which are tried first."""

from collections.abc import Collection, Sequence

from umbel.sip.hop import Hop, Transport

from .attempt import Attempt
from .observation import PeeringState
from .verdict import verdict

_ORDER = (
    PeeringState.UP,
    PeeringState.DRAINING,
    PeeringState.REFUSED_BY_THEM,
    PeeringState.REFUSED_BY_US,
    None,
)

Place = tuple[Transport, str, int]
"""A hop without what it was called."""


def place_of(hop: Hop) -> Place:
    """Say where a hop leads."""
    return hop.transport, hop.address, hop.port


def most_telling(attempts: Sequence[Attempt]) -> Attempt:
    """
    Choose, of one try at each host, the one that says how the gateway is.

    One host that answers is enough for calls; where none does, a refusal says more than silence.
    """
    return min(attempts, key=lambda attempt: _ORDER.index(verdict(attempt)))


def unusable(attempts: Sequence[Attempt]) -> frozenset[Place]:
    """Give the places of the tries that did not find somebody who takes calls."""
    return frozenset(
        place_of(attempt.hop)
        for attempt in attempts
        if attempt.hop is not None and verdict(attempt) is not PeeringState.UP
    )


def in_order(hops: Sequence[Hop], shunned: Collection[Place]) -> list[Hop]:
    """Put the hops that nobody answered at last behind the others; none is left out."""
    return sorted(hops, key=lambda hop: place_of(hop) in shunned)

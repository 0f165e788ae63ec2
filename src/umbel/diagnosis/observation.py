"""What one node saw last of one gateway in one direction: kept in the store for all to read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Transport

from .attempt import Attempt


class Direction(StrEnum):
    """Who opened the connection."""

    TO_GATEWAY = "to the gateway"
    """We are the client: OPTIONS, transfers, message-waiting, Play on Phone."""
    FROM_GATEWAY = "from the gateway"
    """We are the server: its calls."""


class PeeringState(StrEnum):
    """Whether calls can go to a gateway."""

    UNKNOWN = "unknown"
    """Not tried yet, or too long ago."""
    UP = "up"
    DOWN = "down"
    """It does not answer, or says that it cannot serve (408, 503)."""
    REFUSED_BY_US = "refused by us"
    """We do not believe its certificate."""
    REFUSED_BY_THEM = "refused by them"
    """It does not believe ours, or does not want TLS with us."""
    DRAINING = "draining"
    """It answers, and asks for no new calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The latest of one (node, gateway, transport, direction); a newer one replaces it."""

    node: str
    gateway: str
    transport: Transport
    direction: Direction
    state: PeeringState
    since: datetime
    """When the state was entered."""
    at: datetime
    """When it was last seen to be so."""
    attempt: Attempt | None = None
    """The last probe; only towards the gateway."""
    handshake: HandshakeReport | None = None
    """The last handshake that the gateway opened; only from it. ``None``: never, or no TLS."""

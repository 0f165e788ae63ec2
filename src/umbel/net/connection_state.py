"""How far a connection is, and since when."""

from dataclasses import dataclass
from enum import Enum, auto

from umbel.core.instants import Instant


class State(Enum):
    """How far a connection is. Only ever goes down this list."""

    OPENING = auto()
    """TCP is not there yet."""
    SHAKING = auto()
    """The handshake of the layer goes on."""
    UNCONFIRMED = auto()
    """The peer may still refuse us: nothing of SIP came from it yet."""
    UP = auto()
    LEAVING = auto()
    """What came cannot be read; an answer may still be sent, then the connection is closed."""
    CLOSING = auto()
    """The last bytes are on their way out."""
    CLOSED = auto()


@dataclass(slots=True, kw_only=True)
class Times:
    """When things happened that limits count from."""

    entered: Instant
    """The state that the connection is in."""
    active: Instant
    """The last byte in either direction."""
    message_began: Instant | None = None
    """The message that has come in part."""

"""Everything that a call needs and that outlives it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from umbel.core.events import Events
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock
from umbel.media.engine import Command, Event
from umbel.trace.entry import Entry
from umbel.um.world import World

from .arrivals import Arrivals
from .capacity import Capacity
from .codecs import CodecRoom
from .faults import Faults
from .journal import Heard
from .provoked import Provoked
from .record_keeper import RecordKeeper
from .snapshot import Snapshot
from .voices import Voices


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What calls need of the media engine."""

    open: Callable[[str, str, Callable[[Event], None], tuple[str, int] | None], Awaitable[int]]
    """
    Open a session at a local address, for audio from a peer's address where that is known; gives
    its port, or raises ``Unavailable``.
    """
    send: Callable[[Command], None]
    address_for: Callable[[str, str], str]
    """Give the address that a peer is to send audio to: of the local and remote address of its
    signalling."""
    codecs: CodecRoom
    """Which codecs a call may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What ``app.node`` hands to its calls."""

    node: str
    clock: Clock
    randomness: Randomness
    events: Events
    provoked: Provoked
    faults: Faults
    media: Media
    world: World
    voices: Voices
    capacity: Capacity
    arrivals: Arrivals
    snapshot: Snapshot
    resolved: Callable[[], Mapping[str, frozenset[str]]]
    """The IP addresses of the gateways' host names."""
    records: RecordKeeper
    watch: Callable[[Heard], None]
    trace: Callable[[Entry], None]
    """Keep something of which ``umbel trace`` is to know."""
    settle: Callable[[], None]
    """Carry out what a leg's verb asked for."""

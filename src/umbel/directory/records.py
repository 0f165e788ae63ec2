"""What is kept about calls and nodes: the live ones for ``umbel calls``, the past ones for reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from umbel.core.events import Field
from umbel.core.instants import Duration


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class CallState(StrEnum):
    """How far a call is."""

    OFFERED = "offered"
    """Ringing, at our side or at theirs."""
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """One point that a flow passed."""

    at: datetime
    name: str
    """``area.participle``: ``attendant.offered``."""
    fields: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatistics:
    """How the audio of a call was (RFC 3550 section 6.4)."""

    codec: str = ""
    packets_sent: int = 0
    packets_received: int = 0
    packets_lost: int = 0
    packets_lost_by_peer: int | None = None
    """Of ours; ``None``: the peer did not say."""
    packets_refused: int = 0
    """From a wrong address, or not authentic, or replayed."""
    jitter: Duration | None = None
    """Interarrival jitter; ``None``: nothing was received."""
    round_trip: Duration | None = None
    """``None``: the peer sent no RTCP that would tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call, live or past. Replaced as a whole whenever something of it changes."""

    id: str
    """The name that logs, events and ``umbel calls`` give the call."""
    node: str
    direction: Direction
    state: CallState
    started: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    caller: str = ""
    """The number or SIP user; empty: anonymous."""
    caller_name: str = ""
    dialled: str = ""
    gateway: str = ""
    dial_plan: str = ""
    mailbox: str = ""
    """The first extension of the mailbox that the call is about; empty: none yet."""
    attendant: str = ""
    flow: str = ""
    """Where the call is in the product: ``attendant``, ``answering``, ``subscriber``."""
    caption: str = ""
    """What the caller hears now, or heard last."""
    milestones: tuple[Milestone, ...] = ()
    status: int | None = None
    """The final SIP status, 200 for a call that was answered; ``None``: not there yet."""
    reason: str = ""
    """Why it ended or was refused."""
    statistics: CallStatistics | None = None

    @property
    def is_live(self) -> bool:
        """Say whether the call is still going on."""
        return self.state is not CallState.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLoad:
    """How a node bears its load, as its last sign of life told."""

    calls: int
    """Those that live."""
    sessions: int
    """Streams of audio that are open."""
    busy: float
    """The share of its time that its busiest media engine uses; 1 is all."""
    latest: Duration
    """How late the worst tick began since the sign of life before."""
    skipped: int
    """Ticks that were left out since then."""
    refused: int
    """Calls that it refused since it started, because they would have made audio late."""
    full_because: str = ""
    """Why it takes no new calls for now; empty: it takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRecord:
    """One Umbel server process."""

    name: str
    """Its fully qualified domain name."""
    version: str
    started: datetime
    heartbeat: datetime
    """When it last said that it lives."""
    listeners: tuple[str, ...] = ()
    """What it serves on, as ``tls:10.0.0.1:5061``."""
    load: NodeLoad | None = None
    """How it bears its load; ``None``: it has not told, or was stopped."""

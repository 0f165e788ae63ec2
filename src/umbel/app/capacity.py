"""Whether the node has room for another call: asks the quiet machine, tells when the answer changes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from umbel.core import event_catalogue as catalogue
from umbel.core.events import Events
from umbel.core.instants import Clock, Duration, Instant
from umbel.directory.admission import Refused, refused_by_load
from umbel.directory.records import NodeLoad
from umbel.media.admission import Admission
from umbel.media.engine import Load


class Engines(Protocol):
    """What is asked of the media engines."""

    admission: Admission

    @property
    def sessions(self) -> tuple[int, ...]:
        """Give how many sessions each has."""
        ...


@dataclass(slots=True)
class _Fullness:
    """A time in which calls are refused."""

    since: Instant
    refused: int = 0


@dataclass(slots=True)
class _Beat:
    """What was measured since the last sign of life."""

    latest: Duration = 0.0
    skipped: int = 0


class Capacity:
    """Refuses the calls that would make audio late, and tells when that begins and ends."""

    def __init__(
        self,
        node: str,
        engines: Engines,
        *,
        cores: tuple[int, ...],
        calls: Callable[[], int],
        events: Events,
        clock: Clock,
    ) -> None:
        """*cores* are those that the engines were to be pinned to; *calls*: how many calls live."""
        self.refused = 0
        """Calls that were refused since the node began."""
        self.ticks: Counter[int] = Counter()
        """Those that were due since the node began, of each engine."""
        self.skipped: Counter[int] = Counter()
        """Those of them that were left out."""
        self._beat = _Beat()
        self._node = node
        self._engines = engines
        self._cores = dict(enumerate(cores))
        """By engine, without those that were told not to be where they should be."""
        self._calls = calls
        self._events = events
        self._clock = clock
        self._full: _Fullness | None = None

    def look(self, engine: int, load: Load) -> None:
        """Take note of what an engine has told."""
        self.ticks[engine] += load.ticks
        self.skipped[engine] += load.skipped
        self._beat.latest = max(self._beat.latest, load.latest)
        self._beat.skipped += load.skipped
        self.refusal()
        if load.core is None and (core := self._cores.pop(engine, None)) is not None:
            self._events.tell(catalogue.ENGINE_NOT_PINNED, node=self._node, core=core)

    def refusal(self) -> Refused | None:
        """Say how another call would be refused now; ``None``: it would be taken."""
        admission, engines = self._engines.admission, self._engines
        takes = admission.consider(engines.sessions, self._calls(), self._clock.now())
        if not takes and self._full is None:
            self._full = _Fullness(self._clock.now())
            self._tell_full()
        elif takes and self._full is not None:
            full, self._full = self._full, None
            self._tell_room(full)
        return None if takes else refused_by_load(self._node, admission.cause)

    def note_refused(self) -> None:
        """Count a call that was refused."""
        self.refused += 1
        if self._full is not None:
            self._full.refused += 1

    def load(self) -> NodeLoad:
        """Give what a sign of life tells of the load since the one before."""
        beat, self._beat = self._beat, _Beat()
        return NodeLoad(
            calls=self.calls,
            sessions=sum(self._engines.sessions),
            busy=round(self._busy, 3),
            latest=round(beat.latest, 4),
            skipped=beat.skipped,
            refused=self.refused,
            full_because=self._engines.admission.cause,
        )

    @property
    def is_full(self) -> bool:
        """Whether calls are refused."""
        return self._full is not None

    @property
    def sessions(self) -> tuple[int, ...]:
        """How many streams of audio each engine has."""
        return self._engines.sessions

    @property
    def calls(self) -> int:
        """How many calls live."""
        return self._calls()

    @property
    def _busy(self) -> float:
        return max((load.busy for load in self._loads()), default=0.0)

    def by_engine(self) -> dict[int, Load | None]:
        """Give what each engine told last; ``None``: it has only begun."""
        return dict(enumerate(self._engines.admission.loads))

    def _loads(self) -> list[Load]:
        return [load for load in self._engines.admission.loads if load is not None]

    def _tell_full(self) -> None:
        loads = self._loads()
        self._events.tell(
            catalogue.NODE_FULL,
            node=self._node,
            cause=self._engines.admission.cause,
            calls=self.calls,
            busy=round(100 * self._busy),
            late=round(1000 * max((load.latest for load in loads), default=0.0)),
            skipped=sum(load.skipped for load in loads),
        )

    def _tell_room(self, full: _Fullness) -> None:
        lasted = self._clock.now() - full.since
        self._events.tell(
            catalogue.NODE_HAS_ROOM,
            node=self._node,
            lasted=f"{lasted:.0f} s",
            count=full.refused,
        )

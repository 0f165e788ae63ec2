"""Whether another call would make audio late: decided from what the media engines measure.

Past its limit an engine does not get worse little by little. A tick that takes longer than 20 ms makes
the next one late, packets come in bursts, and soon every call is late by whole seconds. So the limit
lies before that, and calls beyond it are sent elsewhere. An engine that is in time is never stopped:
a hiccup of the machine is no load, and how busy an engine may be is known only from its own ticks.

What one call costs is measured, not assumed: the share of a processor that ticks use, over the
sessions that were open. Sessions are counted when they are asked for, so a burst is seen before the
next measurement, which comes about each second.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from umbel.core.instants import Duration, Instant

from .engine import Load

TICK: Final[Duration] = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When an engine takes no more calls. Shares are of the time, 1 being all of it."""

    busy: float = 0.9
    """
    The most of a processor that ticks may use. On a core of its own an engine is in time at 85 %; at
    95 % what a second holds besides (reports, prompts that are loaded, recordings handed over) has no
    room any more.
    """
    busy_again: float = 0.8
    """A full engine takes calls again below this: the room of a few dozen calls, not of one."""
    long_tick: float = 0.95
    """One tick in twenty may be longer than this share of 20 ms: they are the next to be left out."""
    skipping: float = 0.8
    """An engine so busy that leaves out a tick does it because of its calls, and is full at once."""
    late: Duration = 0.01
    """
    One tick in twenty may begin so late, which telephones put up with; where more do, again and
    again, somebody else has the core, and being busy says nothing.
    """
    few: int = 10
    """With fewer sessions it is not the calls that make an engine late: refusing would mend nothing."""
    patience: int = 3
    """Measurements that must agree before lateness counts, and before it is forgotten."""
    silence: Duration = 5.0
    """An engine that tells nothing for so long is past its limit, or stands still."""
    usual_cost: float = 0.00035
    """What a call costs (play and record, G.711, a processor of 2024) before any was measured."""
    doubted: int = 50
    """Of so many calls the measured cost is believed as much as the usual one; of twice as many four
    times as much."""
    unmeasured: int = 1200
    """The most calls that are taken before their cost is measured: a thousand may come in a second."""


class EngineRoom:
    """What is known of the room that one engine has."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle = 0.0
        """The share that goes into ticks without a session."""
        self._costs: deque[float] = deque(maxlen=5)
        self._cost = limits.usual_cost
        """The share that a session uses."""
        self._uses: deque[tuple[float, float]] = deque(maxlen=3)
        """The share that was used, and by how many sessions."""
        self._borne = 0
        """The most sessions that were open while no tick was left out."""
        self._bad = 0
        self._good = 0
        self._strain = ""
        self._heard_at: Instant | None = None
        self.load: Load | None = None
        """What was measured last."""

    def begin(self) -> None:
        """Another process is in the engine's place: only what calls cost is known."""
        self._uses.clear()
        self._bad = self._good = 0
        self._strain = ""
        self._heard_at = self.load = None

    def take(self, load: Load, now: Instant) -> None:
        """Take what the engine measured since it told last."""
        before = load.sessions if self.load is None else self.load.sessions
        sessions = (before + load.sessions) / 2  # So many used it, as calls come and go.
        used = self._used(load)
        self.load, self._heard_at = load, now
        self._uses.append((used, sessions))
        if not sessions:
            self._idle = used if not self._idle else min(used, (7 * self._idle + used) / 8)
        elif sessions >= self._limits.few:
            self._costs.append(self._cost_in(used, sessions))
            self._cost = median(self._costs)
        if not load.skipped:
            self._borne = max(self._borne, load.sessions)
        self._judge(load)

    def _cost_in(self, used: float, sessions: float) -> float:
        """
        Give what a session costs, as far as a measurement tells.

        That of a few sessions is hidden by what an engine does besides, unless they use much.
        """
        limits = self._limits
        belief = max(sessions**2 / (sessions**2 + limits.doubted**2), min(1.0, used / limits.busy))
        measured = max(0.0, used - self._idle) / sessions
        return belief * measured + (1 - belief) * limits.usual_cost

    def trouble(self, now: Instant) -> str:
        """Say why no call can be taken, whatever it costs; empty: nothing speaks against it."""
        if self._heard_at is not None and now - self._heard_at > self._limits.silence:
            return f"a media engine has told nothing for {now - self._heard_at:.0f} s"
        return self._strain

    def room(self, sessions: int, *, is_full: bool) -> float:
        """Give how many more the engine can bear beside *sessions*, not far beyond what it bore."""
        limits = self._limits
        share = limits.busy_again if is_full else limits.busy
        more = (share - self.expected(sessions)) / self._cost
        return min(more, self._borne + limits.unmeasured - sessions)

    def expected(self, sessions: int) -> float:
        """Give the share that so many sessions will use; one hiccup in three seconds is left out."""
        uses = (used + self._cost * (sessions - measured) for used, measured in self._uses)
        return min(uses, default=self._cost * sessions)

    def _used(self, load: Load) -> float:
        """Give the share of the time that is used, where a few long ticks count like all."""
        limits = self._limits
        return max(load.busy, load.tick / TICK * limits.busy / limits.long_tick)

    def _judge(self, load: Load) -> None:
        limits = self._limits
        is_loaded = load.sessions >= limits.few
        is_bad = load.skipped > 0 or load.late > limits.late
        self._bad = self._bad + 1 if is_bad and is_loaded else 0
        self._good = 0 if is_bad and is_loaded else self._good + 1
        if is_loaded and load.skipped and load.busy >= limits.skipping:
            self._strain = (
                f"a media engine left out {load.skipped} ticks of a second under its load"
            )
        elif self._bad >= limits.patience:
            self._strain = (
                f"a media engine comes late again and again, by {1000 * load.latest:.0f} ms, while "
                f"it is {100 * load.busy:.0f} % busy"
            )
        elif self._good >= limits.patience:
            self._strain = ""


class Admission:
    """Whether the engines of a node bear another call. Full and not full have a distance."""

    def __init__(self, engines: int, limits: Limits = Limits()) -> None:
        self._rooms = [EngineRoom(limits) for _ in range(engines)]
        self.cause = ""
        """Why no call is taken; empty: calls are taken."""

    @property
    def is_full(self) -> bool:
        """Whether another call would be refused."""
        return bool(self.cause)

    @property
    def loads(self) -> tuple[Load | None, ...]:
        """What each engine measured last; ``None``: nothing yet."""
        return tuple(room.load for room in self._rooms)

    def begin(self, engine: int) -> None:
        """Another process has taken the engine's place."""
        self._rooms[engine].begin()

    def take(self, engine: int, load: Load, now: Instant) -> None:
        """Take what an engine measured."""
        self._rooms[engine].take(load, now)

    def by_room(self, sessions: Sequence[int], now: Instant) -> list[int]:
        """Give the engines, the one with the most room first; *sessions*: what each has."""

        def room(engine: int) -> tuple[bool, float]:
            one = self._rooms[engine]
            return bool(one.trouble(now)), one.expected(sessions[engine])

        return sorted(range(len(self._rooms)), key=room)

    def consider(self, sessions: Sequence[int], calls: int, now: Instant) -> bool:
        """
        Decide whether another call is taken beside *calls*, some of which may have no session yet.

        *sessions* are those of each engine, with what is being opened.
        """
        troubles = [room.trouble(now) for room in self._rooms]
        room = sum(
            max(0.0, one.room(taken, is_full=self.is_full))
            for one, taken, trouble in zip(self._rooms, sessions, troubles, strict=True)
            if not trouble
        )
        waiting = max(0, calls - sum(sessions))
        if room - waiting >= 1:
            self.cause = ""
        elif all(troubles):
            self.cause = troubles[0]
        elif not self.is_full:
            self.cause = (
                f"{max(calls, sum(sessions))} calls are all that its media engines can bear in time"
            )
        return not self.is_full

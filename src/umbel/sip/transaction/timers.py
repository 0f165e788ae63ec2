"""Timers as data: what is due when (RFC 3261 section 17 and table 4). Nothing here waits."""

import heapq
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from umbel.core.instants import Duration, Instant

Name = TypeVar("Name", bound=Hashable)

_SPARE: Final = 64
"""Outdated entries that an agenda keeps, however few others there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The lengths that all timers are made of (RFC 3261 table 4)."""

    t1: Duration = 0.5
    """The estimated round trip."""
    t2: Duration = 4.0
    """The longest pause between two retransmissions."""
    t4: Duration = 5.0
    """The longest that a message stays in the network."""

    @property
    def patience(self) -> Duration:
        """Give 64*T1: how long a transaction tries, and how long repetitions may straggle in."""
        return 64 * self.t1


class Timer(StrEnum):
    """The timers of section 17 and RFC 6026, by their letters. (C is a proxy's, we have none.)"""

    A = "INVITE request retransmission"
    B = "INVITE transaction timeout"
    D = "wait for repeated final responses to INVITE"
    E = "request retransmission"
    F = "transaction timeout"
    G = "INVITE response retransmission"
    H = "wait for ACK"
    I = "wait for repeated ACKs"  # noqa: E741 (the RFC's letter)
    J = "wait for repeated requests"
    K = "wait for repeated responses"
    L = "wait for repeated INVITEs after a 2xx"
    M = "wait for repeated and further 2xx"


class Timers(Generic[Name]):
    """The running timers of one machine, by name."""

    def __init__(self) -> None:
        self._due: dict[Name, Instant] = {}

    def __contains__(self, name: Name) -> bool:
        return name in self._due

    @property
    def next_timeout(self) -> Instant | None:
        """When the first timer is due; ``None`` while none runs."""
        return min(self._due.values(), default=None)

    def start(self, name: Name, at: Instant) -> None:
        """Let *name* fire at *at*, instead of whenever it was due before."""
        self._due[name] = at

    def only(self, name: Name, at: Instant) -> None:
        """Stop every timer but *name*, and let it fire at *at*."""
        self._due = {name: at}

    def stop(self, *names: Name) -> None:
        """Stop *names*, running or not."""
        for name in names:
            self._due.pop(name, None)

    def clear(self) -> None:
        """Stop all."""
        self._due.clear()

    def fired(self, now: Instant) -> Iterator[Name]:
        """
        Take out the timers that are due, the earliest first.

        A timer that is stopped while an earlier one is being acted upon does not fire.
        """
        while self._due:
            name = min(self._due, key=self._due.__getitem__)
            if self._due[name] > now:
                return
            del self._due[name]
            yield name


class Agenda(Generic[Name]):
    """When each of many machines is due, without asking all of them each time."""

    def __init__(self) -> None:
        self._due: dict[Name, Instant] = {}
        self._heap: list[tuple[Instant, int, Name]] = []
        self._entries = 0  # breaks ties, so that names are never compared

    def __len__(self) -> int:
        return len(self._due)

    def __contains__(self, name: Name) -> bool:
        return name in self._due

    @property
    def next_timeout(self) -> Instant | None:
        """When the first machine is due."""
        self._drop_outdated()
        return self._heap[0][0] if self._heap else None

    def set(self, name: Name, at: Instant | None) -> None:
        """Note that *name* is due at *at*; ``None``: it waits for nothing, or is gone."""
        if at == self._due.get(name):
            return
        if at is None:
            del self._due[name]
        else:
            self._due[name] = at
            self._entries += 1
            heapq.heappush(self._heap, (at, self._entries, name))
        if len(self._heap) > _SPARE + 2 * len(self._due):
            self._forget_outdated()

    def due(self, now: Instant) -> Iterator[Name]:
        """Take out the machines that are due, the earliest first."""
        while (at := self.next_timeout) is not None and at <= now:
            _at, _entry, name = heapq.heappop(self._heap)
            del self._due[name]
            yield name

    def _forget_outdated(self) -> None:
        """Keep nothing that was stopped: what was to happen then would live until it was due."""
        self._heap = [(at, number, name) for number, (name, at) in enumerate(self._due.items())]
        self._entries = len(self._heap)
        heapq.heapify(self._heap)

    def _drop_outdated(self) -> None:
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)


def doubled(interval: Duration, timing: Timing) -> Duration:
    """Back off: twice the interval, but never longer than T2."""
    return min(2 * interval, timing.t2)

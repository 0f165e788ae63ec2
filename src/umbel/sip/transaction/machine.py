"""What the four transaction machines have in common: a state, its timers, and no surroundings."""

from abc import ABC, abstractmethod
from enum import StrEnum

from umbel.core.instants import Instant, later
from umbel.sip.message import Request

from .effects import Effect, TransportFailed
from .timers import Timer, Timers, Timing


class State(StrEnum):
    """The states of RFC 3261 figures 5 to 8, and Accepted of RFC 6026."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class Transaction(ABC):
    """One request and all that belongs to it. Entries return effects; time is an argument."""

    def __init__(
        self, request: Request, state: State, *, is_reliable: bool, timing: Timing
    ) -> None:
        self.request = request
        self.state = state
        self._is_reliable = is_reliable
        self._timing = timing
        self._timers: Timers[Timer] = Timers()

    @property
    def next_timeout(self) -> Instant | None:
        """When ``handle_timeout`` wants to be called."""
        return self._timers.next_timeout

    @property
    def is_terminated(self) -> bool:
        """Say whether the transaction is over and to be forgotten."""
        return self.state is State.TERMINATED

    def handle_timeout(self, now: Instant) -> list[Effect]:
        """Let every due timer act."""
        return [effect for timer in self._timers.fired(now) for effect in self._on(timer, now)]

    def transport_failed(self, reason: str) -> list[Effect]:
        """Take the news that the last message could not be sent."""
        if self.is_terminated:
            return []
        self._terminate()
        return [TransportFailed(self.request, reason)]

    @abstractmethod
    def _on(self, timer: Timer, now: Instant) -> list[Effect]: ...

    def _terminate(self) -> None:
        self.state = State.TERMINATED
        self._timers.clear()

    def _wait_in(self, state: State, timer: Timer, seconds: float, now: Instant) -> None:
        """Stay to absorb repetitions; over a reliable transport there are none (*seconds* is 0)."""
        if seconds == 0:
            self._terminate()
            return
        self.state = state
        self._timers.only(timer, later(now, seconds))

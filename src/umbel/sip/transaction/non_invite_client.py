"""A request other than INVITE, from the client's side (RFC 3261 section 17.1.2, figure 6)."""

from umbel.core.instants import Instant, later
from umbel.sip.message import Request, Response

from .effects import Deliver, Effect, Send, TimedOut
from .machine import State, Transaction
from .timers import Timer, Timing, doubled


class NonInviteClientTransaction(Transaction):
    """Sends a request until it is answered."""

    def __init__(
        self, request: Request, *, is_reliable: bool, timing: Timing | None = None
    ) -> None:
        super().__init__(request, State.TRYING, is_reliable=is_reliable, timing=timing or Timing())
        self._interval = self._timing.t1

    def start(self, now: Instant) -> list[Effect]:
        """Send the request for the first time."""
        self._timers.start(Timer.F, later(now, self._timing.patience))
        if not self._is_reliable:
            self._timers.start(Timer.E, later(now, self._interval))
        return [Send(self.request)]

    def receive(self, response: Response, now: Instant) -> list[Effect]:
        """Take a response that section 17.1.3 matched to this transaction."""
        match self.state, response.status // 100:
            case State.TRYING | State.PROCEEDING, 1:
                self.state = State.PROCEEDING
                return [Deliver(response)]
            case State.TRYING | State.PROCEEDING, _:
                wait = 0.0 if self._is_reliable else self._timing.t4
                self._wait_in(State.COMPLETED, Timer.K, wait, now)
                return [Deliver(response)]
            case _:
                return []  # A final response repeated: absorbed, never delivered twice.

    def transport_failed(self, reason: str) -> list[Effect]:
        """Take the news that the request could not be sent; once answered, nobody minds."""
        if self.state is State.COMPLETED:
            return []
        return super().transport_failed(reason)

    def _on(self, timer: Timer, now: Instant) -> list[Effect]:
        match timer:
            case Timer.E:
                self._interval = self._next_interval()
                self._timers.start(Timer.E, later(now, self._interval))
                return [Send(self.request)]
            case Timer.F:
                self._terminate()
                return [TimedOut(self.request)]
            case _:  # K: repetitions have died out.
                self._terminate()
                return []

    def _next_interval(self) -> float:
        if self.state is State.PROCEEDING:
            return self._timing.t2  # The server is alive and takes its time.
        return doubled(self._interval, self._timing)

"""An INVITE, from the client's side (RFC 3261 section 17.1.1, figure 5, as RFC 6026 mends it)."""

from umbel.core.instants import Instant, later
from umbel.sip.message import Request, Response

from .effects import Deliver, Effect, Send, TimedOut
from .hop_by_hop import ack_for
from .machine import State, Transaction
from .timers import Timer, Timing

WAIT_FOR_REPEATED_FINAL_RESPONSES = 32.0
"""Timer D over UDP: at least 32 seconds, whatever T1 is."""


class InviteClientTransaction(Transaction):
    """Sends an INVITE until it is answered, and acknowledges every answer but 2xx."""

    def __init__(
        self, request: Request, *, is_reliable: bool, timing: Timing | None = None
    ) -> None:
        super().__init__(request, State.CALLING, is_reliable=is_reliable, timing=timing or Timing())
        self._interval = self._timing.t1
        self._ack: Request | None = None

    def start(self, now: Instant) -> list[Effect]:
        """Send the INVITE for the first time."""
        self._timers.start(Timer.B, later(now, self._timing.patience))
        if not self._is_reliable:
            self._timers.start(Timer.A, later(now, self._interval))
        return [Send(self.request)]

    def receive(self, response: Response, now: Instant) -> list[Effect]:
        """Take a response that section 17.1.3 matched to this transaction."""
        match self.state, response.status // 100:
            case State.CALLING | State.PROCEEDING, 1:
                self.state = State.PROCEEDING
                self._timers.clear()
                return [Deliver(response)]
            case State.CALLING | State.PROCEEDING, 2:
                self._wait_in(State.ACCEPTED, Timer.M, self._timing.patience, now)
                return [Deliver(response)]
            case State.CALLING | State.PROCEEDING, _:
                return [self._acknowledge(response, now), Deliver(response)]
            case State.COMPLETED, 3 | 4 | 5 | 6 if self._ack is not None:
                return [Send(self._ack)]
            case State.ACCEPTED, 2:
                return [Deliver(response)]  # A repetition, or another branch of a fork.
            case _:
                return []

    def transport_failed(self, reason: str) -> list[Effect]:
        """Take the news that a message could not be sent; once answered, that decides nothing."""
        match self.state:
            case State.CALLING:
                return super().transport_failed(reason)
            case State.COMPLETED:
                self._terminate()
                return []
            case _:
                return []

    def abandon(self) -> None:
        """Give up waiting for a final response after CANCEL (section 9.1)."""
        self._terminate()

    def _acknowledge(self, response: Response, now: Instant) -> Effect:
        self._ack = ack_for(self.request, response)
        wait = 0.0 if self._is_reliable else WAIT_FOR_REPEATED_FINAL_RESPONSES
        self._wait_in(State.COMPLETED, Timer.D, wait, now)
        return Send(self._ack)

    def _on(self, timer: Timer, now: Instant) -> list[Effect]:
        match timer:
            case Timer.A:
                self._interval *= 2
                self._timers.start(Timer.A, later(now, self._interval))
                return [Send(self.request)]
            case Timer.B:
                self._terminate()
                return [TimedOut(self.request)]
            case _:  # D or M: whoever repeats now gets no answer.
                self._terminate()
                return []

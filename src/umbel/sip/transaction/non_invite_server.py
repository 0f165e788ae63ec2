"""A request other than INVITE, from the server's side (RFC 3261 section 17.2.2, figure 8)."""

from umbel.core.instants import Instant
from umbel.sip.message import Request, Response

from .effects import Effect, Send
from .machine import State, Transaction
from .timers import Timer, Timing


class NonInviteServerTransaction(Transaction):
    """Answers a request and its repetitions."""

    def __init__(
        self, request: Request, *, is_reliable: bool, timing: Timing | None = None
    ) -> None:
        super().__init__(request, State.TRYING, is_reliable=is_reliable, timing=timing or Timing())
        self._last: Response | None = None

    def receive(self, request: Request, now: Instant) -> list[Effect]:
        """Take a repetition of the request."""
        if self._last is None or self.is_terminated:
            return []  # Trying: the transaction user has not answered yet.
        return [Send(self._last)]

    def respond(self, response: Response, now: Instant) -> list[Effect]:
        """Send a response of the transaction user."""
        match self.state, response.status // 100:
            case State.TRYING | State.PROCEEDING, 1:
                self.state = State.PROCEEDING
            case State.TRYING | State.PROCEEDING, _:
                wait = 0.0 if self._is_reliable else self._timing.patience
                self._wait_in(State.COMPLETED, Timer.J, wait, now)
            case _:
                return []  # A final response has been sent: it stands.
        self._last = response
        return [Send(response)]

    def _on(self, timer: Timer, now: Instant) -> list[Effect]:
        self._terminate()  # J is the only timer: repetitions have died out.
        return []

"""An INVITE, from the server's side (RFC 3261 section 17.2.1, figure 7, as RFC 6026 mends it)."""

from umbel.core.instants import Instant, later
from umbel.sip.message import Request, Response

from .effects import Deliver, Effect, Send, TimedOut, TransportFailed
from .machine import State, Transaction
from .timers import Timer, Timing, doubled


class InviteServerTransaction(Transaction):
    """Answers an INVITE and its repetitions, and awaits the ACK to every answer but 2xx."""

    def __init__(
        self, request: Request, *, is_reliable: bool, timing: Timing | None = None
    ) -> None:
        super().__init__(
            request, State.PROCEEDING, is_reliable=is_reliable, timing=timing or Timing()
        )
        self._interval = self._timing.t1
        self._last: Response | None = None

    def receive(self, request: Request, now: Instant) -> list[Effect]:
        """Take a repeated INVITE or an ACK that section 17.2.3 matched to this transaction."""
        match self.state, request.method:
            case State.PROCEEDING | State.COMPLETED, "INVITE":
                return self._repeat()
            case State.COMPLETED, "ACK":
                wait = 0.0 if self._is_reliable else self._timing.t4
                self._wait_in(State.CONFIRMED, Timer.I, wait, now)
                return []
            case State.ACCEPTED, "ACK":
                return [Deliver(request)]
            case _:
                return []

    def respond(self, response: Response, now: Instant) -> list[Effect]:
        """Send a response of the transaction user; 2xx may be given again and again."""
        match self.state, response.status // 100:
            case State.PROCEEDING, 1:
                self._last = response
            case State.PROCEEDING, 2:
                self._wait_in(State.ACCEPTED, Timer.L, self._timing.patience, now)
            case State.PROCEEDING, _:
                self._complete(response, now)
            case State.ACCEPTED, 2:
                pass
            case _:
                return []  # A final response has been sent: it stands.
        return [Send(response)]

    def transport_failed(self, reason: str) -> list[Effect]:
        """
        Take the news that a response could not be sent; a 2xx is tried again (RFC 6026).

        By UDP that is a datagram lost, and often not even to the peer's harm: ICMP tells of an
        earlier one. The INVITE is repeated, and has to be found here to be no second call.
        """
        is_lost_datagram = not self._is_reliable and not self.is_terminated
        if is_lost_datagram or self.state is State.ACCEPTED:
            return [TransportFailed(self.request, reason)]
        return super().transport_failed(reason)

    def _complete(self, response: Response, now: Instant) -> None:
        self._last = response
        self._wait_in(State.COMPLETED, Timer.H, self._timing.patience, now)
        if not self._is_reliable:
            self._timers.start(Timer.G, later(now, self._interval))

    def _repeat(self) -> list[Effect]:
        return [] if self._last is None else [Send(self._last)]

    def _on(self, timer: Timer, now: Instant) -> list[Effect]:
        match timer:
            case Timer.G:
                self._interval = doubled(self._interval, self._timing)
                self._timers.start(Timer.G, later(now, self._interval))
                return self._repeat()
            case Timer.H:
                self._terminate()
                return [TimedOut(self.request)]
            case _:  # I or L: repetitions have died out.
                self._terminate()
                return []

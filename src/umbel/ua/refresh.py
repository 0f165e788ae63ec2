"""Keeping a session known to be alive, and ending it when it is not (RFC 4028)."""

from typing import TYPE_CHECKING

from umbel.core.instants import Duration, Instant, later
from umbel.sip.message import Request, Response
from umbel.sip.session_timer import (
    SessionTimer,
    agreed_by_response,
    answer_for,
    check_interval,
    minimum_of,
)
from umbel.sip.status import Status

from .failover import Answer
from .responses import ABILITIES, Fields

if TYPE_CHECKING:
    from .leg import Leg

UNREFUSED = frozenset({Status.METHOD_NOT_ALLOWED, Status.NOT_IMPLEMENTED})
"""How a peer says that it does not know UPDATE after all."""

LARGEST_MINIMUM = 24 * 60 * 60
"""Whoever asks for more than a day does not want a session timer."""

RETRIES = 8
"""A refresh that failed is tried again after this fraction of the interval."""


class SessionRefresh:
    """The session timer of one leg."""

    def __init__(self, leg: "Leg") -> None:
        self._leg = leg
        self._timer: SessionTimer | None = None
        self._minimum = 0
        self._peer_takes_update = False

    @property
    def timer(self) -> SessionTimer | None:
        """What was agreed; ``None``: the session needs no refreshing."""
        return self._timer

    def check(self, request: Request) -> None:
        """Refuse with 422 a session interval that is too small for us."""
        check_interval(request, self._leg.correspondence.wire.policy.minimum_session_interval)

    def agree_as_server(self, request: Request, now: Instant) -> Fields:
        """Choose the timer in answer to an INVITE or UPDATE, and give the headers that say so."""
        self._note_methods(request)
        policy = self._leg.correspondence.wire.policy
        self._set(answer_for(request, policy.session_interval), now)
        if self._timer is None:
            return ()
        expires = ("Session-Expires", self._timer.as_server())
        return (expires,) if self._timer.is_refreshed_by_us else (expires, ("Require", "timer"))

    def request_fields(self) -> Fields:
        """Give the headers by which an INVITE or UPDATE of ours asks for a timer."""
        policy = self._leg.correspondence.wire.policy
        minimum = max(self._minimum, policy.minimum_session_interval)
        if self._timer is not None:
            expires = self._timer.as_client(minimum)
        elif policy.session_interval:
            expires = str(max(policy.session_interval, minimum))
        else:
            return ()
        return (("Session-Expires", expires), ("Min-SE", str(minimum)))

    def agree_as_client(self, response: Response, now: Instant) -> None:
        """Take the timer that a 2xx to our INVITE or UPDATE says."""
        self._note_methods(response)
        self._set(agreed_by_response(response), now)

    def raise_minimum(self, response: Response) -> bool:
        """Take the Min-SE of a 422; say whether asking again makes sense (section 7.3)."""
        minimum = minimum_of(response)
        if minimum is None or not self._minimum < minimum <= LARGEST_MINIMUM:
            return False
        self._minimum = minimum
        return True

    def stop(self) -> None:
        """Neither refresh nor expire any more."""
        alarms = self._leg.correspondence.wire.alarms
        alarms.set(self._refresh, None)
        alarms.set(self._expire, None)

    def _set(self, timer: SessionTimer | None, now: Instant) -> None:
        self.stop()
        self._timer = timer
        if timer is None:
            return
        alarms = self._leg.correspondence.wire.alarms
        alarms.set(self._expire, later(now, timer.give_up_after))
        if timer.is_refreshed_by_us:
            alarms.set(self._refresh, later(now, timer.refresh_after))

    def _expire(self, now: Instant) -> None:
        self._leg.leave("the session was not refreshed in time", now, Status.REQUEST_TIMEOUT)

    def _refresh(self, now: Instant) -> None:
        if self._timer is None:
            return
        self._refresh_later(self._timer.interval / RETRIES, now)
        if not self._peer_takes_update:
            self._leg.session.modification.refresh(now)
            return
        dialog = self._leg.current_dialog
        update = dialog.request("UPDATE")
        for name, value in (*ABILITIES, *self.request_fields()):
            update.headers.add(name, value)
        self._leg.correspondence.ask(dialog, update, self._answered, now)

    def _refresh_later(self, seconds: Duration, now: Instant) -> None:
        self._leg.correspondence.wire.alarms.set(self._refresh, later(now, seconds))

    def _answered(self, answer: Answer, now: Instant) -> None:
        if answer.status < 200 or self._leg.is_over or self._leg.lose_if_gone(answer, now):
            return
        if answer.status < 300:
            self._leg.current_dialog.refresh_target(answer.response)
            self.agree_as_client(answer.response, now)
        elif answer.status in UNREFUSED:
            self._peer_takes_update = False
            self._refresh_later(0.0, now)
        elif answer.status == Status.SESSION_INTERVAL_TOO_SMALL and self.raise_minimum(
            answer.response
        ):
            self._refresh_later(0.0, now)

    def _note_methods(self, message: Request | Response) -> None:
        if message.allow:
            self._peer_takes_update = "UPDATE" in message.allow

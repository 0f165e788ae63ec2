"""Blind transfer: REFER and what the peer tells of it (RFC 3515, RFC 3892, RFC 6665)."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from umbel.core.errors import Misuse
from umbel.core.instants import Instant, later
from umbel.sip.address import Address
from umbel.sip.errors import MalformedMessage, UnknownDialog, UnknownEventPackage
from umbel.sip.event import SubscriptionState
from umbel.sip.message import Request
from umbel.sip.refer import StatusFragment
from umbel.sip.status import Status
from umbel.sip.transaction.timers import Agenda
from umbel.sip.uri import Uri

from .events import TransferProgress
from .failover import Answer
from .responses import ALLOW_EVENTS
from .wire import Alarm

_number = re.compile("[0-9]{1,10}").fullmatch

if TYPE_CHECKING:
    from .leg import Leg


ENDINGS = {
    "rejected": Status.FORBIDDEN,
    "timeout": Status.REQUEST_TIMEOUT,
    "giveup": Status.REQUEST_TIMEOUT,
}
"""What a subscription that ends without an outcome comes down to, by its reason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a NOTIFY tells of the call that our REFER asked for."""

    status: int
    reason: str
    is_final: bool


class Transfer:
    """The REFER of one leg, and its implicit subscription, until the outcome is known."""

    def __init__(self, leg: "Leg") -> None:
        self._leg = leg
        self._number: int | None = None
        """The CSeq number of the REFER that is under way; ``None``: there is none."""
        self._is_accepted = False

    def start(self, target: Uri, referred_by: Address | None, now: Instant) -> None:
        """Send REFER."""
        if self._number is not None:
            raise Misuse(f"leg {self._leg.id}: a REFER is under way")
        dialog = self._leg.current_dialog
        refer = dialog.request("REFER")
        refer.headers.add("Refer-To", str(Address(uri=target)))
        if referred_by is not None:
            refer.headers.add("Referred-By", str(referred_by))
        self._number, self._is_accepted = refer.cseq.number, False
        self._leg.correspondence.ask(dialog, refer, self._answered, now)

    def notify(self, key: str, notify: Request, now: Instant) -> None:
        """
        Take a NOTIFY, on whatever connection, before or after the answer to the REFER.

        A ``SipError`` refuses one that belongs to no REFER of ours.
        """
        self._check(notify)
        outcome = outcome_of(notify)
        self._leg.correspondence.respond(key, notify, Status.OK, now)
        self._is_accepted = True
        if outcome.is_final:
            self._conclude(outcome.status, outcome.reason, now)
        else:
            self._hear(outcome, now)

    def peer_left(self) -> None:
        """Take the peer's BYE: after an accepted REFER it tells as much as a final NOTIFY."""
        if self._number is not None and self._is_accepted:
            self._tell(Outcome(Status.OK, "the peer ended the call after it took the REFER", True))

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._number = None
        self._alarms.set(self._fall_silent, None)

    @property
    def _alarms(self) -> Agenda[Alarm]:
        return self._leg.correspondence.wire.alarms

    def _answered(self, answer: Answer, now: Instant) -> None:
        if answer.status < 200 or self._number is None:
            return  # Not decided, or the NOTIFY that decided it overtook the answer.
        if answer.status < 300:
            self._number = answer.request.cseq.number
            self._is_accepted = True
            self._listen(now)
            return
        self._conclude(answer.status, answer.reason, now)
        self._leg.lose_if_gone(answer, now)

    def _check(self, notify: Request) -> None:
        event = notify.event
        if event is None or event.package not in ALLOW_EVENTS:
            raise UnknownEventPackage(event.package if event else "none", allowed=ALLOW_EVENTS)
        if self._number is None or _is_of_earlier_refer(event.id, self._number):
            raise UnknownDialog("NOTIFY for a REFER that is over, or that we never sent")

    def _hear(self, outcome: Outcome, now: Instant) -> None:
        self._listen(now)
        self._tell(outcome)

    def _listen(self, now: Instant) -> None:
        silence = self._leg.correspondence.wire.policy.transfer_silence
        self._alarms.set(self._fall_silent, later(now, silence))

    def _fall_silent(self, now: Instant) -> None:
        self._conclude(Status.REQUEST_TIMEOUT, "the peer tells nothing of the transfer", now)

    def _conclude(self, status: int, reason: str, now: Instant) -> None:
        self.stop()
        self._tell(Outcome(status, reason, True))
        if status // 100 == 2:
            self._leg.leave("transferred", now)

    def _tell(self, outcome: Outcome) -> None:
        self._leg.correspondence.tell(
            TransferProgress(
                leg=self._leg,
                status=outcome.status,
                reason=outcome.reason,
                is_final=outcome.is_final,
            )
        )


def outcome_of(notify: Request) -> Outcome:
    """Read a NOTIFY: the status line in its body or, without one, why the subscription ended."""
    told = _read_fragment(notify.body)
    state = notify.subscription_state
    is_terminated = state is not None and state.is_terminated
    if told is None:
        if state is not None and is_terminated:
            return _without_body(state)
        return Outcome(Status.TRYING, "Trying", False)
    if is_terminated and not told.is_final:
        text = f"the peer stopped telling after {told.status} {told.reason}"
        return Outcome(Status.REQUEST_TIMEOUT, text, True)
    return Outcome(told.status, told.reason, told.is_final)


def _read_fragment(body: bytes) -> StatusFragment | None:
    """Read the status line of a NOTIFY; one that cannot be read tells nothing."""
    try:
        return StatusFragment.parse(body)
    except MalformedMessage:
        return None


def _without_body(state: SubscriptionState) -> Outcome:
    """Conclude from the end of a subscription alone (RFC 6665 section 4.1.3)."""
    status = ENDINGS.get(state.reason or "", Status.SERVER_INTERNAL_ERROR)
    reason = state.reason or "no reason"
    return Outcome(status, f"the peer told no outcome: subscription terminated, {reason}", True)


def _is_of_earlier_refer(event_id: str | None, number: int) -> bool:
    """Say whether a NOTIFY names a REFER before the one with *number* (RFC 3515 section 2.4.6)."""
    return event_id is not None and bool(_number(event_id)) and int(event_id) < number

"""Our own changes to a session: re-INVITE, one at a time (RFC 3261 section 14.1)."""

from functools import partial
from typing import TYPE_CHECKING

from umbel.core.instants import Duration, Instant, later
from umbel.media.offer_answer import LocalMedia
from umbel.sip.dialog import Dialog
from umbel.sip.message import Request, Response
from umbel.sip.status import Status
from umbel.sip.transaction.timers import Agenda

from .acknowledgement import Acknowledgement
from .bodies import SESSION_DESCRIPTION
from .failover import Answer
from .negotiation import Negotiation
from .responses import ABILITIES
from .wire import Alarm

if TYPE_CHECKING:
    from .leg import Leg


class ModifyClient:
    """What we want to change, and the re-INVITE that is under way for it."""

    def __init__(self, leg: "Leg") -> None:
        self._leg = leg
        self._wanted: LocalMedia | None = None
        """What to offer next; ``None``: nothing new."""
        self._is_refresh_wanted = False
        self._offered: LocalMedia | None = None
        """What is offered now."""
        self.is_under_way = False

    def re_offer(self, local: LocalMedia, now: Instant) -> None:
        """Offer *local* as soon as possible, instead of what was wanted before."""
        self._wanted = local
        self.proceed(now)

    def refresh(self, now: Instant) -> None:
        """Offer the same again, for the session timer."""
        self._is_refresh_wanted = True
        self.proceed(now)

    def proceed(self, now: Instant) -> None:
        """Send what is wanted, if anything is and if it is our turn."""
        is_wanted = self._wanted is not None or self._is_refresh_wanted
        if is_wanted and self._leg.is_free_to_offer and self._try_again not in self._alarms:
            self._invite(now)

    def stop(self) -> None:
        """Want nothing any more."""
        self._wanted, self._is_refresh_wanted = None, False
        self._alarms.set(self._try_again, None)

    @property
    def _negotiation(self) -> Negotiation:
        return self._leg.session.current_negotiation

    @property
    def _alarms(self) -> Agenda[Alarm]:
        return self._leg.correspondence.wire.alarms

    def _invite(self, now: Instant) -> None:
        negotiation, dialog = self._negotiation, self._leg.current_dialog
        self._offered, self._wanted = self._wanted, None
        if self._offered is not None:
            negotiation.replace_local(self._offered)
        acks: dict[str, Acknowledgement] = {}
        self.is_under_way = True
        self._leg.correspondence.ask(
            dialog,
            self._build(dialog, negotiation.offer()),
            partial(self._answered, acks),
            now,
            partial(_close, acks),
        )

    def _build(self, dialog: Dialog, offer: bytes) -> Request:
        invite = dialog.request("INVITE")
        for name, value in (*ABILITIES, *self._leg.session.refresh.request_fields()):
            invite.headers.add(name, value)
        invite.headers.add("Content-Type", SESSION_DESCRIPTION)
        invite.body = offer
        return invite

    def _answered(self, acks: dict[str, Acknowledgement], answer: Answer, now: Instant) -> None:
        match answer.status // 100:
            case 1:
                pass
            case 2:
                self._accepted(acks, answer, now)
            case _:
                self._refused(answer, now)

    def _accepted(self, acks: dict[str, Acknowledgement], answer: Answer, now: Instant) -> None:
        tag = answer.response.to.tag or ""
        if tag in acks:
            acks[tag].send(now)  # The peer repeats its 2xx: our ACK was lost.
            return
        leg, dialog = self._leg, self._leg.current_dialog
        dialog.refresh_target(answer.response)
        acks[tag] = leg.correspondence.acknowledge(dialog, answer.request, now)
        self.is_under_way, self._is_refresh_wanted = False, False
        if not leg.is_over and leg.session.take_answer_in(answer.response, now):
            leg.session.refresh.agree_as_client(answer.response, now)
            self.proceed(now)

    def _refused(self, answer: Answer, now: Instant) -> None:
        self.is_under_way = False
        if self._leg.is_over or self._leg.lose_if_gone(answer, now):
            return
        self._negotiation.withdraw_offer()
        if (wait := self._wait_before_retry(answer)) is None:
            self._give_up(answer, now)
        else:
            # What we bring is new already: it is what the peer is answered with meanwhile.
            self._wanted = self._wanted or self._offered
            self._alarms.set(self._try_again, later(now, wait))

    def _wait_before_retry(self, answer: Answer) -> Duration | None:
        """Say when to try again; ``None``: the refusal is meant (sections 14.1 and 20.33)."""
        match answer.status:
            case Status.REQUEST_PENDING:
                fraction = self._leg.correspondence.wire.randomness.fraction()
                # Whoever made the Call-ID waits longer, so that the two do not meet again.
                return 2.1 + 1.9 * fraction if self._leg.is_outbound else 2.0 * fraction
            case Status.SERVER_INTERNAL_ERROR:
                return retry_after(answer.response)
            case Status.SESSION_INTERVAL_TOO_SMALL:
                return 0.0 if self._leg.session.refresh.raise_minimum(answer.response) else None
            case _:
                return None

    def _try_again(self, now: Instant) -> None:
        self._is_refresh_wanted |= self._wanted is None
        self.proceed(now)

    def _give_up(self, answer: Answer, now: Instant) -> None:
        """Leave the session as it was (section 14.1)."""
        self._is_refresh_wanted = False
        if self._offered is not None:
            self._negotiation.revert_local()
            self._leg.tell_re_offer_refused(answer.status, answer.reason)
        self.proceed(now)


def retry_after(response: Response) -> Duration | None:
    """Read Retry-After (section 20.33); ``None``: there is none that makes sense."""
    value = (response.headers.get("Retry-After") or "").partition(";")[0].partition("(")[0].strip()
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else None


def _close(acks: dict[str, Acknowledgement], now: Instant) -> None:
    for ack in acks.values():
        ack.close()

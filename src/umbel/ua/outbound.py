"""A call of ours, until somebody answers or nobody will (RFC 3261 section 13.2)."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from umbel.core.instants import Instant
from umbel.media.offer_answer import LocalMedia
from umbel.sip.dialog import Dialog, DialogState
from umbel.sip.status import Status
from umbel.sip.uri import Uri

from .acknowledgement import Acknowledgement
from .bodies import SESSION_DESCRIPTION, early_description
from .failover import Answer, Pursuit
from .redirections import Redirections
from .requests import add_route, as_request_uri
from .responses import reason_field

if TYPE_CHECKING:
    from .leg import Leg

FINAL_EVERYWHERE = 600
"""From here on a response means that no other place will do better (section 21.6)."""


class OutboundInvite:
    """An INVITE of ours: through redirections, refused intervals and forks, to one answer."""

    def __init__(self, leg: "Leg", route: tuple[Uri, ...]) -> None:
        self._leg = leg
        self._route = route
        self._number = 0
        self._pursuit: Pursuit | None = None
        self._redirections = Redirections(
            leg.request.uri, limit=leg.correspondence.wire.policy.most_redirections
        )
        self._forks: dict[str, _Fork] = {}
        self._is_taken = False

    def start(self, local: LocalMedia, now: Instant) -> None:
        """Send the INVITE with our offer."""
        self._leg.request.headers.add("Content-Type", SESSION_DESCRIPTION)
        self._leg.request.body = self._leg.session.begin(local).offer()
        self._send(self._leg.request.uri, self._route, now)

    def withdraw(self, reason: str, now: Instant) -> None:
        """Cancel; if the peer answers with 2xx nevertheless, that is hung up at once."""
        self._leg.conclude(Status.REQUEST_TERMINATED, reason or "cancelled", now, by_peer=False)
        self._cancel(reason, now)

    def terminate(self, status: int, reason: str, now: Instant) -> None:
        """Take a BYE that overtook its 2xx."""
        self._leg.conclude(status, reason, now, by_peer=True)
        self._cancel(reason, now)

    def _cancel(self, reason: str, now: Instant) -> None:
        if self._pursuit is not None:
            self._pursuit.cancel(reason_field(Status.REQUEST_TERMINATED, reason), now)

    def _send(self, target: Uri, route: tuple[Uri, ...], now: Instant) -> None:
        invite = replace(
            self._leg.request,
            uri=as_request_uri(target),
            headers=self._leg.request.headers.copy(),
        )
        invite.headers.set("CSeq", f"{self._next_number()} INVITE")
        add_route(invite, route)
        for name, value in self._leg.session.refresh.request_fields():
            invite.headers.set(name, value)
        self._pursuit = self._leg.correspondence.invite(
            invite,
            route[0] if route else target,
            self._answered,
            self._over,
            now,
            self._next_number,
        )

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _answered(self, answer: Answer, now: Instant) -> None:
        match answer.status // 100:
            case 1:
                self._alerted(answer)
            case 2:
                self._accepted(answer, now)
            case _:
                self._refused(answer, now)

    def _over(self, now: Instant) -> None:
        for fork in self._forks.values():
            if fork.ack is not None:
                fork.ack.close()

    # --- provisional responses ---

    def _alerted(self, answer: Answer) -> None:
        if self._leg.is_over:
            return
        if answer.response.to.tag is not None:
            fork = self._fork(answer)
            fork.early_answer = early_description(answer.response) or fork.early_answer
            self._leg.dialog = fork.dialog
        self._leg.tell_ringing(answer.status)

    def _fork(self, answer: Answer) -> "_Fork":
        tag = answer.response.to.tag or ""
        if tag not in self._forks:
            dialog = Dialog.as_client(answer.request, answer.response)
            self._forks[tag] = _Fork(dialog)
            self._leg.correspondence.add_dialog(self._leg, dialog)
        return self._forks[tag]

    # --- 2xx ---

    def _accepted(self, answer: Answer, now: Instant) -> None:
        fork = self._fork(answer)
        if fork.ack is not None:
            fork.ack.send(now)  # The peer repeats its 2xx: our ACK was lost.
            return
        fork.dialog.confirm(answer.response)
        fork.ack = self._leg.correspondence.acknowledge(fork.dialog, answer.request, now)
        if self._leg.is_over or self._is_taken:
            self._dismiss(fork, now)
        else:
            self._is_taken = True
            self._take(fork, answer, now)

    def _take(self, fork: "_Fork", answer: Answer, now: Instant) -> None:
        leg = self._leg
        leg.dialog = fork.dialog
        leg.session.refresh.agree_as_client(answer.response, now)
        if leg.session.take_answer_in(answer.response, now, otherwise=fork.early_answer):
            leg.establish(now)

    def _dismiss(self, fork: "_Fork", now: Instant) -> None:
        """Hang up on who answered too late: after our CANCEL, or after somebody else (13.2.2.4)."""
        if fork.dialog.state is DialogState.CONFIRMED:
            self._leg.correspondence.say_goodbye(fork.dialog, "answered too late", now)

    # --- other final responses ---

    def _refused(self, answer: Answer, now: Instant) -> None:
        if self._leg.is_over:
            return
        if self._asks_for_longer_interval(answer):
            self._send(answer.request.uri, self._route_to(answer.request.uri), now)
            return
        self._redirections.note(answer.response)
        target = None if answer.status >= FINAL_EVERYWHERE else self._redirections.next_target()
        if target is not None:
            self._send(target, (), now)
        else:
            self._leg.conclude(answer.status, answer.reason, now, by_peer=not answer.is_local)

    def _asks_for_longer_interval(self, answer: Answer) -> bool:
        return (
            answer.status == Status.SESSION_INTERVAL_TOO_SMALL
            and self._leg.session.refresh.raise_minimum(answer.response)
        )

    def _route_to(self, target: Uri) -> tuple[Uri, ...]:
        return self._route if target == self._leg.request.uri else ()


@dataclass(slots=True)
class _Fork:
    """One of those who answered: the dialog with them, and our ACK to their 2xx."""

    dialog: Dialog
    early_answer: bytes | None = None
    """The SDP of a provisional response, for peers that leave it out of their 200."""
    ack: Acknowledgement | None = None

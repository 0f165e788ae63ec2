"""The other end of a transfer: a REFER that the peer sends us (RFC 3515 sections 2.4.2 to 2.4.5)."""

from typing import TYPE_CHECKING

from umbel.core.instants import Instant
from umbel.sip.errors import SipError
from umbel.sip.message import Request
from umbel.sip.refer import SIPFRAG, ReferTarget, StatusFragment
from umbel.sip.status import Status, phrase_of

from .events import TransferRequested
from .failover import Answer

if TYPE_CHECKING:
    from .leg import Leg

SUBSCRIPTION_SECONDS = 180
"""How long we promise to tell of the call that was asked for."""


class MissingReferTo(SipError):
    """A REFER that does not say whom to call."""


class Referral:
    """One REFER of the peer, until its outcome has been told."""

    def __init__(self, leg: "Leg", key: str, refer: Request) -> None:
        self._leg = leg
        self._key = key
        self._refer = refer
        if refer.refer_to is None:
            raise MissingReferTo("REFER: found no Refer-To, expected one (RFC 3515 section 2.4.1)")
        self._target = ReferTarget.of(refer.refer_to.uri).uri

    def offer(self) -> None:
        """Tell the application, which accepts or declines."""
        self._leg.correspondence.tell(TransferRequested(leg=self._leg, target=self._target))

    def decline(self, now: Instant) -> None:
        """Stay in this call."""
        self._leg.correspondence.respond(self._key, self._refer, Status.DECLINE, now)

    def accept(self, now: Instant) -> None:
        """Take it, and say that the call is on its way."""
        self._leg.correspondence.respond(self._key, self._refer, Status.ACCEPTED, now)
        self._notify(Status.TRYING, f"active;expires={SUBSCRIPTION_SECONDS}", now)

    def report(self, status: int, now: Instant) -> None:
        """Say how the call ended up; nothing more follows."""
        self._notify(status, "terminated;reason=noresource", now)

    def _notify(self, status: int, state: str, now: Instant) -> None:
        dialog = self._leg.current_dialog
        notify = dialog.request("NOTIFY")
        notify.headers.add("Event", "refer")
        notify.headers.add("Subscription-State", state)
        notify.headers.add("Content-Type", f"{SIPFRAG};version=2.0")
        notify.body = bytes(StatusFragment(status=status, reason=phrase_of(status)))
        self._leg.correspondence.ask(dialog, notify, _ignore, now)


def _ignore(answer: Answer, now: Instant) -> None:
    """Leave an answer as it is: a peer that does not want to know has hung up."""

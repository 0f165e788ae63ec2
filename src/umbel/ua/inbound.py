"""The INVITE that a peer began a leg with, until we have decided (RFC 3261 section 13.3)."""

from typing import TYPE_CHECKING, Final

from umbel.core.errors import PeerError
from umbel.core.instants import Duration, Instant, later
from umbel.media.offer_answer import LocalMedia
from umbel.sip.address import Address
from umbel.sip.dialog import Dialog
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.sip.status import Status
from umbel.sip.uri import Uri

from .bodies import session_description
from .responses import ABILITIES, Fields, contact_field, reason_field, refusal_fields

if TYPE_CHECKING:
    from .leg import Leg

_TRYING: Final[Duration] = 0.2
"""Seconds within which another answer makes 100 needless (RFC 3261 section 17.2.1)."""


class InboundInvite:
    """An INVITE of the peer that waits for our answer."""

    def __init__(self, leg: "Leg", key: str, source: Source) -> None:
        self._leg = leg
        self._key = key
        self._source = source
        self._request = leg.request
        self._alarms = leg.correspondence.wire.alarms

    def begin(self, now: Instant) -> None:
        """Begin the dialog: the peer may name it as soon as it rings. Send 100 if that takes long."""
        correspondence = self._leg.correspondence
        dialog = Dialog.as_server(self._request, correspondence.local_tag)
        self._leg.dialog = dialog
        correspondence.add_dialog(self._leg, dialog)
        self._alarms.set(self._try, later(now, _TRYING))

    def _try(self, now: Instant) -> None:
        self._respond(Status.TRYING, now)

    def ring(self, now: Instant) -> None:
        """Send 180, and again before a proxy on the way loses patience (13.3.1.1)."""
        self._alarms.set(self._try, None)
        self._respond(Status.RINGING, now, fields=(*self._contact(), *ABILITIES))
        again = later(now, self._leg.correspondence.wire.policy.ring_again)
        self._alarms.set(self.ring, again)

    def answer(self, local: LocalMedia, now: Instant) -> None:
        """Send 200 with our answer, or with our offer where the peer made none."""
        leg = self._leg
        negotiation = leg.session.begin(local)
        try:
            offer = session_description(self._request)
            body = negotiation.offer() if offer is None else negotiation.answer(offer)
        except PeerError as error:
            self._refuse(error, now)
            return
        self._still()
        leg.accept_call()
        leg.session.accept(
            self._key, self._request, self._source, body, on_ack=self._acknowledged, now=now
        )

    def reject(self, status: int, reason: str, fields: Fields, now: Instant) -> None:
        """Send a final response of 4xx to 6xx."""
        self._finish(status, now, (*fields, *reason_field(status, reason)))
        self._leg.conclude(status, reason or _phrase(status), now, by_peer=False)

    def redirect(self, contact: Uri, now: Instant) -> None:
        """Send 302."""
        self._finish(Status.MOVED_TEMPORARILY, now, (("Contact", str(Address(uri=contact))),))
        self._leg.conclude(Status.MOVED_TEMPORARILY, f"redirected to {contact}", now, by_peer=False)

    def withdraw(self, reason: str, now: Instant) -> None:
        """Refuse the call because whoever served it hung up."""
        self.reject(Status.TEMPORARILY_UNAVAILABLE, reason, (), now)

    def terminate(self, status: int, reason: str, now: Instant) -> None:
        """Send 487 because the peer withdrew, with CANCEL or with BYE in the early dialog."""
        self._finish(Status.REQUEST_TERMINATED, now)
        self._leg.conclude(status, reason, now, by_peer=True)

    def _refuse(self, error: PeerError, now: Instant) -> None:
        status = Status(error.status)
        self._finish(status, now, refusal_fields(error, self._leg.correspondence.wire.identity))
        self._leg.conclude(status, str(error), now, by_peer=False)

    def _finish(self, status: int, now: Instant, fields: Fields = ()) -> None:
        self._still()
        self._respond(status, now, fields=fields)

    def _still(self) -> None:
        """Send no provisional response any more."""
        self._alarms.set(self.ring, None)
        self._alarms.set(self._try, None)

    def _respond(self, status: int, now: Instant, *, fields: Fields = ()) -> None:
        self._leg.correspondence.respond(self._key, self._request, status, now, fields=fields)

    def _contact(self) -> Fields:
        return contact_field(self._request, self._source, self._leg.correspondence.wire.identity)

    def _acknowledged(self, ack: Request, now: Instant) -> None:
        if self._leg.session.take_answer_in(ack, now):
            self._leg.establish(now)


def _phrase(status: int) -> str:
    try:
        return Status(status).phrase
    except ValueError:
        return str(status)

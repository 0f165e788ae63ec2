"""What a user agent does with each message that arrives (RFC 3261 section 8.2)."""

from umbel.core.errors import PeerError
from umbel.core.instants import Instant
from umbel.sip.dialog import DialogId, OutOfOrder
from umbel.sip.errors import UnknownDialog
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.sip.status import Status
from umbel.sip.transaction.effects import AckArrived, RequestArrived

from .admission import Admits
from .bodies import session_description
from .correspondence import Correspondence
from .doorkeeper import Doorkeeper, Knows
from .entrance import Entrance
from .events import CallOffered, PeerMisbehaved
from .in_dialog import serve
from .inbound import InboundInvite
from .leg import Leg, LegDirection
from .legs import Legs
from .responses import Fields, abilities, reason_in, refusal_fields, response_to
from .screening import screen
from .wire import Wire

MISBEHAVIOUR = frozenset({Status.BAD_REQUEST, Status.LOOP_DETECTED})
"""What no healthy peer is answered; the other refusals are the usual course of business."""


class Reception:
    """Takes what the network brings and leads it to its leg, or answers it here."""

    def __init__(self, wire: Wire, legs: Legs, knows: Knows, admits: Admits) -> None:
        self._wire = wire
        self._legs = legs
        self._entrance = Entrance(wire)
        self._doorkeeper = Doorkeeper(wire, legs, knows)
        self._admits = admits
        self.is_accepting = True

    def receive(self, data: bytes, source: Source, now: Instant) -> bool:
        """Take the octets of one message, and say whether it was let in."""
        message = self._entrance.admit(data, source)
        if message is None or not self._doorkeeper.admits(message, source):
            return False
        for arrival in self._wire.receive(message, source, now):
            match arrival:
                case RequestArrived():
                    self._take(arrival, now)
                case AckArrived(request=ack):
                    self._take_ack(ack, now)
        return True

    def refuse(self, octets: bytes, source: Source, error: PeerError) -> None:
        """Take the octets of what a stream brought in place of a message."""
        self._entrance.refuse(octets, error, source)

    def lose_caller(self, key: str, reason: str, now: Instant) -> None:
        """End the leg of the INVITE named *key* where its transaction has ended with no answer."""
        leg = self._legs.with_invite(key)
        if leg is None or self._wire.knows_transaction(key):
            return
        if leg.is_waiting_for_decision:
            leg.peer_left(Status.SERVICE_UNAVAILABLE, reason, now)

    def _take(self, arrival: RequestArrived, now: Instant) -> None:
        try:
            screen(arrival.request, is_merged=arrival.is_merged)
            self._lead(arrival, now)
        except PeerError as error:
            self._refuse(arrival, error, now)
        except Exception:
            # A fault of ours is told by whoever drives us; the peer gets an answer all the same, and
            # its transaction an end.
            self._respond(arrival, Status.SERVER_INTERNAL_ERROR, now)
            raise

    def _lead(self, arrival: RequestArrived, now: Instant) -> None:
        match arrival.request.method, arrival.request.to.tag:
            case "CANCEL", _:
                self._take_cancel(arrival, now)
            case "INVITE", None:
                self._take_invite(arrival, now)
            case "OPTIONS", None:
                self._take_options(arrival, now)
            case _:
                self._take_in_dialog(arrival, now)

    def _take_in_dialog(self, arrival: RequestArrived, now: Instant) -> None:
        found = self._legs.with_dialog(DialogId.of_request(arrival.request))
        if found is None:
            raise UnknownDialog("this dialog is not known here")
        leg, dialog = found
        dialog.receive(arrival.request)
        serve(leg, dialog, arrival.key, arrival.request, arrival.source, now)

    def _take_ack(self, ack: Request, now: Instant) -> None:
        found = self._legs.with_dialog(DialogId.of_request(ack))
        if found is not None:
            found[0].session.acknowledge(ack, now)

    def _take_invite(self, arrival: RequestArrived, now: Instant) -> None:
        request, source = arrival.request, arrival.source
        if not self.is_accepting:
            self._respond(arrival, Status.SERVICE_UNAVAILABLE, now, self._retry_after())
            return
        session_description(request)  # Refused with 415 before anybody hears of the call.
        correspondence = Correspondence(self._wire, self._legs, invite=request, source=source)
        leg = Leg(
            correspondence,
            direction=LegDirection.INBOUND,
            request=request,
            remote=request.from_,
            source=source,
        )
        leg.session.refresh.check(request)
        self._legs.add(leg)
        self._legs.add_invite(leg, arrival.key)
        leg.invitation = invitation = InboundInvite(leg, arrival.key, source)
        invitation.begin(now)
        self._wire.tell(CallOffered(leg=leg, request=request, source=source))

    def _take_cancel(self, arrival: RequestArrived, now: Instant) -> None:
        """Answer a CANCEL for itself, then end what it means, if that is undecided (section 9.2)."""
        cancel = arrival.request
        key = self._wire.invite_cancelled_by(cancel)
        if key is None:
            raise UnknownDialog("there is no INVITE that this CANCEL could mean")
        leg = self._legs.with_invite(key)
        # The same tag as in the answer to the INVITE, should that cross the CANCEL.
        to_tag = None if leg is None else leg.correspondence.local_tag
        self._respond(arrival, Status.OK, now, to_tag=to_tag)
        if leg is not None and leg.is_waiting_for_decision:
            leg.peer_left(Status.REQUEST_TERMINATED, reason_in(cancel) or "cancelled", now)

    def _take_options(self, arrival: RequestArrived, now: Instant) -> None:
        """Answer as an INVITE would be answered (section 11.2)."""
        if not self.is_accepting:
            self._respond(arrival, Status.SERVICE_UNAVAILABLE, now, self._retry_after())
        elif refusal := self._admits(arrival.source):
            self._respond(arrival, refusal.status, now, refusal.fields(self._wire.identity))
        else:
            self._respond(arrival, Status.OK, now, abilities())

    def _refuse(self, arrival: RequestArrived, error: PeerError, now: Instant) -> None:
        fields = refusal_fields(error, self._wire.identity)
        self._respond(arrival, error.status, now, fields)
        if error.status in MISBEHAVIOUR or isinstance(error, OutOfOrder):
            self._wire.tell(PeerMisbehaved(source=arrival.source, reason=str(error)))

    def _respond(
        self,
        arrival: RequestArrived,
        status: int,
        now: Instant,
        fields: Fields = (),
        *,
        to_tag: str | None = None,
    ) -> None:
        response = response_to(
            arrival.request,
            status,
            self._wire.identity,
            to_tag=to_tag or self._wire.randomness.token(8),
            fields=fields,
        )
        self._wire.respond(arrival.key, response, now)

    def _retry_after(self) -> Fields:
        return (("Retry-After", str(self._wire.policy.retry_after)),)

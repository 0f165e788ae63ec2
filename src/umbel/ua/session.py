"""The session of one leg: what is agreed, being agreed, and kept alive (RFC 3261 sections 13, 14)."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from umbel.core.errors import Misuse, PeerError
from umbel.core.instants import Instant
from umbel.media.offer_answer import LocalMedia
from umbel.sip.hop import Source
from umbel.sip.message import Request, Response
from umbel.sip.status import Status

from .acceptance import Acceptance
from .bodies import session_description
from .modify_client import ModifyClient
from .negotiation import Negotiation
from .refresh import SessionRefresh
from .responses import ABILITIES, contact_field, response_to

if TYPE_CHECKING:
    from .leg import Leg

OnAck = Callable[[Request, Instant], None]
Farewell = Callable[[Instant], None]


class Session:
    """Offer and answer, the 2xx that await an ACK, modifications, and the session timer."""

    def __init__(self, leg: "Leg") -> None:
        self._leg = leg
        self._acceptances: dict[int, Acceptance] = {}
        self._farewell: Farewell | None = None
        self.negotiation: Negotiation | None = None
        """``None`` until we offered or answered."""
        self.modification = ModifyClient(leg)
        self.refresh = SessionRefresh(leg)

    def begin(self, local: LocalMedia) -> Negotiation:
        """Bring our media into the session."""
        randomness = self._leg.correspondence.wire.randomness
        self.negotiation = Negotiation(local, randomness, self._leg.tell_media)
        return self.negotiation

    @property
    def current_negotiation(self) -> Negotiation:
        """The negotiation, where there must be one: the call has been answered."""
        if self.negotiation is None:
            raise Misuse(f"leg {self._leg.id} is {self._leg.state}: it has no session yet")
        return self.negotiation

    @property
    def is_awaiting_ack(self) -> bool:
        """Whether a 2xx of ours has not been acknowledged."""
        return bool(self._acceptances)

    @property
    def is_offering(self) -> bool:
        """Whether an offer of ours has not been answered."""
        return self.negotiation is not None and self.negotiation.is_awaiting_answer

    # --- INVITEs of the peer ---

    def accept(
        self,
        key: str,
        invite: Request,
        source: Source,
        body: bytes,
        *,
        on_ack: OnAck,
        now: Instant,
    ) -> None:
        """Send 2xx to an INVITE and repeat it until *on_ack* is told."""
        correspondence = self._leg.correspondence
        identity = correspondence.wire.identity
        response = response_to(
            invite,
            Status.OK,
            identity,
            to_tag=correspondence.local_tag,
            fields=(
                *contact_field(invite, source, identity),
                *ABILITIES,
                *self.refresh.agree_as_server(invite, now),
            ),
            body=body,
        )
        acceptance = Acceptance(
            correspondence.wire,
            key,
            response,
            on_ack=on_ack,
            on_silence=partial(self._not_acknowledged, invite.cseq.number),
        )
        self._forget_acceptance(invite.cseq.number)
        self._acceptances[invite.cseq.number] = acceptance
        correspondence.enter()
        acceptance.start(now)

    def acknowledge(self, ack: Request, now: Instant) -> None:
        """Take an ACK; repeated ones, and those of refusals, say nothing new."""
        acceptance = self._acceptances.pop(ack.cseq.number, None)
        if acceptance is None:
            return
        if self._farewell is None:
            acceptance.acknowledge(ack, now)
            self.modification.proceed(now)
        else:
            acceptance.stop()
            self._say_goodbye(now)
        self._leg.correspondence.finish()

    def take_answer_in(
        self, message: Request | Response, now: Instant, otherwise: bytes | None = None
    ) -> bool:
        """Take the answer that an ACK or 2xx owes us; without it there is no session."""
        negotiation = self.negotiation
        if negotiation is None or not negotiation.is_awaiting_answer:
            return True
        try:
            answer = session_description(message) or otherwise
            if answer is None:
                raise MissingAnswer(f"the {message.cseq.method} has no answer to our offer")
            negotiation.take_answer(answer)
        except PeerError as error:
            negotiation.withdraw_offer()
            self._leg.leave(str(error), now, status=error.status)
            return False
        return True

    def _not_acknowledged(self, number: int, now: Instant) -> None:
        self._acceptances.pop(number, None)
        if self._farewell is None:
            self._leg.leave("no ACK to our 200", now, status=Status.REQUEST_TIMEOUT)
        else:
            self._say_goodbye(now)
        self._leg.correspondence.finish()

    # --- changes of ours ---

    def re_offer(self, local: LocalMedia, now: Instant) -> None:
        """Offer other media as soon as possible."""
        self.modification.re_offer(local, now)

    # --- the end ---

    def say_goodbye_when_allowed(self, reason: str, now: Instant) -> None:
        """Send BYE; as the callee not before the ACK, or before it is given up (section 15)."""
        dialog = self._leg.current_dialog
        self._farewell = partial(self._leg.correspondence.say_goodbye, dialog, reason)
        if not (self._leg.is_awaiting_first_ack and self._acceptances):
            self._say_goodbye(now)

    def stop(self) -> None:
        """Let nothing of the session act any more, but for a 2xx whose ACK allows our BYE."""
        self.modification.stop()
        self.refresh.stop()
        if self._farewell is None:
            self.forget_acceptances()

    def forget_acceptances(self) -> None:
        """Await no ACK any more, and send no BYE: the peer has left."""
        self._farewell = None
        acceptances, self._acceptances = self._acceptances, {}
        for acceptance in acceptances.values():
            acceptance.stop()
            self._leg.correspondence.finish()

    def _forget_acceptance(self, number: int) -> None:
        """Await one ACK no more: the peer has sent another INVITE with the same number."""
        acceptance = self._acceptances.pop(number, None)
        if acceptance is not None:
            acceptance.stop()
            self._leg.correspondence.finish()

    def _say_goodbye(self, now: Instant) -> None:
        farewell, self._farewell = self._farewell, None
        if farewell is not None:
            farewell(now)


class MissingAnswer(PeerError):
    """An ACK, or a 2xx to our INVITE, without the answer that it owed."""

    status = Status.NOT_ACCEPTABLE_HERE

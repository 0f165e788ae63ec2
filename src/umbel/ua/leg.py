"""One call leg: a dialog with its offer, answer and media, and the verbs to lead it."""

from enum import StrEnum

from umbel.core.errors import Misuse
from umbel.core.instants import Instant
from umbel.media.offer_answer import LocalMedia
from umbel.media.session import MediaSession
from umbel.sip.address import Address
from umbel.sip.dialog import Dialog
from umbel.sip.digest import Credentials
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.sip.status import Status
from umbel.sip.uri import Uri

from .correspondence import Correspondence
from .events import Established, LegEnded, MediaAgreed, ReOfferRefused, Ringing
from .failover import Answer
from .inbound import InboundInvite
from .outbound import OutboundInvite
from .referral import Referral
from .session import Session
from .transfer import Transfer


class LegDirection(StrEnum):
    """Who called."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class LegState(StrEnum):
    """How far a leg is."""

    OFFERED = "offered"
    """The peer's INVITE waits for us."""
    CALLING = "calling"
    """Our INVITE waits for the peer."""
    ANSWERED = "answered"
    """We sent 200; its ACK has not come."""
    ESTABLISHED = "established"
    ENDED = "ended"
    """``LegEnded`` has been told."""


class Leg:
    """
    One call, as this end of it sees it.

    The verbs return at once; what comes of them is told by events. On a leg that has ended they
    do nothing, because the peer may end it before its ``LegEnded`` has been read.
    """

    def __init__(
        self,
        correspondence: Correspondence,
        *,
        direction: LegDirection,
        request: Request,
        remote: Address,
        source: Source | None = None,
    ) -> None:
        self.id = correspondence.leg_id
        """Names the leg for as long as the user agent lives."""
        self.direction = direction
        self.state = LegState.OFFERED if source is not None else LegState.CALLING
        self.request = request
        """The INVITE that the leg began with; outbound: without Via."""
        self.source = source
        """Where the INVITE came from; ``None`` for outbound legs."""
        self.remote = remote
        """From of an inbound, To of an outbound leg."""
        self.dialog: Dialog | None = None
        """The dialog of the leg; outbound: once the peer answered with a tag."""
        self.invitation: InboundInvite | OutboundInvite | None = None
        self.correspondence = correspondence
        self.session = Session(self)
        self.transfer = Transfer(self)
        self.referral: Referral | None = None

    # --- verbs of the application ---------------------------------------------------------------

    def ring(self, now: Instant) -> None:
        """Send 180 for an inbound leg, and again each minute until it is answered."""
        if (invite := self._unanswered_invite()) is not None:
            invite.ring(now)

    def authenticate_with(self, credentials: Credentials | None) -> None:
        """Answer challenges with these from now on; ``None``: a challenge is a refusal."""
        self.correspondence.credentials = credentials

    def answer(self, local: LocalMedia, now: Instant) -> None:
        """
        Answer an inbound leg with 200.

        Where the peer's offer cannot be accepted the leg is refused with 488 instead, and ends.
        """
        if (invite := self._unanswered_invite()) is not None:
            invite.answer(local, now)

    def reject(
        self,
        status: int,
        reason: str,
        now: Instant,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Refuse an inbound leg; *reason* is told in a Reason header too."""
        if (invite := self._unanswered_invite()) is not None:
            invite.reject(status, reason, headers, now)

    def redirect(self, contact: Uri, now: Instant) -> None:
        """Send the caller of an inbound leg elsewhere, with 302."""
        if (invite := self._unanswered_invite()) is not None:
            invite.redirect(contact, now)

    def cancel(self, now: Instant, reason: str = "") -> None:
        """Withdraw an outbound call; one that is answered already is hung up."""
        self.hang_up(now, reason)

    def hang_up(self, now: Instant, reason: str = "") -> None:
        """End the leg in the way that its state asks for: BYE, CANCEL or 480."""
        match self.state:
            case LegState.OFFERED | LegState.CALLING if self.invitation is not None:
                self.invitation.withdraw(reason, now)
            case LegState.ANSWERED | LegState.ESTABLISHED:
                self.leave(reason, now)
            case _:
                pass

    def refer(self, target: Uri, referred_by: Address | None, now: Instant) -> None:
        """Ask the peer to call *target* instead of us (RFC 3515); ``TransferProgress`` follows."""
        if self.state is LegState.ENDED:
            return
        if self.state is not LegState.ESTABLISHED:
            raise Misuse(f"leg {self.id} is {self.state}: only an established leg can be referred")
        self.transfer.start(target, referred_by, now)

    def re_offer(self, local: LocalMedia, now: Instant) -> None:
        """Offer other media in this dialog, as soon as no other exchange is under way."""
        if self.state is LegState.ENDED:
            return
        if self.state not in (LegState.ANSWERED, LegState.ESTABLISHED):
            raise Misuse(f"leg {self.id} is {self.state}: there is nothing to offer again")
        self.session.re_offer(local, now)

    def accept_transfer(self, now: Instant) -> None:
        """Take the REFER that ``TransferRequested`` told of; ``report_transfer`` is to follow."""
        if self.referral is not None and self.state is not LegState.ENDED:
            self.referral.accept(now)

    def decline_transfer(self, now: Instant) -> None:
        """Stay in this call."""
        referral, self.referral = self.referral, None
        if referral is not None:
            referral.decline(now)

    def report_transfer(self, status: int, now: Instant) -> None:
        """Tell the peer how the call that it asked for ended up."""
        if self.referral is not None and self.state is not LegState.ENDED:
            self.referral.report(status, now)
            self.referral = None

    # --- for the parts of the leg ---------------------------------------------------------------

    def take_refer(self, key: str, refer: Request, now: Instant) -> None:
        """Put a REFER before the application, or decline it where nobody may send us elsewhere."""
        referral = Referral(self, key, refer)
        if not self.correspondence.wire.policy.follows_transfers or self.referral is not None:
            referral.decline(now)
            return
        self.referral = referral
        referral.offer()

    def tell_ringing(self, status: int) -> None:
        """Tell that the peer is alerting somebody."""
        self.correspondence.tell(Ringing(leg=self, status=status))

    def tell_media(self, media: MediaSession) -> None:
        """Tell that offer and answer are complete."""
        self.correspondence.tell(MediaAgreed(leg=self, media=media))

    def tell_re_offer_refused(self, status: int, reason: str) -> None:
        """Tell that the peer did not take what ``re_offer`` offered."""
        self.correspondence.tell(ReOfferRefused(leg=self, status=status, reason=reason))

    def accept_call(self) -> None:
        """Take our decision to answer: the dialog is confirmed by the 2xx that follows."""
        self.current_dialog.confirm()
        self.state = LegState.ANSWERED

    @property
    def is_awaiting_first_ack(self) -> bool:
        """Whether we are the callee and our 200 has not been acknowledged."""
        return self.state is LegState.ANSWERED

    def establish(self, now: Instant) -> None:
        """Take the ACK that completes the call."""
        self.state = LegState.ESTABLISHED
        self.correspondence.tell(Established(leg=self))
        self.session.modification.proceed(now)

    def leave(self, reason: str, now: Instant, status: int = Status.OK) -> None:
        """Hang up: ``LegEnded`` at once, BYE as soon as it is allowed (section 15)."""
        if self.state is not LegState.ENDED:
            self.session.say_goodbye_when_allowed(reason, now)
            self.conclude(status, reason, now, by_peer=False)

    def conclude(self, status: int, reason: str, now: Instant, *, by_peer: bool) -> None:
        """End the leg, once and for all; ``LegEnded`` is its last event."""
        if self.state is LegState.ENDED:
            return
        self.state = LegState.ENDED
        self.transfer.stop()
        self.session.stop()
        self.decline_transfer(
            now
        )  # Every request is answered, also in a dialog that ends (15.1.2).
        self.correspondence.tell(LegEnded(leg=self, status=status, reason=reason, by_peer=by_peer))
        self.correspondence.close_when_quiet(self)

    def peer_left(self, status: int, reason: str, now: Instant) -> None:
        """Take the peer's BYE or CANCEL, however far the leg is."""
        self.session.forget_acceptances()
        match self.state:
            case LegState.OFFERED | LegState.CALLING if self.invitation is not None:
                self.invitation.terminate(status, reason, now)
            case _:
                self.conclude(status, reason, now, by_peer=True)

    def lose_if_gone(self, answer: Answer, now: Instant) -> bool:
        """End the leg where an answer says that the peer has no dialog, or is not there (12.2.1.2)."""
        if answer.status == Status.CALL_OR_TRANSACTION_DOES_NOT_EXIST:
            self.conclude(answer.status, answer.reason, now, by_peer=True)
        elif answer.status == Status.REQUEST_TIMEOUT:
            self.leave(answer.reason, now, Status.REQUEST_TIMEOUT)
        else:
            return False
        return True

    @property
    def current_dialog(self) -> Dialog:
        """The dialog, where there must be one: something was said in it."""
        if self.dialog is None:
            raise Misuse(f"leg {self.id} is {self.state}: it has no dialog yet")
        return self.dialog

    def let_go(self) -> None:
        """
        Part with what leads a call; nothing is under way any more, and nothing finds the leg.

        Leg and parts know each other: together they would stay until Python looks for such circles.
        """
        del self.session, self.transfer
        self.invitation = self.referral = None

    @property
    def agreed_local(self) -> LocalMedia | None:
        """What the peer was told of our media in the last agreement; ``None``: nothing, or it is over."""
        if self.is_over:
            return None
        negotiation = self.session.negotiation
        return negotiation.agreed_local if negotiation is not None else None

    @property
    def is_outbound(self) -> bool:
        """Whether we called."""
        return self.direction is LegDirection.OUTBOUND

    @property
    def is_over(self) -> bool:
        """Whether ``LegEnded`` has been told."""
        return self.state is LegState.ENDED

    @property
    def is_waiting_for_decision(self) -> bool:
        """Whether the INVITE that the leg began with has not been answered."""
        return self.state in (LegState.OFFERED, LegState.CALLING)

    @property
    def is_free_to_offer(self) -> bool:
        """Whether no offer and no INVITE of either side is under way (section 14.1)."""
        return (
            self.state is LegState.ESTABLISHED
            and not self.session.is_awaiting_ack
            and not self.session.is_offering
            and not self.session.modification.is_under_way
        )

    def _unanswered_invite(self) -> "InboundInvite | None":
        """Give the INVITE that waits for us; ``None``: the leg ended before we decided."""
        if self.state is LegState.ENDED:
            return None
        if self.state is LegState.OFFERED and isinstance(self.invitation, InboundInvite):
            return self.invitation
        raise Misuse(f"leg {self.id} is {self.state}: it does not wait for an answer")

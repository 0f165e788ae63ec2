"""The peer's changes to a session: re-INVITE and UPDATE (RFC 3261 section 14.2, RFC 3311)."""

from functools import partial
from typing import TYPE_CHECKING

from umbel.core.instants import Instant
from umbel.sip.errors import SipError
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.sip.status import Status

from .bodies import session_description
from .responses import ABILITIES, contact_field

if TYPE_CHECKING:
    from .leg import Leg

LONGEST_RETRY_AFTER = 10
"""Seconds; a random whole number up to this is told (section 14.2)."""


class Glare(SipError):
    """Both sides want to change the session at the same time."""

    status = Status.REQUEST_PENDING


class TooEarly(SipError):
    """The peer asks again before we have answered what it asked first."""

    status = Status.SERVER_INTERNAL_ERROR

    def __init__(self, text: str, *, retry_after: int) -> None:
        super().__init__(text)
        self.headers = (("Retry-After", str(retry_after)),)


def take_invite(leg: "Leg", key: str, invite: Request, source: Source, now: Instant) -> None:
    """Answer a re-INVITE; a ``PeerError`` refuses it and leaves the session as it was."""
    body = _answer_or_offer(leg, invite)
    leg.current_dialog.refresh_target(invite)
    on_ack = partial(_acknowledged, leg)
    leg.session.accept(key, invite, source, body, on_ack=on_ack, now=now)


def take_update(leg: "Leg", key: str, update: Request, source: Source, now: Instant) -> None:
    """Answer an UPDATE, with or without an offer (RFC 3311 section 5.2)."""
    session = leg.session
    has_offer = session_description(update) is not None
    session.refresh.check(update)
    body = _answer_or_offer(leg, update) if has_offer else b""
    leg.current_dialog.refresh_target(update)
    fields = (
        *contact_field(update, source, leg.correspondence.wire.identity),
        *ABILITIES,
        *session.refresh.agree_as_server(update, now),
    )
    leg.correspondence.respond(key, update, Status.OK, now, fields=fields, body=body)


def _answer_or_offer(leg: "Leg", request: Request) -> bytes:
    session = leg.session
    if session.modification.is_under_way or session.is_offering:
        raise Glare("an offer of ours in this dialog has not been answered")
    if session.negotiation is None:
        raise TooEarly("the INVITE of this dialog waits for an answer", retry_after=_wait(leg))
    session.refresh.check(request)
    offer = session_description(request)
    return session.negotiation.offer() if offer is None else session.negotiation.answer(offer)


def _acknowledged(leg: "Leg", ack: Request, now: Instant) -> None:
    leg.session.take_answer_in(ack, now)


def _wait(leg: "Leg") -> int:
    return int(leg.correspondence.wire.randomness.fraction() * (LONGEST_RETRY_AFTER + 1))

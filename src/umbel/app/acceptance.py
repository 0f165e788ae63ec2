"""A decision to answer a call, and what follows from it."""

from dataclasses import replace

from umbel.core.errors import PeerError
from umbel.core.instants import Clock
from umbel.directory.classify import ToAttendant, ToMailbox, ToSubscriber
from umbel.directory.records import CallRecord, CallState, Direction
from umbel.sip.address import Address
from umbel.sip.message import Request
from umbel.trace.visible import visible
from umbel.um.places import AtAttendant, AtMailbox, AtSubscriberAccess, Place

from .offers import caller_address, is_anonymous

Accepted = ToAttendant | ToMailbox | ToSubscriber
"""A decision to answer."""


def place_of(accepted: Accepted) -> Place:
    """Say where the caller begins."""
    match accepted:
        case ToAttendant(attendant=attendant, dial_plan=plan):
            return AtAttendant(attendant, plan)
        case ToMailbox(mailbox=mailbox, dial_plan=plan):
            return AtMailbox(mailbox, plan)
        case ToSubscriber(mailbox=mailbox, dial_plan=plan):
            return AtSubscriberAccess(mailbox, plan)


def language_of(accepted: Accepted) -> str:
    """Say which language the caller is spoken to in: the mailbox's own, or the dial plan's."""
    own = (
        ""
        if isinstance(accepted, ToAttendant) or not accepted.mailbox
        else accepted.mailbox.language
    )
    return own or accepted.dial_plan.language


def new_record(call: str, node: str, request: Request, clock: Clock) -> CallRecord:
    """Begin the record of a call that is offered."""
    caller = _readable_caller(request)
    return CallRecord(
        id=call,
        node=node,
        direction=Direction.INBOUND,
        state=CallState.OFFERED,
        started=clock.wall(),
        caller="" if is_anonymous(caller) else visible(caller.uri.user or ""),
        caller_name="" if is_anonymous(caller) else visible(caller.display_name),
        dialled=visible(request.uri.user or ""),
    )


def accepted_record(record: CallRecord, accepted: Accepted) -> CallRecord:
    """Add what was decided about the call."""
    mailbox = None if isinstance(accepted, ToAttendant) else accepted.mailbox
    return replace(
        record,
        gateway=accepted.gateway.name,
        dial_plan=accepted.dial_plan.name,
        mailbox=mailbox.extension if mailbox else "",
        attendant=accepted.attendant.name if isinstance(accepted, ToAttendant) else "",
    )


def _readable_caller(request: Request) -> Address:
    """Give the caller; From alone where an asserted identity cannot be read."""
    try:
        return caller_address(request)
    except PeerError:
        return request.from_

"""Requests inside a dialog, by method (RFC 3261 section 12.2.2)."""

from typing import TYPE_CHECKING

from umbel.core.instants import Instant
from umbel.sip.dialog import Dialog
from umbel.sip.errors import UnknownDialog
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.sip.status import Status

from .events import KeySignalled
from .information import key_of
from .modify_server import take_invite, take_update
from .responses import abilities, reason_in
from .screening import MethodNotAllowed

if TYPE_CHECKING:
    from .leg import Leg


def serve(
    leg: "Leg", dialog: Dialog, key: str, request: Request, source: Source, now: Instant
) -> None:
    """Answer a request that came in order; a ``PeerError`` says how to refuse it."""
    if request.method == "BYE":
        _take_bye(leg, dialog, key, request, now)
        return
    if leg.is_over or dialog is not leg.dialog:
        raise UnknownDialog("the call has ended")
    match request.method:
        case "INVITE":
            take_invite(leg, key, request, source, now)
        case "UPDATE":
            take_update(leg, key, request, source, now)
        case "INFO":
            _take_info(leg, key, request, now)
        case "NOTIFY":
            leg.transfer.notify(key, request, now)
        case "OPTIONS":
            leg.correspondence.respond(key, request, Status.OK, now, fields=abilities())
        case "REFER":
            leg.take_refer(key, request, now)
        case _:
            raise MethodNotAllowed(request.method)


def _take_bye(leg: "Leg", dialog: Dialog, key: str, bye: Request, now: Instant) -> None:
    leg.correspondence.respond(key, bye, Status.OK, now)
    dialog.terminate()
    if dialog is leg.dialog:
        leg.transfer.peer_left()
        leg.peer_left(Status.OK, reason_in(bye) or "the peer hung up", now)


def _take_info(leg: "Leg", key: str, info: Request, now: Instant) -> None:
    pressed = key_of(info)
    leg.correspondence.respond(key, info, Status.OK, now)
    if pressed is not None:
        leg.correspondence.tell(KeySignalled(leg=leg, key=pressed))

"""Strangers: refused without keeping anything of them, so that many of them cost nothing."""

from collections.abc import Callable

from umbel.sip.dialog import DialogId
from umbel.sip.errors import SipError, UnknownDialog
from umbel.sip.hop import Source
from umbel.sip.message import Message, Request, Response
from umbel.sip.status import Status
from umbel.sip.transaction.return_path import hop_back, note_arrival

from .entrance import REFUSED
from .events import StrangerRefused
from .legs import Legs
from .responses import refusal_fields, response_to
from .wire import Wire

Knows = Callable[[Source], str]
"""Says why nobody from there may begin anything with us; empty: they may."""


def everybody(_source: Source) -> str:
    """Know everybody."""
    return ""


class Stranger(SipError):
    """A request of somebody who has no business with us."""

    status = Status.FORBIDDEN


class Doorkeeper:
    """
    Lets in whom the application knows, and whoever takes part in what has begun.

    Strangers are answered as by a stateless server (RFC 3261 section 8.2.7): there is no
    transaction, so that nothing is kept for 32 seconds, and no answer is repeated to an address
    that a datagram merely claims to come from.
    """

    def __init__(self, wire: Wire, legs: Legs, knows: Knows) -> None:
        self._wire = wire
        self._legs = legs
        self._knows = knows

    def admits(self, message: Message, source: Source) -> bool:
        """Say whether a message may be taken; otherwise it has been answered, where it is to be."""
        if isinstance(message, Response):
            return self._wire.is_asked(message)  # A stray is dropped (RFC 6026 section 8.9).
        if self._goes_on(message):
            return True
        why = self._knows(source)
        if not why:
            return True
        self._turn_away(message, source, why)
        return False

    def _goes_on(self, request: Request) -> bool:
        """Say whether a request belongs to what has begun: its tags and branches are secrets."""
        if request.method == "CANCEL":
            return self._wire.invite_cancelled_by(request) is not None
        is_in_dialog = self._legs.with_dialog(DialogId.of_request(request)) is not None
        return is_in_dialog or self._wire.repeats(request)

    def _turn_away(self, request: Request, source: Source, why: str) -> None:
        if request.method == "ACK":
            return
        if request.method == "CANCEL" or request.to.tag is not None:
            self._answer(request, source, UnknownDialog("this call is not known here"))
        else:
            self._answer(request, source, Stranger(why))
            self._wire.tell(StrangerRefused(request=request, source=source))

    def _answer(self, request: Request, source: Source, error: SipError) -> None:
        note_arrival(request, source)
        identity = self._wire.identity
        fields = refusal_fields(error, identity)
        answer = response_to(request, error.status, identity, to_tag=REFUSED, fields=fields)
        self._wire.transmit(bytes(answer), hop_back(request, source))

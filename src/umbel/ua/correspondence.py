"""What one leg says: requests on their way, ACKs, BYEs and answers, until all is quiet."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from umbel.core.instants import Instant
from umbel.sip.dialog import Dialog
from umbel.sip.digest import Credentials
from umbel.sip.hop import Hop, Source
from umbel.sip.message import Request
from umbel.sip.uri import Uri

from .acknowledgement import Acknowledgement
from .events import Event
from .failover import Answer, Errand, Pursuit
from .legs import Legs
from .responses import Fields, reason_field, response_to
from .wire import Wire

if TYPE_CHECKING:
    from .leg import Leg

OnAnswer = Callable[[Answer, Instant], None]
OnOver = Callable[[Instant], None]


class Correspondence:
    """The outgoing side of one leg. It keeps the leg in its table while anything is under way."""

    def __init__(
        self,
        wire: Wire,
        legs: Legs,
        *,
        invite: Request | None = None,
        source: Source | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self.wire = wire
        self.leg_id = wire.randomness.token(6)
        self.local_tag = wire.randomness.token(8)
        self._legs = legs
        self.credentials = credentials
        """What the peer's challenges are answered with (RFC 3261 section 22)."""
        self._connection = _connection_of(source)
        # RFC 5923: the peer's ``alias`` allows requests back by the connection that it opened.
        self._prefers_connection = invite is not None and "alias" in invite.via.parameters
        self._under_way = 0
        self._closing: Leg | None = None

    def tell(self, event: Event) -> None:
        """Tell the application."""
        self.wire.tell(event)

    def add_dialog(self, leg: "Leg", dialog: Dialog) -> None:
        """Have the peer's requests in *dialog* find the leg."""
        self._legs.add_dialog(leg, dialog)

    # --- requests ---

    def ask(
        self,
        dialog: Dialog,
        request: Request,
        on_answer: OnAnswer,
        now: Instant,
        on_over: OnOver | None = None,
    ) -> None:
        """Send a request in *dialog* and tell *on_answer* what comes of it."""
        errand = Errand(
            request=request,
            uri=dialog.next_hop,
            on_answer=partial(self._answered, on_answer),
            on_over=partial(self._over, on_over),
            renumber=dialog.next_sequence,
            credentials=self.credentials,
            secure=dialog.is_secure,
            first=self._first,
            last_resort=self._connection,
        )
        self._pursue(errand, now)

    def invite(
        self,
        request: Request,
        uri: Uri,
        on_answer: OnAnswer,
        on_over: OnOver,
        now: Instant,
        renumber: Callable[[], int],
    ) -> Pursuit:
        """Send the INVITE that a leg begins with."""
        errand = Errand(
            request=request,
            uri=uri,
            on_answer=on_answer,
            on_over=partial(self._over, on_over),
            renumber=renumber,
            credentials=self.credentials,
            secure=request.uri.scheme == "sips",
        )
        return self._pursue(errand, now)

    def acknowledge(self, dialog: Dialog, invite: Request, now: Instant) -> Acknowledgement:
        """Send the ACK to a 2xx; the caller sends it again as often as the 2xx comes."""
        ack = Acknowledgement(
            self.wire, dialog, invite, first=self._first, last_resort=self._connection
        )
        ack.send(now)
        return ack

    def say_goodbye(self, dialog: Dialog, reason: str, now: Instant) -> None:
        """Send BYE; whatever is answered, the dialog is over (section 15.1.1)."""
        bye = dialog.request("BYE")
        for name, value in reason_field(200, reason):
            bye.headers.add(name, value)
        dialog.terminate()
        self.ask(dialog, bye, _ignore, now)

    # --- responses ---

    def respond(
        self,
        key: str,
        request: Request,
        status: int,
        now: Instant,
        *,
        fields: Fields = (),
        body: bytes = b"",
        reason: str = "",
    ) -> None:
        """Answer a request of the peer."""
        response = response_to(
            request,
            status,
            self.wire.identity,
            to_tag=self.local_tag,
            reason=reason,
            fields=fields,
            body=body,
        )
        self.wire.respond(key, response, now)

    # --- the end ---

    def enter(self) -> None:
        """Count one more thing that the leg waits for."""
        self._under_way += 1

    def finish(self) -> None:
        """Count one less; a leg that has ended goes when nothing is left."""
        self._under_way -= 1
        self._close_if_quiet()

    def close_when_quiet(self, leg: "Leg") -> None:
        """Let the ended leg go as soon as nothing of it is under way."""
        self._closing = leg
        self._close_if_quiet()

    def _close_if_quiet(self) -> None:
        if self._closing is not None and self._under_way == 0:
            leg, self._closing = self._closing, None
            self._legs.remove(leg)
            leg.let_go()

    def _pursue(self, errand: Errand, now: Instant) -> Pursuit:
        self.enter()
        pursuit = Pursuit(self.wire, errand)
        pursuit.start(now)
        return pursuit

    def _answered(self, on_answer: OnAnswer, answer: Answer, now: Instant) -> None:
        # What only the connection reached is asked by the connection from now on.
        self._prefers_connection |= not answer.is_local and answer.hop == self._connection
        on_answer(answer, now)

    def _over(self, on_over: OnOver | None, now: Instant) -> None:
        if on_over is not None:
            on_over(now)
        self.finish()

    @property
    def _first(self) -> Hop | None:
        return self._connection if self._prefers_connection else None


def _connection_of(source: Source | None) -> Hop | None:
    if source is None or source.connection is None:
        return None
    return source.hop_back()


def _ignore(answer: Answer, now: Instant) -> None:
    """Leave an answer as it is: nothing follows from it."""

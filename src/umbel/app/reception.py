"""The one table of the calls that live on this node: what is offered is decided and entered here.

What a call is, ``directory.classify`` decides; ``served_call`` sees it to its end.
"""

import asyncio
from dataclasses import replace

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import PeerError
from umbel.core.instants import Duration
from umbel.directory.admission import Refused, refused_by_gateway, refused_by_node
from umbel.directory.classify import Decision, classify
from umbel.directory.objects import Gateway, Node
from umbel.directory.peers import why_unknown
from umbel.directory.records import CallRecord
from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.trace.entry import CallNamed
from umbel.ua.admission import Refusal
from umbel.ua.events import (
    CallOffered,
    Event,
    OptionsAnswered,
    PeerMisbehaved,
    StrangerRefused,
    TransferRequested,
)

from .acceptance import accepted_record, new_record
from .journal import Journal
from .offers import offered, peer_of
from .recognition import Recognition
from .served_call import FAULT, ServedCall, tell_rejection
from .surroundings import Surroundings

PATIENCE: Duration = 10.0
"""How long a call may take to write itself down when the node stops."""


class Reception:
    """Takes the calls that the user agent offers and sees each to its end."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._recognition = Recognition()
        self._served: dict[str, ServedCall] = {}
        """By the leg's name, until the call is written down."""
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Give how many calls live."""
        return len(self._served)

    def live_calls(self) -> set[str]:
        """Give the names of the calls that live."""
        return {served.id for served in self._served.values()}

    # --- what the user agent tells ---------------------------------------------------------

    def receive(self, event: Event) -> None:
        """Take an event of the user agent."""
        match event:
            case CallOffered():
                self._take(event)
            case PeerMisbehaved(source=source, reason=reason):
                peer = f"{source.transport} {source.address}:{source.port}"
                self._around.provoked.tell(
                    catalogue.MALFORMED_MESSAGE, source.address, peer=peer, reason=reason
                )
            case StrangerRefused(request=request, source=source):
                self._tell_stranger(request, source)
            case OptionsAnswered() | TransferRequested():
                pass  # The first is for who asked; and we let nobody send us elsewhere.
            case _:
                served = self._served.get(event.leg.id)
                if served is not None:
                    served.receive(event)

    def why_unknown(self, source: Source) -> str:
        """
        Say why a peer may not call; empty: it is a gateway.

        The peer is told so, and therefore not which gateways there are.
        """
        gateway = self._gateway_at(source)
        if gateway is None:
            around = self._around
            around.arrivals.note_stranger(source, around.snapshot.configuration, around.resolved())
            return f"no gateway is {peer_of(source)}"
        self._around.arrivals.note_request(gateway, source)
        return ""

    def note_failure(self, report: HandshakeReport) -> None:
        """Take note of a handshake that failed: perhaps a gateway began it."""
        around = self._around
        around.arrivals.note_failure(report, around.snapshot.configuration, around.resolved())

    def refusal(self, source: Source) -> Refusal | None:
        """Say how a call of this gateway would be refused now, whatever it is; ``None``: it would not."""
        refused = self._refused_by_us()
        if refused is None and (gateway := self._gateway_at(source)) is not None:
            refused = refused_by_gateway(gateway)
        if refused is None:
            return None
        return Refusal(
            status=refused.status, reason=refused.reason, retry_after=refused.retry_after
        )

    def _refused_by_us(self) -> Refused | None:
        """Say why the node takes nothing new, whoever asks; ``None``: it does."""
        return refused_by_node(self._node) or self._around.capacity.refusal()

    @property
    def _node(self) -> Node:
        """What an administrator set about this node."""
        return self._around.snapshot.configuration.node(self._around.node)

    def _gateway_at(self, source: Source) -> Gateway | None:
        around = self._around
        return self._recognition.gateway(source, around.snapshot.configuration, around.resolved())

    def _tell_stranger(self, request: Request, source: Source) -> None:
        if request.method != "INVITE":
            return
        gateways = self._around.snapshot.configuration.gateways
        self._around.provoked.tell(
            catalogue.CALL_REJECTED,
            source.address,
            call=request.call_id,
            caller=request.from_.uri.user or "anonymous",
            dialled=request.uri.user or "",
            status=403,
            reason=why_unknown(peer_of(source), gateways),
        )

    @property
    def transcoded_calls(self) -> int:
        """Give how many calls have a codec that costs a decoder."""
        return len(self._around.media.codecs)

    def lose_media(self, sessions: frozenset[str]) -> None:
        """A media engine is gone with these sessions: their calls go on in another, or end."""
        for served in list(self._served.values()):
            if served.id in sessions:
                with self._around.faults.contained("leaving a media engine that was lost"):
                    served.lose_media()

    async def stop(self, reason: str) -> None:
        """Hang up every call and wait until each is written down; no other may be offered."""
        for served in list(self._served.values()):
            with self._around.faults.contained("hanging up because the node stops"):
                served.hang_up(reason)
        if self._tasks:
            _written, waiting = await asyncio.wait(self._tasks, timeout=PATIENCE)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    # --- a call that is offered ------------------------------------------------------------

    def _take(self, offer: CallOffered) -> None:
        """Enter the call at once: the caller may give up before its task has begun."""
        around = self._around
        try:
            call = around.randomness.token(5)
            record = new_record(call, around.node, offer.request, around.clock)
            decision = self._decide(offer)
            self._name_in_trace(call, offer.request, decision)
            if isinstance(decision, Refused):
                self._refuse(offer, record, decision)
                return
            served = ServedCall(offer, decision, accepted_record(record, decision), around)
        except Exception:
            offer.leg.reject(500, FAULT, around.clock.now())
            raise
        self._served[offer.leg.id] = served
        task = asyncio.get_running_loop().create_task(self._serve(offer.leg.id, served))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, leg: str, served: ServedCall) -> None:
        try:
            with self._around.faults.contained("putting a call down"):
                await served.serve()
        finally:
            del self._served[leg]

    def _name_in_trace(self, call: str, request: Request, decision: Decision) -> None:
        gateway = decision.gateway.name if decision.gateway else ""
        self._around.trace(
            CallNamed(
                at=self._around.clock.wall(), call=call, call_id=request.call_id, gateway=gateway
            )
        )

    def _decide(self, offer: CallOffered) -> Decision:
        around = self._around
        if refused := self._refused_by_us():
            return refused
        try:
            call = offered(offer.request, offer.source)
            return classify(call, self._gateway_at(offer.source), around.snapshot.directory)
        except PeerError as error:
            return Refused(status=error.status, reason=str(error))

    def _refuse(self, offer: CallOffered, record: CallRecord, refused: Refused) -> None:
        around = self._around
        again = refused.retry_after
        headers = () if again is None else (("Retry-After", str(again)),)
        offer.leg.reject(refused.status, refused.reason, around.clock.now(), headers)
        around.settle()
        gateway = refused.gateway.name if refused.gateway else ""
        journal = Journal(
            replace(record, gateway=gateway),
            clock=around.clock,
            keeper=around.records,
            watch=around.watch,
        )
        journal.ended(refused.status, refused.reason)
        if refused.is_told_in_sum:
            around.capacity.note_refused()
        else:
            tell_rejection(around, journal.record)

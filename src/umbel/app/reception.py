"""Calls from their offer to their end: the one table of the calls that live on this node.

What a call is, ``directory.classify`` decides; what the caller meets, ``um.flows``. Here is only
the order of things: classify, open a media session, answer, lead, hang up, close, write it down.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import PeerError, Unavailable
from umbel.core.events import Events
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Instant
from umbel.directory.classify import (
    Decision,
    Refused,
    ToAttendant,
    ToMailbox,
    ToSubscriber,
    classify,
)
from umbel.directory.records import CallRecord, CallState, Direction
from umbel.directory.records import Statistics as CallStatistics
from umbel.media.engine import Command, Statistics
from umbel.media.engine import Event as EngineEvent
from umbel.media.offer_answer import LocalMedia
from umbel.media.session import MediaSession
from umbel.sip.uri import Uri
from umbel.ua import Leg
from umbel.ua.events import (
    CallOffered,
    Established,
    Event,
    KeySignalled,
    LegEnded,
    MediaAgreed,
    OptionsAnswered,
    PeerMisbehaved,
    ReOfferRefused,
    Ringing,
    TransferProgress,
    TransferRequested,
)
from umbel.um.call import HungUp
from umbel.um.flows import lead
from umbel.um.places import AtAttendant, AtMailbox, AtSubscriberAccess, Place
from umbel.um.world import World

from .journal import Heard, Journal
from .line import Line
from .live_call import LiveCall, Signals
from .offers import (
    caller_address,
    caller_of,
    is_anonymous,
    media_security,
    offered,
    transfer_target,
)
from .snapshot import Snapshot
from .voices import Voices

Accepted = ToAttendant | ToMailbox | ToSubscriber
"""A decision to answer."""

LegEvent = (
    Established
    | MediaAgreed
    | ReOfferRefused
    | KeySignalled
    | TransferProgress
    | LegEnded
    | Ringing
)
"""What is told about a leg that is served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What the reception needs of the media engine."""

    open: Callable[[str, str, Callable[[EngineEvent], None]], Awaitable[int]]
    """Open a session at a local address; gives its port, or raises ``Unavailable``."""
    send: Callable[[Command], None]
    address_for: Callable[[str, str], str]
    """Give the address that a peer is to send audio to: of the local and remote address of its
    signalling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything that a call needs and that outlives it."""

    node: str
    clock: Clock
    randomness: Randomness
    events: Events
    media: Media
    world: World
    voices: Voices
    snapshot: Snapshot
    resolved: Callable[[], Mapping[str, frozenset[str]]]
    """The IP addresses of the gateways' host names."""
    keep: Callable[[CallRecord], None]
    watch: Callable[[Heard], None]
    settle: Callable[[], None]
    """Carry out what a leg's verb asked for."""


@dataclass(slots=True, eq=False)
class _Served:
    """One call while it lives."""

    leg: Leg
    line: Line
    journal: Journal
    learns_address: bool
    has_media: bool = False
    media: MediaSession | None = None
    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Established, or ended before that."""
    transfer: asyncio.Future[TransferProgress] | None = None
    ending: LegEnded | None = None


class Reception:
    """Takes the calls that the user agent offers and sees each to its end."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._served: dict[str, _Served] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("umbel")

    def __len__(self) -> int:
        """Give how many calls live."""
        return len(self._tasks)

    # --- what the user agent tells ---------------------------------------------------------

    def receive(self, event: Event) -> None:
        """Take an event of the user agent."""
        match event:
            case CallOffered():
                self._take(event)
            case PeerMisbehaved(source=source, reason=reason):
                peer = f"{source.transport} {source.address}:{source.port}"
                self._around.events.tell(catalogue.MALFORMED_MESSAGE, peer=peer, reason=reason)
            case OptionsAnswered() | TransferRequested():
                pass  # We ask nobody for OPTIONS, and let nobody send us elsewhere.
            case _:
                served = self._served.get(event.leg.id)
                if served is not None:
                    self._tell(served, event)

    def _tell(
        self,
        served: _Served,
        event: LegEvent,
    ) -> None:
        match event:
            case MediaAgreed(media=media):
                served.media = media
                served.line.connect(media, learn_address=served.learns_address)
            case Established():
                served.is_up.set()
            case KeySignalled(key=key):
                served.line.take_key(key)
            case TransferProgress(is_final=True):
                _settle_transfer(served, event)
            case LegEnded():
                served.ending = event
                served.is_up.set()
                served.line.drop()
                _settle_transfer(served, _transfer_cut_short(event))
            case TransferProgress() | Ringing() | ReOfferRefused():
                pass

    def lose_media(self) -> None:
        """The media engine is gone: every call that had audio ends, its recording kept."""
        for served in self._served.values():
            served.line.lose()

    async def stop(self, reason: str) -> None:
        """Hang up every call and wait until each is written down."""
        for served in list(self._served.values()):
            served.leg.hang_up(self._now(), reason)
        self._around.settle()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)

    # --- one call --------------------------------------------------------------------------

    def _take(self, offer: CallOffered) -> None:
        """Enter the call at once: the caller may give up before its task has begun."""
        call_id = self._around.randomness.token(4)
        decision = self._decide(offer)
        if isinstance(decision, Refused):
            self._refuse(offer, call_id, decision)
            return
        served = self._served[offer.leg.id] = _Served(
            leg=offer.leg,
            line=Line(call_id, self._around.media.send),
            journal=self._journal(self._record(offer, call_id, decision)),
            learns_address=decision.gateway.learn_media_address,
        )
        served.journal.change()
        task = asyncio.get_running_loop().create_task(self._serve(offer, served, decision))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, offer: CallOffered, served: _Served, accepted: Accepted) -> None:
        try:
            if await self._pick_up(offer, served, accepted):
                await self._lead(offer, served, accepted)
        except Exception as error:  # noqa: BLE001 - one call's fault must not reach another call
            self._log.exception("a call was dropped", call=served.line.name)
            self._around.events.tell(
                catalogue.CALL_FAILED,
                call=served.line.name,
                caller=served.journal.record.caller or "anonymous",
                error=repr(error),
            )
            self._hang_up(served, "internal error")
        finally:
            await self._put_down(served)

    def _decide(self, offer: CallOffered) -> Decision:
        try:
            return classify(
                offered(offer.request, offer.source),
                self._around.snapshot.directory,
                self._around.resolved(),
            )
        except PeerError as error:
            return Refused(status=error.status, reason=str(error))

    def _refuse(self, offer: CallOffered, call_id: str, refused: Refused) -> None:
        offer.leg.reject(refused.status, refused.reason, self._now())
        self._around.settle()
        record = self._record(offer, call_id)
        caller = record.caller or "anonymous"
        self._around.events.tell(
            catalogue.CALL_REJECTED,
            call=call_id,
            caller=caller,
            dialled=record.dialled,
            status=refused.status,
            reason=refused.reason,
        )
        self._journal(record).ended(refused.status, refused.reason, None)

    async def _pick_up(self, offer: CallOffered, served: _Served, accepted: Accepted) -> bool:
        """Answer, and say whether the caller is there."""
        if served.ending is not None:
            return False
        media, source = self._around.media, offer.source
        address = media.address_for(source.local_address, source.address)
        try:
            port = await media.open(served.line.name, address, served.line.receive)
        except Unavailable as error:
            served.leg.reject(503, str(error), self._now())
            self._around.settle()
            return False
        served.has_media = True
        local = LocalMedia(
            address=address,
            port=port,
            security=media_security(accepted.dial_plan, accepted.gateway),
            session_id=int.from_bytes(self._around.randomness.octets(4)),
        )
        served.leg.answer(local, self._now())
        self._around.settle()
        await served.is_up.wait()
        if served.ending is not None or served.media is None:
            return False
        served.journal.answered()
        return True

    async def _lead(self, offer: CallOffered, served: _Served, accepted: Accepted) -> None:
        call = self._live_call(offer, served, accepted)
        try:
            async with asyncio.timeout(accepted.dial_plan.max_call):
                await lead(call, self._around.world, place_of(accepted))
        except HungUp:
            pass
        except TimeoutError:
            self._hang_up(served, f"the call was longer than {accepted.dial_plan.max_call:g} s")

    def _live_call(self, offer: CallOffered, served: _Served, accepted: Accepted) -> LiveCall:
        around, plan = self._around, accepted.dial_plan

        async def refer(target: str) -> TransferProgress:
            directory = around.snapshot.directory
            return await self._refer(
                served, transfer_target(target, accepted.gateway, directory, plan)
            )

        return LiveCall(
            call_id=served.line.name,
            caller=caller_of(offer.request, around.snapshot.directory, plan),
            line=served.line,
            signals=Signals(refer=refer, hang_up=lambda: self._hang_up(served, "")),
            voice=around.voices.of(plan.language),
            audio=around.world.audio,
            events=around.events,
            journal=served.journal,
        )

    async def _refer(self, served: _Served, target: Uri) -> TransferProgress:
        """Ask the peer to call *target* and wait for the final word on it."""
        served.transfer = asyncio.get_running_loop().create_future()
        referred_by = served.leg.dialog.local if served.leg.dialog else None
        served.leg.refer(target, referred_by, self._now())
        if served.ending is not None:
            _settle_transfer(served, _transfer_cut_short(served.ending))
        self._around.settle()
        return await served.transfer

    def _hang_up(self, served: _Served, reason: str) -> None:
        served.leg.hang_up(self._now(), reason)
        self._around.settle()

    async def _put_down(self, served: _Served) -> None:
        """End what has not ended, and write the call down."""
        self._hang_up(served, "")
        statistics = await served.line.close() if served.has_media else None
        self._served.pop(served.leg.id, None)
        ending = served.ending
        status, reason = (ending.status, ending.reason) if ending else (500, "never ended")
        served.journal.ended(
            status, reason, _as_kept(statistics, served.media) if statistics else None
        )
        record = served.journal.record
        self._around.events.tell(
            catalogue.CALL_ENDED,
            call=record.id,
            caller=record.caller or "anonymous",
            dialled=record.dialled,
            seconds=_seconds(record),
            flow=record.flow or "ringing",
            reason=reason or ("the caller hung up" if ending and ending.by_peer else "we hung up"),
        )

    # --- within ----------------------------------------------------------------------------

    def _record(
        self, offer: CallOffered, call_id: str, accepted: Accepted | None = None
    ) -> CallRecord:
        caller = caller_address(offer.request)
        record = CallRecord(
            id=call_id,
            node=self._around.node,
            direction=Direction.INBOUND,
            state=CallState.OFFERED,
            started=self._around.clock.wall(),
            caller="" if is_anonymous(caller) else caller.uri.user or "",
            caller_name=caller.display_name,
            dialled=offer.request.uri.user or "",
        )
        if accepted is None:
            return record
        return replace(
            record,
            gateway=accepted.gateway.name,
            dial_plan=accepted.dial_plan.name,
            mailbox=_mailbox_of(accepted),
            attendant=accepted.attendant.name if isinstance(accepted, ToAttendant) else "",
        )

    def _journal(self, record: CallRecord) -> Journal:
        around = self._around
        return Journal(record, clock=around.clock, put=around.keep, watch=around.watch)

    def _now(self) -> Instant:
        return self._around.clock.now()


def place_of(accepted: Accepted) -> Place:
    """Say where the caller begins."""
    match accepted:
        case ToAttendant(attendant=attendant, dial_plan=plan):
            return AtAttendant(attendant, plan)
        case ToMailbox(mailbox=mailbox, dial_plan=plan):
            return AtMailbox(mailbox, plan)
        case ToSubscriber(mailbox=mailbox, dial_plan=plan):
            return AtSubscriberAccess(mailbox, plan)


def _mailbox_of(accepted: Accepted) -> str:
    if isinstance(accepted, ToAttendant) or accepted.mailbox is None:
        return ""
    return accepted.mailbox.extension


def _settle_transfer(served: _Served, progress: TransferProgress) -> None:
    if served.transfer is not None and not served.transfer.done():
        served.transfer.set_result(progress)


def _transfer_cut_short(ending: LegEnded) -> TransferProgress:
    """
    Give what a call that ended says about its transfer.

    A peer that says BYE while the transfer is under way, without a word on how it went, has
    taken the caller elsewhere: gateways that send no NOTIFY do so (RFC 5589 section 6.1).
    """
    by_peer = ending.by_peer and ending.status == 200
    return TransferProgress(
        leg=ending.leg,
        status=200 if by_peer else 487,
        reason="the gateway ended the call" if by_peer else ending.reason,
        is_final=True,
    )


def _as_kept(statistics: Statistics, media: MediaSession | None) -> CallStatistics:
    return CallStatistics(
        codec=media.codec.value if media else "",
        packets_sent=statistics.packets_sent,
        packets_received=statistics.packets_received,
        packets_lost=statistics.packets_lost,
        jitter=statistics.jitter if statistics.packets_received else None,
        round_trip=statistics.round_trip,
    )


def _seconds(record: CallRecord) -> float:
    ended = record.ended or record.started
    return round((ended - (record.answered or record.started)).total_seconds(), 1)

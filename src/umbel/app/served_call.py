"""One call from its acceptance to its end: answer, lead, put down, write down.

What the caller meets, ``um.flows`` decides. Here is only the order of things, and that every
way out of a call ends in the same place: hung up, its media closed, its record complete.
"""

import asyncio
from contextlib import suppress

import structlog

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import PeerError, UmbelError, Unavailable
from umbel.core.instants import Instant
from umbel.directory.records import CallRecord, CallStatistics
from umbel.media.engine import Statistics
from umbel.media.session import MediaSession
from umbel.speech.phrase import Phrase
from umbel.ua.events import (
    CallOffered,
    Established,
    KeySignalled,
    LegEnded,
    MediaAgreed,
    ReOfferRefused,
    Ringing,
    TransferProgress,
)
from umbel.um.call import HungUp
from umbel.um.flows import lead

from .acceptance import Accepted, language_of, place_of
from .journal import Journal
from .leg_audio import LegAudio, Terms
from .live_call import LiveCall, Signals
from .offers import audio_of_offer, caller_of, credentials_of, media_security, transfer_target
from .surroundings import Surroundings

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

FAULT = "internal error"

_NO_ACK = 408
_APOLOGY = (Phrase("system-problem"), Phrase("try-later"))


class ServedCall:
    """A call that we answer."""

    def __init__(
        self, offer: CallOffered, accepted: Accepted, record: CallRecord, around: Surroundings
    ) -> None:
        self.id = record.id
        self.journal = Journal(
            record, clock=around.clock, keeper=around.records, watch=around.watch
        )
        self._offer = offer
        self._accepted = accepted
        self._around = around
        self._leg = offer.leg
        terms = Terms(
            source=offer.source,
            security=media_security(accepted.dial_plan, accepted.gateway),
            learn_address=accepted.gateway.learn_media_address,
            expected_from=None
            if accepted.gateway.learn_media_address
            else audio_of_offer(offer.request),
        )
        self._audio = LegAudio(
            record.id, offer.leg, terms, around, give_up=self._give_up, moved=self._note_move
        )
        self._is_up = asyncio.Event()
        """Established, or ended before that."""
        self._transfer: asyncio.Future[TransferProgress] | None = None
        self._ending: LegEnded | None = None

    async def serve(self) -> None:
        """Serve the caller; returns when the call is over and written down."""
        self.journal.begun()
        try:
            if await self._pick_up():
                await self._lead()
        except Exception as error:  # noqa: BLE001 - one call's fault must not reach another call
            self._fail(error)
        finally:
            try:
                await self._put_down()
            finally:
                self._around.media.codecs.leave(self.id)

    # --- from outside ----------------------------------------------------------------------

    def receive(self, event: LegEvent) -> None:
        """Take what happened to the leg."""
        match event:
            case MediaAgreed(media=media):
                self._audio.agree(media)
            case ReOfferRefused(status=status, reason=reason):
                self._audio.refuse(status, reason)
            case Established():
                self._is_up.set()
            case KeySignalled(key=key):
                self._audio.line.take_key(key)
            case TransferProgress(is_final=True):
                self._settle_transfer(event)
            case LegEnded():
                self._ending = event
                self._is_up.set()
                self._audio.line.drop()
                self._settle_transfer(_transfer_cut_short(event))
            case TransferProgress() | Ringing():
                pass

    def lose_media(self) -> None:
        """The media engine of this call is gone: it goes on in another, or ends."""
        self._audio.lose()

    def _give_up(self, reason: str) -> None:
        """The caller cannot be heard any more: what was spoken is kept, and the call ends."""
        self._audio.line.abandon()
        self.hang_up(reason)

    def _note_move(self) -> None:
        self.journal.milestone("media.moved", {})

    def hang_up(self, reason: str = "") -> None:
        """End the call, if it has not ended."""
        self._leg.hang_up(self._now(), reason)
        self._around.settle()

    # --- picking up ------------------------------------------------------------------------

    async def _pick_up(self) -> bool:
        """Answer, and say whether the caller is there."""
        try:
            local = await self._audio.open()
        except Unavailable as error:
            self._reject(503, str(error))
            return False
        self._leg.authenticate_with(credentials_of(self._accepted.gateway))
        self._leg.answer(local, self._now())
        self._around.settle()
        await self._is_up.wait()
        if self._ending is not None or self._audio.media is None:
            return False
        self.journal.answered()
        return True

    # --- leading ---------------------------------------------------------------------------

    async def _lead(self) -> None:
        """Lead the caller through the product, for as long as the dial plan allows."""
        call, longest = self._live_call(), self._accepted.dial_plan.max_call
        limit = asyncio.get_running_loop().call_later(
            longest, self.hang_up, f"the call was longer than {longest:g} s"
        )
        try:
            await lead(call, self._around.world, place_of(self._accepted))
        except HungUp:
            pass
        except Exception as error:  # noqa: BLE001 - the caller is still there, and hears of it
            await self._apologise(call, error)
        finally:
            limit.cancel()

    def _live_call(self) -> LiveCall:
        around, plan = self._around, self._accepted.dial_plan
        return LiveCall(
            call_id=self.id,
            caller=caller_of(self._offer.request, around.snapshot.directory, plan),
            line=self._audio.line,
            signals=Signals(refer=self._refer, hang_up=self.hang_up),
            voice=around.voices.of(language_of(self._accepted)),
            audio=around.world.audio,
            events=around.events,
            journal=self.journal,
        )

    async def _refer(self, target: str) -> TransferProgress:
        """Ask the peer to call *target* and wait for the final word on it."""
        accepted, directory = self._accepted, self._around.snapshot.directory
        try:
            uri = transfer_target(target, accepted.gateway, directory, accepted.dial_plan)
        except PeerError as error:
            reason = f"{target} cannot be called: {error}"
            return TransferProgress(leg=self._leg, status=484, reason=reason, is_final=True)
        self._transfer = asyncio.get_running_loop().create_future()
        referred_by = self._leg.dialog.local if self._leg.dialog else None
        self._leg.refer(uri, referred_by, self._now())
        if self._ending is not None:
            self._settle_transfer(_transfer_cut_short(self._ending))
        self._around.settle()
        return await self._transfer

    def _settle_transfer(self, progress: TransferProgress) -> None:
        if self._transfer is not None and not self._transfer.done():
            self._transfer.set_result(progress)

    # --- faults ----------------------------------------------------------------------------

    async def _apologise(self, call: LiveCall, error: Exception) -> None:
        """A flow failed in the middle: tell it, say that we are sorry, and hang up."""
        self._tell_failure(error)
        with suppress(HungUp, UmbelError):
            await call.say(*_APOLOGY)
        self.hang_up(FAULT)

    def _fail(self, error: Exception) -> None:
        self._tell_failure(error)
        if self._leg.is_waiting_for_decision:
            self._reject(500, FAULT)
        else:
            self.hang_up(FAULT)

    def _tell_failure(self, error: Exception) -> None:
        structlog.get_logger("umbel").error("a call failed", call=self.id, exc_info=error)
        caller = self.journal.record.caller or "anonymous"
        self._around.events.tell(
            catalogue.CALL_FAILED, call=self.id, caller=caller, error=repr(error)
        )

    def _reject(self, status: int, reason: str) -> None:
        self._leg.reject(status, reason, self._now())
        self._around.settle()

    # --- the end ---------------------------------------------------------------------------

    async def _put_down(self) -> None:
        """End what has not ended, and write the call down."""
        statistics = None
        try:
            self.hang_up()
        finally:
            statistics = await self._audio.close()
            ending = self._ending
            status, reason = (ending.status, ending.reason) if ending else (500, "never ended")
            kept = _as_kept(statistics, self._audio.media) if statistics else None
            self.journal.ended(status, reason, kept)
            self._tell_end()

    def _tell_end(self) -> None:
        record, ending = self.journal.record, self._ending
        caller = record.caller or "anonymous"
        by_peer = ending is not None and ending.by_peer
        if record.answered is None and not by_peer and record.status != _NO_ACK:
            tell_rejection(self._around, record)
            return
        self._around.events.tell(
            catalogue.CALL_ENDED,
            call=record.id,
            caller=caller,
            dialled=record.dialled,
            seconds=_seconds(record),
            flow=record.flow or "ringing",
            reason=record.reason or ("the caller hung up" if by_peer else "we hung up"),
        )

    def _now(self) -> Instant:
        return self._around.clock.now()


def tell_rejection(around: Surroundings, record: CallRecord) -> None:
    """Tell of a call that we did not answer."""
    around.events.tell(
        catalogue.CALL_REJECTED,
        call=record.id,
        caller=record.caller or "anonymous",
        dialled=record.dialled,
        status=record.status,
        reason=record.reason,
    )


def _transfer_cut_short(ending: LegEnded) -> TransferProgress:
    """
    Give what the end of a call says about its transfer: nothing good.

    A peer that took the REFER and then says BYE has been told of as a success before that.
    """
    reason = "the caller hung up" if ending.by_peer else ending.reason
    return TransferProgress(leg=ending.leg, status=487, reason=reason, is_final=True)


def _as_kept(statistics: Statistics, media: MediaSession | None) -> CallStatistics:
    return CallStatistics(
        codec=media.codec.value if media else "",
        packets_sent=statistics.packets_sent,
        packets_received=statistics.packets_received,
        packets_lost=statistics.packets_lost,
        packets_lost_by_peer=statistics.remote_packets_lost,
        packets_refused=statistics.packets_refused,
        jitter=statistics.jitter if statistics.packets_received else None,
        round_trip=statistics.round_trip,
    )


def _seconds(record: CallRecord) -> float:
    ended = record.ended or record.started
    return round((ended - (record.answered or record.started)).total_seconds(), 1)

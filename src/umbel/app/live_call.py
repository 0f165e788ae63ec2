"""A call on the line: carries a flow's verbs to the leg and the line, and what happens back.

Decides nothing: what a call is was decided by ``directory``, what a caller meets by ``um``, what
SIP does by ``ua``. It is one of the places to look when a dispatcher threatens to grow.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Unavailable
from umbel.core.events import EventKind, Events, Field
from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId, Caller
from umbel.mailbox.ports import Audio
from umbel.media import engine
from umbel.speech.phrase import Beep, Spoken
from umbel.ua.events import TransferProgress
from umbel.um.call import Ended, HungUp, Outcome, Played, Recording

from .journal import Journal
from .line import Line
from .voices import Voice

ALL_KEYS = "0123456789*#ABCD"

_ENDS = {
    engine.RecordingEnd.SILENCE: Ended.SILENCE,
    engine.RecordingEnd.KEY: Ended.KEY,
    engine.RecordingEnd.LIMIT: Ended.LIMIT,
    engine.RecordingEnd.STOPPED: Ended.HUNG_UP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What a call can ask of its leg, however that is signalled."""

    refer: Callable[[str], Awaitable[TransferProgress]]
    """Ask the peer to call a number or URI; gives the final word on it."""
    hang_up: Callable[[], None]


class LiveCall:
    """``um.call.Call`` over a leg, a line and the stores."""

    def __init__(
        self,
        *,
        call_id: str,
        caller: Caller,
        line: Line,
        signals: Signals,
        voice: Voice,
        audio: Audio,
        events: Events,
        journal: Journal,
    ) -> None:
        self.id = call_id
        self.caller = caller
        self._line = line
        self._signals = signals
        self._voice = voice
        self._audio = audio
        self._events = events
        self._journal = journal

    async def say(self, *spoken: Spoken) -> None:
        """Let the caller hear all of it."""
        await self._line.play(self._said(spoken, await self._prepare(spoken)))

    async def ask(self, *spoken: Spoken, keys: str, within: Duration) -> str | None:
        """Say it and wait for one key; the first one stops the speech."""
        while True:
            await self._say_until_key(spoken, ALL_KEYS)
            moves = self._line.moves
            key = await self._line.key(within)
            if key is not None or self._line.moves == moves:
                self._journal.pressed(key)
                return key

    async def ask_digits(
        self, *spoken: Spoken, most: int, within: Duration, between: Duration = 3.0
    ) -> str:
        """Say it and collect digits until ``#``, ``*``, enough of them, or a pause."""
        while True:
            await self._say_until_key(spoken, ALL_KEYS)
            moves = self._line.moves
            digits = await self._digits(most, within, between)
            if self._line.moves == moves:  # Otherwise nobody knows which of them are missing.
                self._journal.dialled_digits(digits)
                return digits
            self._line.forget_keys()

    async def _digits(self, most: int, within: Duration, between: Duration) -> str:
        digits = ""
        while len(digits) < most:
            key = await self._line.key(between if digits else within)
            if key is None or key == "#":
                break
            digits += key
            if key == "*":
                break
        return digits

    async def play(self, recorded: Spoken, keys: str) -> Played:
        """Play until the end or a key of *keys*; other keys are ignored."""
        self._line.forget_keys()
        items = await self._prepare((recorded,))
        position: Duration = getattr(recorded, "since", 0.0)
        key = await self._typed(keys)  # While it was being prepared, which takes its time.
        if key is None:
            ended = await self._line.play(self._said((recorded,), items), stop_keys=keys)
            position += ended.position
            key = await self._typed(keys) if ended.ended is engine.PlayEnd.KEY else None
        self._journal.pressed(key)
        return Played(position=position, key=key)

    async def _typed(self, keys: str) -> str | None:
        """Give the first of *keys* that was typed, and forget all before it."""
        while self._line.has_typed_ahead():
            key = await self._line.key(0)
            if key is not None and key in keys:
                return key
        return None

    async def record(
        self, into: AudioId, *, longest: Duration, silence: Duration, keys: str
    ) -> Recording:
        """Beep, then record into the audio store."""
        await self.say(Beep())
        is_told = False

        async def append(linear: bytes) -> None:
            nonlocal is_told
            try:
                await self._audio.append(into, linear)
            except Unavailable as error:
                if not is_told:
                    is_told = True
                    self.tell(catalogue.RECORDING_WAITS, reason=str(error))
                raise

        ended = await self._line.record(append, longest=longest, silence=silence, stop_keys=keys)
        return Recording(duration=ended.duration, ended=_ENDS[ended.ended], key=ended.key)

    async def pause(self, seconds: Duration, keys: str = "") -> str | None:
        """Wait in silence; a key of *keys* ends the wait."""
        deadline = asyncio.get_running_loop().time() + seconds
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            key = await self._line.key(left)
            if key is not None and key in keys:
                self._journal.pressed(key)
                return key
        return None

    async def transfer(self, target: str) -> Outcome:
        """Put the caller through by REFER."""
        if self._line.is_gone:
            raise HungUp
        self.tell(catalogue.TRANSFERRING, target=target)
        self._journal.transferring(target)
        progress = await self._signals.refer(target)
        outcome = outcome_of(progress.status)
        if outcome is Outcome.TRANSFERRED:
            self.tell(catalogue.TRANSFERRED, target=target)
            self._signals.hang_up()
        else:
            reason = f"{progress.status} {progress.reason}".strip()
            self.tell(catalogue.TRANSFER_FAILED, target=target, reason=reason)
            if self._line.is_gone:
                raise HungUp
        self._journal.transferred(outcome)
        return outcome

    async def hang_up(self) -> None:
        """End the call."""
        self._signals.hang_up()

    def milestone(self, name: str, **fields: Field) -> None:
        """Note where the flow is."""
        self._journal.milestone(name, fields)

    def tell(self, kind: EventKind, **fields: Field) -> None:
        """Raise an event about this call."""
        caller = self.caller.number or "anonymous"
        self._events.tell(kind, **{"call": self.id, "caller": caller} | fields)

    async def _say_until_key(self, spoken: tuple[Spoken, ...], stop_keys: str) -> None:
        if self._line.has_typed_ahead():
            return
        items = await self._prepare(spoken)
        if items and not self._line.has_typed_ahead():  # Preparing takes time; a key needs none.
            await self._line.play(self._said(spoken, items), stop_keys=stop_keys)

    async def _prepare(self, spoken: tuple[Spoken, ...]) -> tuple[engine.Playable, ...]:
        if self._line.is_gone:
            raise HungUp
        return await self._voice.playables(spoken)

    def _said(
        self, spoken: tuple[Spoken, ...], items: tuple[engine.Playable, ...]
    ) -> tuple[engine.Playable, ...]:
        """Note what the caller begins to hear."""
        self._journal.said(self._voice.caption(spoken))
        return items


def outcome_of(status: int) -> Outcome:
    """Say what the final status of a transfer means to a caller (RFC 3261 section 21)."""
    match status:
        case status if 200 <= status < 300:
            return Outcome.TRANSFERRED
        case 486 | 600:
            return Outcome.BUSY
        case 408 | 480 | 487:
            return Outcome.NO_ANSWER
        case 404 | 410 | 484 | 604:
            return Outcome.NOT_FOUND
        case 401 | 403 | 405 | 407 | 501 | 603:
            return Outcome.REFUSED
        case _:
            return Outcome.FAILED

"""One media session as something to await: play, key, record. Knows no SIP and no flow.

The session may move to another engine in mid-call (``suspend``, ``reopen``, ``resume``). Whoever waits
here goes on waiting: what played plays on, what is recorded goes on into the same recording, and who
waits for a key is told that it may never have arrived (``moves``).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from typing import TypeVar

from umbel.core.instants import Duration
from umbel.media.engine import (
    Close,
    Closed,
    Command,
    Connect,
    Event,
    KeyFromSignalling,
    KeyPressed,
    Play,
    Playable,
    PlayEnd,
    PlayEnded,
    Record,
    Recorded,
    RecordingEnded,
    SendKey,
    Statistics,
    StopPlaying,
    StopRecording,
)
from umbel.media.session import MediaSession
from umbel.um.call import HungUp

from .running_recording import RunningRecording, Sink

Result = TypeVar("Result")

PATIENCE: Duration = 5.0
"""How long the engine may take to end what it was asked to end."""

MOST_KEYS = 128
"""Keys that wait for a question; of more, the latest count."""

REHEARD: Duration = 2.0
"""How much of what played is heard again after a move: what was on its way was lost."""


class _Session(Enum):
    """Who has the session."""

    IN_USE = auto()
    """An engine, which does what it is asked."""
    AWAITED = auto()
    """Nobody; another engine is to have it."""
    REOPENED = auto()
    """Another engine; the peer has not been told yet."""
    LOST = auto()
    """Nobody, for good."""


class Line:
    """The audio of one call. When the caller is gone, whoever waits here gets ``HungUp``."""

    def __init__(self, name: str, send: Callable[[Command], None]) -> None:
        self.name = name
        self.is_gone = False
        self.moves = 0
        """How often the engine was lost, and another had to have the session."""
        self._session = _Session.IN_USE
        self._withheld: list[Command] = []
        """What an engine is to do as soon as one has the session again."""
        self._to_engine = send
        self._numbers = 0
        self._keys: deque[str] = deque(maxlen=MOST_KEYS)
        self._key_waiter: asyncio.Future[str | None] | None = None
        self._playing: _Playing | None = None
        self._recording: RunningRecording | None = None
        self._closed: asyncio.Future[Statistics | None] | None = None

    def connect(self, media: MediaSession, *, learn_address: bool) -> None:
        """Begin, or change, the exchange of packets."""
        self._to_engine(Connect(session=self.name, media=media, learn_address=learn_address))

    async def play(
        self, items: tuple[Playable, ...], *, since: Duration = 0.0, stop_keys: str = ""
    ) -> PlayEnded:
        """Play until the end, a key of *stop_keys*, or the caller is gone."""
        self._raise_if_gone()
        self._numbers += 1
        command = Play(
            session=self.name, play=self._numbers, items=items, since=since, stop_keys=stop_keys
        )
        self._playing = playing = _Playing(command)
        self._send(command)
        try:
            return await playing.waiter
        except asyncio.CancelledError:
            self._send(StopPlaying(session=self.name))
            raise
        finally:
            self._playing = None
            # It has ``HungUp``, whose traceback has this frame: each would keep the other.
            del playing

    async def key(self, within: Duration) -> str | None:
        """
        Give the next key, typed ahead or pressed *within* seconds from now; ``None``: there is none.

        A move of the session ends the wait with ``None`` too: the key may have been lost with it.
        """
        self._raise_if_gone()
        if self._keys:
            return self._keys.popleft()
        waiter: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._key_waiter = waiter
        try:
            async with asyncio.timeout(within):
                return await waiter
        except TimeoutError:
            has_key = waiter.done() and not waiter.cancelled()  # It came in the last moment.
            return waiter.result() if has_key else None
        finally:
            self._key_waiter = None
            del waiter  # As above.

    def has_typed_ahead(self) -> bool:
        """Say whether a key waits for the next question."""
        return bool(self._keys)

    def forget_keys(self) -> None:
        """Drop the keys that wait."""
        self._keys.clear()

    async def record(
        self, sink: Sink, *, longest: Duration, silence: Duration, stop_keys: str
    ) -> RecordingEnded:
        """
        Record into *sink*; returns when every sample is in it, also when the caller left.

        A sink that fails to the end raises ``Unavailable`` here.
        """
        self._raise_if_gone()
        self._numbers += 1
        command = Record(
            session=self.name,
            recording=self._numbers,
            longest=longest,
            silence=silence,
            stop_keys=stop_keys,
        )
        self._recording = recording = RunningRecording(command, sink)
        self._send(command)
        try:
            return await recording.finish()
        finally:
            if not recording.has_ended:
                self._send(StopRecording(session=self.name))
            self._recording = None
            self.forget_keys()

    def press(self, key: str) -> None:
        """Send a key to the peer."""
        self._send(SendKey(session=self.name, key=key))

    def take_key(self, key: str) -> None:
        """Take a key that came by signalling, as if it had come with the audio."""
        self._send(KeyFromSignalling(session=self.name, key=key))

    def drop(self) -> None:
        """The caller is gone: wake whoever waits. A running recording ends and stays whole."""
        if self.is_gone:
            return
        self.is_gone = True
        if self._recording is not None and self._session is not _Session.IN_USE:
            self._recording.lose()
        elif self._recording is not None:
            self._send(StopRecording(session=self.name))
            asyncio.get_running_loop().call_later(PATIENCE, self._recording.lose)
        for waiter in (self._key_waiter, self._playing.waiter if self._playing else None):
            if waiter is not None and not waiter.done():
                waiter.set_exception(HungUp())

    def suspend(self) -> None:
        """The engine is gone, and another is to have the session: whoever waits goes on waiting."""
        if self._session is _Session.IN_USE and self._playing is not None:
            self._playing.halt()
        self.moves += 1
        self._session = _Session.AWAITED
        _fulfil(self._closed, None)
        if self.is_gone and self._recording is not None:
            self._recording.lose()

    def reopen(self) -> None:
        """Another engine has the session, and can close it."""
        self._session = _Session.REOPENED

    def resume(self) -> None:
        """Go on in the engine that has the session, which the peer sends its audio to now."""
        self._session = _Session.IN_USE
        if self._playing is not None:
            self._send(self._playing.go_on())
        if self._recording is not None and not self._recording.has_ended:
            self._send(self._recording.go_on())
        withheld, self._withheld = self._withheld, []
        for command in withheld:
            self._send(command)
        _fulfil(self._key_waiter, None)

    def lose(self) -> None:
        """The engine is gone, and with it the session: nothing more will come."""
        self._session = _Session.LOST
        _fulfil(self._closed, None)
        self.abandon()

    def abandon(self) -> None:
        """The caller cannot be heard any more: a running recording ends with what has come."""
        if self._recording is not None:
            self._recording.lose()
        self.drop()

    async def close(self) -> Statistics | None:
        """End the session and give what was measured; ``None``: the engine cannot say."""
        if self._session in (_Session.AWAITED, _Session.LOST):
            return None
        self._closed = asyncio.get_running_loop().create_future()
        self._send(Close(session=self.name))
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._closed
        except TimeoutError:
            return None

    def receive(self, event: Event) -> None:
        """Take an event of the engine about this session."""
        match event:
            case Recorded() | RecordingEnded() if self._recording is not None:
                self._recording.take(event)
            case KeyPressed(key=key):
                if not _fulfil(self._key_waiter, key):
                    self._keys.append(key)
                if self._playing is not None and self._playing.hear(key):
                    self._send(StopPlaying(session=self.name))
            case PlayEnded(play=play) if self._playing and self._playing.number == play:
                self._playing.end(event)
            case Closed(statistics=statistics):
                _fulfil(self._closed, statistics)
            case _:
                pass  # What ended is no longer waited for; the client has told who opened it.

    def _send(self, command: Command) -> None:
        """Have the engine do something; what plays and is recorded, ``resume`` begins anew."""
        if self._session is _Session.IN_USE or isinstance(command, Close):
            self._to_engine(command)
        elif isinstance(command, SendKey | KeyFromSignalling):
            self._withheld.append(command)

    def _raise_if_gone(self) -> None:
        if self.is_gone:
            raise HungUp


def _fulfil(waiter: "asyncio.Future[Result] | None", result: Result) -> bool:
    """Give *result* to whoever waits; say whether somebody did."""
    if waiter is None or waiter.done():
        return False
    waiter.set_result(result)
    return True


class _Playing:
    """What the caller hears, and about how far that has come."""

    def __init__(self, command: Play) -> None:
        self.waiter: asyncio.Future[PlayEnded] = asyncio.get_running_loop().create_future()
        self._command = command
        self._began = asyncio.get_running_loop().time()
        self._has_key = False

    @property
    def number(self) -> int:
        """The number that the engine's events have."""
        return self._command.play

    def hear(self, key: str) -> bool:
        """Say whether a key ends it; the engine may have heard it before it knew of the play."""
        is_end = key in self._command.stop_keys
        self._has_key = self._has_key or is_end
        return is_end

    def end(self, event: PlayEnded) -> None:
        """Give the end to whoever waits, as that of a key if one of the caller's was the cause."""
        if self._has_key and event.ended is PlayEnd.STOPPED:
            event = replace(event, ended=PlayEnd.KEY)
        _fulfil(self.waiter, event)

    def halt(self) -> None:
        """Note how far it came; a peer that held the call meanwhile heard less of it."""
        heard = asyncio.get_running_loop().time() - self._began
        since = self._command.since + max(0.0, heard - REHEARD)
        self._command = replace(self._command, since=since)

    def go_on(self) -> Play:
        """Give the command that plays the rest."""
        self._began = asyncio.get_running_loop().time()
        return self._command

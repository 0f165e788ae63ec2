"""One media session as something to await: play, key, record. Knows no SIP and no flow."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from umbel.core.errors import Unavailable
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
    PlayEnded,
    Record,
    Recorded,
    RecordingEnd,
    RecordingEnded,
    SendKey,
    Statistics,
    StopPlaying,
    StopRecording,
)
from umbel.media.session import MediaSession
from umbel.um.call import HungUp

Result = TypeVar("Result")

Sink = Callable[[bytes], Awaitable[None]]
"""Takes linear audio and returns once it is durable; ``Unavailable``: it is to be tried again."""

PATIENCE: Duration = 5.0
"""How long the engine may take to end what it was asked to end."""

LAST_TRIES = 3
"""How often the end of a recording is offered to a store that does not take it."""

MOST_KEYS = 128
"""Keys that wait for a question; of more, the latest count."""

_BYTES_A_SECOND = 16_000


class Line:
    """The audio of one call. When the caller is gone, whoever waits here gets ``HungUp``."""

    def __init__(self, name: str, send: Callable[[Command], None]) -> None:
        self.name = name
        self.is_gone = False
        self._is_lost = False
        self._send = send
        self._numbers = 0
        self._keys: deque[str] = deque(maxlen=MOST_KEYS)
        self._key_waiter: asyncio.Future[str] | None = None
        self._playing: tuple[int, asyncio.Future[PlayEnded]] | None = None
        self._recording: _Recording | None = None
        self._closed: asyncio.Future[Statistics | None] | None = None

    def connect(self, media: MediaSession, *, learn_address: bool) -> None:
        """Begin, or change, the exchange of packets."""
        self._send(Connect(session=self.name, media=media, learn_address=learn_address))

    async def play(
        self, items: tuple[Playable, ...], *, since: Duration = 0.0, stop_keys: str = ""
    ) -> PlayEnded:
        """Play until the end, a key of *stop_keys*, or the caller is gone."""
        self._raise_if_gone()
        self._numbers += 1
        waiter: asyncio.Future[PlayEnded] = asyncio.get_running_loop().create_future()
        self._playing = (self._numbers, waiter)
        self._send(
            Play(
                session=self.name,
                play=self._numbers,
                items=items,
                since=since,
                stop_keys=stop_keys,
            )
        )
        try:
            return await waiter
        except asyncio.CancelledError:
            self._send(StopPlaying(session=self.name))
            raise
        finally:
            self._playing = None

    async def key(self, within: Duration) -> str | None:
        """Give the next key, typed ahead or pressed *within* seconds from now."""
        self._raise_if_gone()
        if self._keys:
            return self._keys.popleft()
        self._key_waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within):
                return await self._key_waiter
        except TimeoutError:
            return None
        finally:
            self._key_waiter = None

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
        self._recording = recording = _Recording(self._numbers, sink)
        self._send(
            Record(
                session=self.name,
                recording=self._numbers,
                longest=longest,
                silence=silence,
                stop_keys=stop_keys,
            )
        )
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
        if self._recording is not None:
            self._send(StopRecording(session=self.name))
            asyncio.get_running_loop().call_later(PATIENCE, self._recording.lose)
        for waiter in (self._key_waiter, self._playing[1] if self._playing else None):
            if waiter is not None and not waiter.done():
                waiter.set_exception(HungUp())

    def lose(self) -> None:
        """The engine is gone, and with it the session: nothing more will come."""
        self._is_lost = True
        if self._recording is not None:
            self._recording.lose()
        _fulfil(self._closed, None)
        self.drop()

    async def close(self) -> Statistics | None:
        """End the session and give what was measured; ``None``: the engine cannot say."""
        if self._is_lost:
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
            case PlayEnded(play=play) if self._playing and self._playing[0] == play:
                _fulfil(self._playing[1], event)
            case Closed(statistics=statistics):
                _fulfil(self._closed, statistics)
            case _:
                pass  # What ended is no longer waited for; the client has told who opened it.

    def _raise_if_gone(self) -> None:
        if self.is_gone:
            raise HungUp


def _fulfil(waiter: "asyncio.Future[Result] | None", result: Result) -> bool:
    """Give *result* to whoever waits; say whether somebody did."""
    if waiter is None or waiter.done():
        return False
    waiter.set_result(result)
    return True


class _Recording:
    """What is on its way from the engine to the store."""

    def __init__(self, number: int, sink: Sink) -> None:
        self.number = number
        self._sink = sink
        self._pending: list[bytes] = []
        self._octets = 0
        """All that has come."""
        self._ended: RecordingEnded | None = None
        self._news: asyncio.Future[None] | None = None
        """Waited for while nothing is pending."""

    @property
    def has_ended(self) -> bool:
        """Whether the engine has said its last word on it."""
        return self._ended is not None

    def take(self, event: Recorded | RecordingEnded) -> None:
        if event.recording != self.number:
            return
        if isinstance(event, Recorded):
            self._pending.append(event.linear)
            self._octets += len(event.linear)
        else:
            self._ended = event
        _fulfil(self._news, None)

    def lose(self) -> None:
        """End with what has come, because nothing more will come."""
        if self._ended is None:
            duration = self._octets / _BYTES_A_SECOND
            self._ended = RecordingEnded(
                session="", recording=self.number, ended=RecordingEnd.STOPPED, duration=duration
            )
            _fulfil(self._news, None)

    async def finish(self) -> RecordingEnded:
        """Hand everything to the sink as it comes; one that fails is tried again with the rest."""
        loop = asyncio.get_running_loop()
        has_failed = False
        while self._ended is None:
            if has_failed or not self._pending:
                self._news = loop.create_future()
                await self._news
            try:
                await self._flush()
            except Unavailable:
                has_failed = True
            else:
                has_failed = False
        await self._flush_at_last()
        return self._ended

    async def _flush_at_last(self) -> None:
        for _ in range(LAST_TRIES - 1):
            try:
                return await self._flush()
            except Unavailable:
                await asyncio.sleep(1)
        return await self._flush()

    async def _flush(self) -> None:
        pieces = len(self._pending)
        if pieces:
            linear = self._pending[0] if pieces == 1 else b"".join(self._pending)
            await self._sink(linear)
            del self._pending[:pieces]

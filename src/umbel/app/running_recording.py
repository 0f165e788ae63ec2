"""A recording on its way from the engine to the store, piece by piece, whatever either of them does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from umbel.core.errors import Unavailable
from umbel.core.instants import Duration
from umbel.media.engine import Record, Recorded, RecordingEnd, RecordingEnded

Sink = Callable[[bytes], Awaitable[None]]
"""Takes linear audio and returns once it is durable; ``Unavailable``: it is to be tried again."""

LAST_TRIES = 3
"""How often the end of a recording is offered to a store that does not take it."""

SHORTEST: Duration = 0.1
"""A recording that moved when its time was nearly up goes on for so long, and ends by its limit."""


class RunningRecording:
    """What is on its way from the engine to the store."""

    def __init__(self, command: Record, sink: Sink) -> None:
        self.number = command.recording
        self._command = command
        self._sink = sink
        self._pending: list[bytes] = []
        self._seconds: Duration = 0.0
        """How much has come."""
        self._before: Duration = 0.0
        """How much came from engines that are gone."""
        self._ended: RecordingEnded | None = None
        self._news = asyncio.Event()

    @property
    def has_ended(self) -> bool:
        """Whether the engine has said its last word on it."""
        return self._ended is not None

    def take(self, event: Recorded | RecordingEnded) -> None:
        """Take what the engine tells of it, or of one before."""
        if event.recording != self.number:
            return
        if isinstance(event, Recorded):
            self._pending.append(event.linear)
            self._seconds += event.seconds
        else:
            self._ended = replace(event, duration=self._before + event.duration)
        self._news.set()

    def go_on(self) -> Record:
        """Give the command by which another engine records what is still to come."""
        self._before = self._seconds
        return replace(self._command, longest=max(SHORTEST, self._command.longest - self._before))

    def lose(self) -> None:
        """End with what has come, because nothing more will come."""
        if self._ended is None:
            duration = self._seconds
            self._ended = RecordingEnded(
                session="", recording=self.number, ended=RecordingEnd.STOPPED, duration=duration
            )
            self._news.set()

    async def finish(self) -> RecordingEnded:
        """Hand everything to the sink as it comes; one that fails is tried again with the rest."""
        has_failed = False
        while self._ended is None:
            if has_failed or not self._pending:
                self._news.clear()
                await self._news.wait()
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

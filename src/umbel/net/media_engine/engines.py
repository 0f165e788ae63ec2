"""The media engines of a node, each a process with ports of its own, behind one engine's verbs."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from umbel.core.errors import Misuse, Unavailable
from umbel.core.instants import Clock
from umbel.media.admission import Admission
from umbel.media.engine import Command, Load

from .client import EngineLost, Lost, MediaEngine, OnEvent

_MOST_LOSSES: Final = 3
"""Engines that may be lost while they open a session, before it is given up."""


class MediaEngines:
    """A process for each processor that media have; a new session goes where most room is."""

    def __init__(self, ports: range, cores: Sequence[int], clock: Clock) -> None:
        """
        Divide *ports* among the engines.

        *cores*: the processor of each engine, which its process is pinned to; empty: one engine that
        is pinned to none.
        """
        pinned = tuple(cores) or (None,)
        shares = divided(ports, len(pinned))
        self._engines = [
            MediaEngine(share, core) for share, core in zip(shares, pinned, strict=True)
        ]
        self._clock = clock
        self.on_lost: Callable[[Lost], None] = _ignore
        """Told when a process is gone with its sessions; those of the others go on."""
        self.on_load: Callable[[int, Load], None] = _ignore
        """Told each load, and the number of the engine that it is of."""
        self.admission = Admission(len(self._engines))
        for index, engine in enumerate(self._engines):
            engine.on_lost = partial(self._lose, index)
            engine.on_load = partial(self._take_load, index)

    def __len__(self) -> int:
        """Give how many sessions are open or being opened."""
        return sum(map(len, self._engines))

    @property
    def sessions(self) -> tuple[int, ...]:
        """Give how many sessions each engine has."""
        return tuple(map(len, self._engines))

    @property
    def process_ids(self) -> tuple[int | None, ...]:
        """Give the number of each engine's process; ``None``: none runs now."""
        return tuple(engine.process_id for engine in self._engines)

    async def start(self) -> None:
        """Start the processes; they can be used when this returns."""
        try:
            for engine in self._engines:
                await engine.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the processes. Sessions that are still open are gone without a word."""
        await asyncio.gather(*(engine.stop() for engine in self._engines))

    def send(self, command: Command) -> None:
        """Have *command* done by the engine that has its session."""
        for engine in self._engines:
            if command.session in engine:
                engine.send(command)
                return

    async def open(
        self,
        session: str,
        address: str,
        on_event: OnEvent,
        peer: tuple[str, int] | None = None,
    ) -> int:
        """
        Take a port pair at *address* and give its RTP port; raise ``Unavailable`` if none is free.

        *peer* and *on_event* are as in ``MediaEngine.open``. An engine that is lost meanwhile, or has
        no port, makes room for the next.
        """
        if any(session in engine for engine in self._engines):
            raise Misuse(f"the media session {session} is open")
        for attempt in range(_MOST_LOSSES):
            try:
                return await self._open_somewhere(session, address, on_event, peer)
            except EngineLost:
                if attempt == _MOST_LOSSES - 1:
                    raise
        raise Misuse("no attempt was allowed")

    async def _open_somewhere(
        self, session: str, address: str, on_event: OnEvent, peer: tuple[str, int] | None
    ) -> int:
        """Open a session in the first engine that has a port for it, the most room first."""
        *others, last = self._by_room()
        for engine in others:
            try:
                return await engine.open(session, address, on_event, peer)
            except EngineLost:
                raise
            except Unavailable:
                continue
        return await last.open(session, address, on_event, peer)

    def _by_room(self) -> list[MediaEngine]:
        """Give the engines that a new session is tried with; those that run before the others."""
        order = self.admission.by_room(self.sessions, self._clock.now())
        engines = [self._engines[index] for index in order]
        running = [engine for engine in engines if engine.is_running]
        return running or engines[:1]

    def _lose(self, index: int, lost: Lost) -> None:
        self.admission.begin(index)
        self.on_lost(lost)

    def _take_load(self, index: int, load: Load) -> None:
        self.admission.take(index, load, self._clock.now())
        self.on_load(index, load)


def divided(ports: range, engines: int) -> list[range]:
    """
    Divide a range of ports, so that each part has as many pairs and begins with an even number.

    Raises ``Misuse`` where there are more engines than pairs.
    """
    first = ports.start + ports.start % 2
    pairs = max(0, ports.stop - first) // 2
    each = pairs // engines
    if not each:
        raise Misuse(f"{pairs} pairs of ports cannot be divided among {engines} engines")
    return [
        range(first + 2 * each * index, first + 2 * each * (index + 1)) for index in range(engines)
    ]


def _ignore(*_told: object) -> None:
    """Nobody asked to be told."""

"""Who is measured without signalling: our media engine, and the C loop that shows the limit."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from umbel.core.errors import Unavailable
from umbel.media import g711, wav
from umbel.media.engine import Clip, Connect, Event, Play, Record, Recorded
from umbel.media.session import Codec, MediaSession, SrtpKey, SrtpSuite
from umbel.net.media_engine import MediaEngine

from .building import CACHE, Programs
from .figures import Kind
from .machine import Cores, cpu_seconds, families, pin
from .peers import peer_of, secure_key
from .programs import Loop, loop_arguments

_PORTS: Final = range(4000, 19000)
_PROMPT_SECONDS: Final = 900
_AT_ONCE: Final = 100
"""Sessions that are opened without waiting for each other."""
_FOREVER: Final = 7200.0


class Contestant(Protocol):
    """Something that plays to, and records, calls of one kind."""

    name: str

    async def start(self) -> None:
        """Be ready for calls."""

    async def calls(self, count: int) -> Sequence[tuple[int, int]]:
        """Serve so many calls in all; give the numbers and ports of the new ones."""

    async def recorded(self) -> float:
        """Give how many seconds were recorded so far, of all calls."""

    def cpu(self) -> float:
        """Give the processor time so far."""

    def processes(self) -> set[int]:
        """Give all that is measured."""

    async def stop(self) -> None:
        """Be gone."""


class LoopContestant:
    """The C loop."""

    name = "C loop"

    def __init__(self, kind: Kind, programs: Programs, cores: Cores, most: int) -> None:
        self._kind = kind
        self._programs = programs
        self._cores = cores
        self._most = most
        self._loop: Loop | None = None

    @property
    def _running(self) -> Loop:
        assert self._loop is not None, "it was not started"
        return self._loop

    async def start(self) -> None:
        """Start the program; only its tick is on the measured core, its sink is not."""
        arguments = loop_arguments(self._kind, self._most, self._programs.libsrtp, self._cores.load)
        self._loop = await Loop.run(self._programs.loop, *arguments)
        await self._loop.ask("figures")
        os.sched_setaffinity(self._loop.process.pid, {self._cores.server})

    async def calls(self, count: int) -> Sequence[tuple[int, int]]:
        """Serve so many calls in all."""
        return await self._running.calls(count)

    async def recorded(self) -> float:
        """Give the seconds that the sink was given."""
        return await self._running.recorded()

    def cpu(self) -> float:
        """Give the time of the thread that ticks."""
        return cpu_seconds(self._running.process.pid, main_thread=True)

    def processes(self) -> set[int]:
        """Give the program."""
        return {self._running.process.pid}

    async def stop(self) -> None:
        """End the program."""
        await self._running.end()


class EngineContestant:
    """Umbel's media engine, driven by its messages."""

    name = "Umbel"

    def __init__(self, kind: Kind, cores: Cores, prompt: Path, not_ours: set[int]) -> None:
        self._kind = kind
        self._cores = cores
        self._prompt = prompt
        self._not_ours = not_ours
        self._engine = MediaEngine(_PORTS)
        self._count = 0
        self._seconds = 0.0
        self.failed: list[str] = []
        """Why sessions could not be opened."""

    async def start(self) -> None:
        """Start the engine's processes."""
        await self._engine.start()
        for process in self.processes():
            pin(process, self._cores.server)

    def processes(self) -> set[int]:
        """Give the engine's processes, however many it has."""
        return families({os.getpid()}) - {os.getpid()} - families(self._not_ours)

    async def calls(self, count: int) -> Sequence[tuple[int, int]]:
        """Open sessions up to so many; one that cannot be opened is left out."""
        ports: list[tuple[int, int]] = []
        while self._count < count:
            several = range(self._count, min(count, self._count + _AT_ONCE))
            self._count = several.stop
            opened = await asyncio.gather(*map(self._open, several))
            ports += [each for each in opened if each is not None]
        return ports

    async def _open(self, index: int) -> tuple[int, int] | None:
        name, peer = f"call-{index}", peer_of(index)
        known = None if self._kind.has_own_ports else peer
        try:
            port = await self._engine.open(name, "127.0.0.1", self._take, known)
        except Unavailable as error:
            self.failed.append(str(error))
            return None
        self._engine.send(Connect(session=name, media=self._media(index, peer)))
        if self._kind.plays:
            # From somewhere in the middle, so that not all calls are in one piece of it.
            since = index * 7 % 60
            clip = Clip(path=str(self._prompt))
            self._engine.send(Play(session=name, play=1, items=(clip,), since=since))
        if self._kind.records:
            self._engine.send(Record(session=name, recording=1, longest=_FOREVER, silence=0))
        return index, port

    def _media(self, index: int, peer: tuple[str, int]) -> MediaSession:
        sends, receives = (
            SrtpKey(suite=SrtpSuite.AES_CM_128_HMAC_SHA1_80, master=secure_key(index, to_server))
            for to_server in (False, True)
        )
        return MediaSession(
            remote_address=peer[0],
            remote_port=peer[1],
            remote_rtcp_port=peer[1] + 1,
            codec=Codec.PCMU,
            payload_type=0,
            telephone_event=101,
            sends_with=sends if self._kind.is_secure else None,
            receives_with=receives if self._kind.is_secure else None,
        )

    def _take(self, event: Event) -> None:
        if isinstance(event, Recorded):
            self._seconds += event.seconds

    async def recorded(self) -> float:
        """Give the seconds that came in ``Recorded`` events."""
        await asyncio.sleep(0)
        return self._seconds

    def cpu(self) -> float:
        """Give the time of all its processes."""
        return sum(map(cpu_seconds, self.processes()))

    async def stop(self) -> None:
        """End the engine."""
        await self._engine.stop()


def prompt_file() -> Path:
    """Give a recording that is longer than any bench: of something like speech."""
    path = CACHE / f"prompt-{_PROMPT_SECONDS}.wav"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    t = np.arange(10 * 8000) / 8000
    syllables = 0.4 + 0.6 * np.abs(np.sin(9.7 * t))
    voice = 2500 * np.sin(1131 * t) + 1700 * np.sin(3267 * t) + 900 * np.sin(9299 * t)
    piece = g711.decode(Codec.PCMU, g711.encode(Codec.PCMU, (syllables * voice).astype(np.int16)))
    sound = wav.Sound(rate=8000, samples=np.tile(piece, _PROMPT_SECONDS // 10))
    path.write_bytes(wav.write(sound))
    return path

"""Whole servers that are measured with signalling: a node of Umbel, and others of its kind."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from umbel.backends.authority import Authority
from umbel.net.clock import SystemClock

from . import site
from .building import CACHE, ROOT, NotPossible
from .machine import cpu_seconds, families, listeners, pin

_NAME: Final = "answer.umbel.test"
_PATIENCE: Final = 40.0
_SETTLE: Final = 2.0


class Server(Protocol):
    """A SIP server on this machine."""

    name: str
    port: int
    """Of UDP and TCP; TLS has the next one."""
    play: str
    """Who answers and plays without end."""
    voice_mail: str
    """Who answers and records."""
    piece: float
    """Seconds by which its recordings grow at once."""

    def command(self) -> Sequence[str]:
        """Prepare a new start, and give the command that serves in the foreground."""

    def environment(self) -> Mapping[str, str]:
        """Give what the command needs in its environment."""

    def recorded(self) -> float:
        """Give the seconds in its recordings."""


class UmbelServer:
    """A node, as ``script/bench target`` serves it."""

    name = "Umbel"
    port = 5570
    play = site.PLAY
    voice_mail = site.VOICE_MAIL
    piece = 1.1

    def __init__(self) -> None:
        self._place = site.Place(folder=CACHE / "node", port=self.port)

    def command(self) -> Sequence[str]:
        """Give the command; the target makes its folder anew by itself."""
        folder = str(self._place.folder)
        script = str(ROOT / "script" / "bench")
        return (script, "target", "--folder", folder, "--port", str(self.port))

    def environment(self) -> Mapping[str, str]:
        """Give nothing."""
        return {}

    def recorded(self) -> float:
        """Give the seconds in the store's folder of audio."""
        return seconds_in(self._place.audio)


class AnswerServer:
    """A small C program that answers OPTIONS and nothing else: the limit of the machine."""

    name = "C answer"
    port = 5590
    play = voice_mail = ""
    piece = 0.0

    def __init__(self, program: Path) -> None:
        self._program = program

    def command(self) -> Sequence[str]:
        """Make its certificate, of the kind that a node's is, and give the command."""
        folder = CACHE / "answer"
        shutil.rmtree(folder, ignore_errors=True)
        files = Authority(folder, SystemClock().wall()).issue(_NAME, ("127.0.0.1",))
        return (str(self._program), str(self.port), str(files.certificate), str(files.key))

    def environment(self) -> Mapping[str, str]:
        """Give nothing."""
        return {}

    def recorded(self) -> float:
        """Give nothing: it takes no calls."""
        return 0.0


class Running:
    """A server that was started, pinned to its core."""

    def __init__(self, server: Server, core: int) -> None:
        self.server = server
        self._core = core
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it anew and wait until it listens; leave nothing where that fails."""
        if self._listens():
            raise NotPossible(f"port {self.server.port} is taken: another bench still runs")
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        command = await asyncio.to_thread(self.server.command)
        log = CACHE / f"{self.server.name.lower().replace(' ', '-')}.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it lives on beside the loop
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, **self.server.environment()},
            )
        async with asyncio.timeout(_PATIENCE):
            while not self._listens():
                if self._process.poll() is not None:
                    end = log.read_text(errors="replace")[-800:]
                    raise NotPossible(f"{self.server.name} ended at once; {log} says:\n{end}")
                await asyncio.sleep(0.1)
        await asyncio.sleep(_SETTLE)
        for process in self.processes():
            pin(process, self._core)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            takes_calls = probe.connect_ex(("127.0.0.1", self.server.port + 1)) == 0
        return takes_calls and bool(listeners(self.server.port))

    def processes(self) -> set[int]:
        """Give all of its processes."""
        return families({self._process.pid}) if self._process is not None else set()

    def cpu(self) -> float:
        """Give the processor time of all its processes so far."""
        return sum(map(cpu_seconds, self.processes()))

    async def stop(self) -> None:
        """End it, by force where asking does not do."""
        if self._process is None:
            return
        family = self.processes()
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, 20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        for process in family:
            _end_left_over(process, self._process.pid)
        self._process = None


def _end_left_over(process: int, session: int) -> None:
    """End what a server left behind in its session; mostly there is nothing."""
    try:
        if os.getsid(process) == session:
            os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def seconds_in(folder: Path) -> float:
    """Give the seconds of 16-bit linear WAV files in a folder, as far as they are written."""
    header, second = 44, 16000
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".wav"):
                try:
                    size = os.stat(f"{path}/{name}").st_size
                except FileNotFoundError:
                    continue  # discarded meanwhile
                total += max(0, size - header)
    return total / second

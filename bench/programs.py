"""The two C programs as objects: lines in, JSON objects out."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from .figures import Kind, Window, window_from

_PATIENCE: Final = 120.0
"""Seconds beyond what a command takes by itself until the program counts as stuck."""

Answer = dict[str, object]


class ProgramFailed(Exception):
    """A C program ended, or said what nobody understands; has what it said last."""


class Program:
    """One run of a C program."""

    def __init__(self, name: str, process: Process) -> None:
        self.name = name
        self.process = process

    @classmethod
    async def run(cls, program: Path, *arguments: str) -> Self:
        """Start a program."""
        process = await asyncio.create_subprocess_exec(
            program, *arguments, stdin=PIPE, stdout=PIPE, limit=1 << 20
        )
        return cls(program.name, process)

    async def tell(self, lines: Iterable[str]) -> None:
        """Send commands that have no answer."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        try:
            await self.process.stdin.drain()
        except ConnectionError as error:
            raise ProgramFailed(f"{self.name} has ended; what it said is above") from error

    async def ask(self, command: str, seconds: float = 0.0) -> Answer:
        """Send a command and give its answer, which takes *seconds* by itself."""
        assert self.process.stdout is not None
        await self.tell((command,))
        try:
            async with asyncio.timeout(seconds + _PATIENCE):
                line = await self.process.stdout.readline()
        except TimeoutError as error:
            raise ProgramFailed(f"{self.name} did not answer to {command!r}") from error
        if not line:
            raise ProgramFailed(f"{self.name} ended at {command!r}; what it said is above")
        return read_answer(line, command)

    async def end(self) -> None:
        """End the program in good order, and by force where it does not."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            async with asyncio.timeout(60):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


def read_answer(line: bytes, command: str) -> Answer:
    """Read a line that answers *command*: it must name the command's first word."""
    try:
        answer: object = json.loads(line)
    except ValueError as error:
        raise ProgramFailed(f"found {line!r}, expected a JSON object") from error
    wanted = command.split()[0]
    if not isinstance(answer, dict) or answer.get("answer") != wanted:
        raise ProgramFailed(f"found {line!r}, expected an answer to {wanted}")
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Durations in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the calls, requests or handshakes of one command."""

    seconds: float
    generator_cpu: float
    up: int
    tried: int
    answered: int
    refused: int
    status: int
    timed_out: int
    broken: int
    ended_by_server: int
    hung_up: int
    unanswered_bye: int
    repeated: int
    lost_connections: int
    packets: int
    setup: Quantiles
    bye: Quantiles
    options: Quantiles
    handshakes: Quantiles
    keys: Quantiles

    @property
    def failed(self) -> int:
        """Calls that went wrong in one way or another."""
        wrong = self.refused + self.timed_out + self.broken
        return wrong + self.ended_by_server + self.unanswered_bye


_QUANTILES: Final = ("setup", "bye", "options", "handshakes", "keys")


def tally_from(answer: Answer) -> Tally:
    """Read the generator's answer to a command of calls."""
    fields = {name: answer[name] for name in Tally.__slots__}
    for name in _QUANTILES:
        durations = fields[name]
        assert isinstance(durations, dict)
        fields[name] = Quantiles(**durations)
    return Tally(**fields)  # type: ignore[arg-type]


class Generator(Program):
    """The load generator."""

    async def talk(self, ports: Sequence[tuple[int, int]]) -> None:
        """Let streams, by their numbers, talk with ports of this machine, without SIP."""
        for at in range(0, len(ports), 500):
            await self.tell(f"to {index} {port}" for index, port in ports[at : at + 500])
            await asyncio.sleep(0.01)

    async def window(self, seconds: float) -> Window:
        """Watch all streams for so long."""
        return window_from(await self.ask(f"window {seconds}", seconds))

    async def run_calls(self, command: str, seconds: float = 0.0) -> Tally:
        """Do what a command of SIP says."""
        return tally_from(await self.ask(command, seconds))


class Loop(Program):
    """The C loop that shows the limit."""

    async def calls(self, count: int) -> list[tuple[int, int]]:
        """Open calls up to so many; give the numbers and ports of the new ones."""
        answer = await self.ask(f"calls {count}")
        first, ports = answer["first"], answer["ports"]
        assert isinstance(first, int)
        assert isinstance(ports, list)
        return [(first + at, int(port)) for at, port in enumerate(ports)]

    async def recorded(self) -> float:
        """Give how many seconds were handed over so far, of all calls."""
        octets = (await self.ask("figures"))["recorded"]
        assert isinstance(octets, int)
        return octets / 16000


def loop_arguments(kind: Kind, most: int, libsrtp: Path, sink_core: int) -> list[str]:
    """Give the arguments with which the loop serves calls of a kind."""
    does = [
        name for name, wanted in (("playing", kind.plays), ("recording", kind.records)) if wanted
    ]
    arguments = ["--sockets", "own" if kind.has_own_ports else "shared", "--does", ",".join(does)]
    arguments += ["--most", str(most), "--sink-core", str(sink_core)]
    return [*arguments, "--libsrtp", str(libsrtp)] if kind.is_secure else arguments

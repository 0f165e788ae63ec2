"""Running the programs that tests meet, and telling what they said when something is wrong."""

import asyncio
import itertools
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import pytest

Answer = TypeVar("Answer")

REPOSITORY = Path(__file__).parents[2]

_ALL_PORTS = range(12000, 19998)
"""Below the ports that the kernel gives to connections, so that none of those is in the way."""
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_OWN_PORTS = _ALL_PORTS[len(_ALL_PORTS) * _WORKER // _WORKERS :][: len(_ALL_PORTS) // _WORKERS]
"""Those of this worker: what it found free, no other takes before it does."""
_PORTS = itertools.islice(itertools.cycle(_OWN_PORTS), os.getpid() * 101 % len(_OWN_PORTS), None)


def require(program: str, package: str) -> str:
    """Give the path of a program, or skip the test with a reason and the cure."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed (as root: apt-get install {package})")
    return found


def free_port(address: str = "127.0.0.1") -> int:
    """Give a port that nobody has, for TCP and UDP; never the same one twice in a run."""
    return next(port for port in _PORTS if _is_free(port, address))


def port_pair() -> int:
    """Give an even port and keep its successor: RTP and RTCP, or SIP and SIP over TLS."""
    return free_ports(2)


def free_ports(count: int, address: str = "127.0.0.1") -> int:
    """Give the first, an even one, of so many ports in a row that nobody has; all are kept."""
    row: list[int] = []
    while len(row) < count:
        port = next(_PORTS)
        if (row and port != row[-1] + 1) or not _is_free(port, address):
            row = []
        elif row or port % 2 == 0:
            row.append(port)
    return row[0]


def _is_free(port: int, address: str = "127.0.0.1") -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


class Failed(AssertionError):
    """A program did not do what the test needs; has its output."""


class Running:
    """A program that was started, its output in a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def output(self) -> str:
        """Give what it printed so far."""
        return self.log.read_text(errors="replace")

    def fail(self, why: str) -> Failed:
        """Give an error with the end of the output."""
        return Failed(f"{self.log.stem} {why}:\n" + "\n".join(self.output.splitlines()[-60:]))

    async def wait(self, within: float) -> int:
        """Wait for its end and give the exit code."""
        try:
            async with asyncio.timeout(within):
                return await self.process.wait()
        except TimeoutError:
            raise self.fail(f"has not ended within {within} s") from None

    async def until(self, text: str, within: float = 10) -> None:
        """Wait until it has printed *text*."""
        await until(lambda: text in self.output, within, lambda: self.fail(f"never said {text!r}"))

    async def stop(self, number: int = signal.SIGTERM) -> None:
        """End it, kindly at first; what it started and left behind ends with it."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        try:
            async with asyncio.timeout(5):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


@asynccontextmanager
async def running(
    *command: str | Path,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    own_names: Path | None = None,
    namespace: str = "",
) -> AsyncIterator[Running]:
    """
    Run a program, in a process group of its own; it ends with the block.

    *own_names* is what it sees as ``/etc/hosts``, *namespace* the network namespace it lives in.
    """
    arguments = [str(part) for part in command]
    if own_names is not None:
        arguments = _with_names(own_names, arguments)
    if namespace:
        arguments = ["nsenter", f"--net=/run/netns/{namespace}", *arguments]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd or log.parent,
            env={**os.environ, "TERM": "xterm", **(env or {})},
            preexec_fn=_heed_interrupts,
            start_new_session=True,
        )
    program = Running(process, log)
    try:
        yield program
    finally:
        await program.stop()


def _heed_interrupts() -> None:
    """Let Ctrl-C work in the program, although a shell in the background has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def until(
    condition: Callable[[], bool], within: float, failure: Callable[[], Exception]
) -> None:
    """Wait until *condition* holds; the world outside gives no better sign."""
    deadline = asyncio.get_running_loop().time() + within
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise failure()
        await asyncio.sleep(0.02)


async def eventually(
    ask: Callable[[], Awaitable[Answer | None]], within: float, failure: Callable[[], Exception]
) -> Answer:
    """Ask again and again until there is an answer, and give it."""
    deadline = asyncio.get_running_loop().time() + within
    while (answer := await ask()) is None:
        if asyncio.get_running_loop().time() > deadline:
            raise failure()
        await asyncio.sleep(0.05)
    return answer


async def until_listening(port: int, within: float = 10, address: str = "127.0.0.1") -> None:
    """Wait until somebody accepts TCP connections there."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        try:
            _reader, writer = await asyncio.open_connection(address, port)
        except OSError:
            if asyncio.get_running_loop().time() > deadline:
                raise Failed(f"nobody listens on {address}:{port}") from None
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


async def in_time(work: Awaitable[object], within: float) -> None:
    """Wait for *work*, but not for ever."""
    async with asyncio.timeout(within):
        await work


def _with_names(hosts: Path, arguments: list[str]) -> list[str]:
    """Give the program *hosts* as its own /etc/hosts, in a mount namespace of its own."""
    script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'
    return [
        "unshare",
        "-m",
        "--propagation",
        "private",
        "sh",
        "-c",
        script,
        "sh",
        str(hosts),
        *arguments,
    ]

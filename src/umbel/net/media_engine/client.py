"""The node's side of the media engine: starts its process, talks to it, notices its death."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from umbel.core.errors import Misuse, Unavailable
from umbel.media.engine import (
    Close,
    Closed,
    Command,
    Event,
    Load,
    Open,
    Opened,
    OpenFailed,
    SendKey,
)
from umbel.media.telephone_event import KEYS
from umbel.net.socket_room import ask_for_room_to_send

from .channel import Unpacker, pack
from .pressing import LONGEST

_PATIENCE: Final = 2.0
"""Seconds that a process gets to end after its stream was closed."""
_PAUSE: Final = 1.0
"""Seconds before another engine is started in the place of one that could not even begin."""

_RESTART: Final = 5.0
"""Seconds that whoever opens a session waits for the process that is being started."""

_CHECK: Final = 2.5
"""Seconds between two looks whether the engine still tells its load."""
_SILENT_CHECKS: Final = 4
"""Looks without news after which it stands still. That they are counted, and not the time, keeps a
node that itself stood still from blaming the engine."""
_SILENT_AT_FIRST: Final = 12
"""The same for a process that has only been started, perhaps by a machine that is very busy."""

_ROOM: Final = 1 << 22
"""Octets of either direction of the stream: the recordings of some ticks."""
_GATHERING: Final = 0.004
"""Seconds within which commands are sent together: the engine acts once in 20 ms anyway."""

OnEvent = Callable[[Event], None]


class EngineLost(Unavailable):
    """The process ended before it had opened the session: another may open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What went with an engine's process."""

    reason: str
    """How it ended, or why no other can be started."""
    sessions: frozenset[str] = frozenset()
    """Those that were open. Whoever was waiting for one to open is told by ``EngineLost``."""


class MediaEngine:
    """A media engine process, and another one when that is lost."""

    def __init__(self, ports: range, core: int | None = None) -> None:
        """*core*: the processor that the process is to be pinned to; ``None``: to none."""
        self.on_lost: Callable[[Lost], None] = _ignore
        """Told when the process is gone with all its sessions; another is started."""
        self.on_load: Callable[[Load], None] = _ignore
        """Told about each second how the engine bears its load."""
        self.load: Load | None = None
        """What the engine told last of its load."""
        self._ports = ports
        self._core = core
        self._begin = ports.start
        """The port that another process begins with: the peers of this one's calls will send to
        those below for a while."""
        self._has_started = asyncio.Event()
        self._sessions: dict[str, OnEvent] = {}
        self._opening: dict[str, asyncio.Future[int]] = {}
        self._link: _Link | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._is_stopping = asyncio.Event()

    def __len__(self) -> int:
        """Give how many sessions are open or being opened."""
        return len(self._sessions)

    def __contains__(self, session: str) -> bool:
        """Say whether a session is open or being opened."""
        return session in self._sessions

    @property
    def is_running(self) -> bool:
        """Whether there is a process: otherwise one may be on its way."""
        return self._link is not None

    @property
    def process_id(self) -> int | None:
        """Give the number of the engine's process; ``None``: none runs now."""
        return self._link.process.pid if self._link is not None else None

    async def start(self) -> None:
        """Start the process; it can be used when this returns."""
        self._is_stopping.clear()
        link = await self._start_link()
        self._use(link)
        self._keeper = asyncio.create_task(self._keep(link))

    async def stop(self) -> None:
        """End the process. Sessions that are still open are gone without a word."""
        self._is_stopping.set()
        if self._link is not None:
            self._link.hang_up()
        if self._keeper is not None:
            await self._keeper
            self._keeper = None

    def send(self, command: Command) -> None:
        """Have *command* done; where the engine is gone, so is the session it was meant for."""
        if isinstance(command, SendKey):
            _check(command)
        if self._link is not None:
            self._link.send(command)

    async def open(
        self,
        session: str,
        address: str,
        on_event: OnEvent,
        peer: tuple[str, int] | None = None,
    ) -> int:
        """
        Take a port pair at *address* and give its RTP port; raise ``Unavailable`` if none is free.

        Where another process is being started, it is waited for; one that is lost before it answers
        raises ``EngineLost``.
        *peer* is where audio will come from, where signalling has said so already.
        The events of the session go to *on_event*, ``Closed`` being the last.
        """
        if self._link is None:
            await self._until_started()
        if session in self._sessions:
            raise Misuse(f"the media session {session} is open")
        opening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._sessions[session], self._opening[session] = on_event, opening
        self.send(Open(session=session, address=address, peer=peer))
        try:
            return await opening
        except asyncio.CancelledError:
            self.send(Close(session=session))
            raise
        finally:
            self._opening.pop(session, None)

    # --- what the engine tells -------------------------------------------------------------

    def _receive(self, message: Event | Load) -> None:
        match message:
            case Load():
                self.load = message
                self.on_load(message)
            case Opened(session=session, port=port):
                self._settle(session, port)
            case OpenFailed(session=session, reason=reason):
                self._sessions.pop(session, None)
                self._refuse(session, reason)
            case Closed(session=session):
                self._tell(self._sessions.pop(session, _ignore), message)
            case _:
                self._tell(self._sessions.get(message.session, _ignore), message)

    def _tell(self, on_event: OnEvent, event: Event) -> None:
        """Pass on an event; a fault there is told, and must not cost us the stream."""
        try:
            on_event(event)
        except Exception as error:  # noqa: BLE001 - it is another's, and told as the loop tells it
            told = {"message": "taking an event of the media engine", "exception": error}
            asyncio.get_running_loop().call_exception_handler(told)

    def _settle(self, session: str, port: int) -> None:
        opening = self._opening.get(session)
        if opening is not None and not opening.done():
            opening.set_result(port)
        self._begin = port + 2

    def _refuse(self, session: str, reason: str, why: type[Unavailable] = Unavailable) -> None:
        opening = self._opening.get(session)
        if opening is not None and not opening.done():
            opening.set_exception(why(reason))

    # --- life and death of the process -----------------------------------------------------

    async def _keep(self, link: "_Link") -> None:
        """Wait for the death of the process, tell it, and start another, again and again."""
        while True:
            reason = await self._until_lost(link)
            self._link = self.load = None
            self._has_started.clear()
            sessions = self._forget_sessions(reason)
            if self._is_stopping.is_set():
                return
            self.on_lost(Lost(reason=reason, sessions=sessions))
            if not link.was_heard:
                await self._pause()
            another = await self._start_another()
            if another is None:
                return
            link = another
            self._use(link)
            if self._is_stopping.is_set():
                link.hang_up()

    async def _until_lost(self, link: "_Link") -> str:
        """Wait until the process is gone, and say how it went; end one that stands still."""
        lost = asyncio.create_task(link.lost())
        silent, seen = 0, self.load
        while silent < (_SILENT_CHECKS if link.was_heard else _SILENT_AT_FIRST):
            silent = silent + 1 if self.load is seen else 0
            seen = self.load
            await asyncio.wait((lost,), timeout=_CHECK)
            if lost.done():
                return lost.result()
        link.process.kill()
        await lost
        return f"it stood still for {silent * _CHECK:g} s"

    async def _start_another(self) -> "_Link | None":
        """Start a process, however often it takes; ``None``: none is wanted any more."""
        while not self._is_stopping.is_set():
            try:
                return await self._start_link()
            except OSError as error:
                self.on_lost(Lost(reason=f"no other can be started: {error}"))
            await self._pause()
        return None

    def _use(self, link: "_Link") -> None:
        self._link = link
        self._has_started.set()

    async def _until_started(self) -> None:
        if self._keeper is None or self._is_stopping.is_set():
            raise Unavailable("the media engine does not run")
        try:
            async with asyncio.timeout(_RESTART):
                await self._has_started.wait()
        except TimeoutError:
            raise Unavailable("no media engine can be started") from None

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PAUSE):
                await self._is_stopping.wait()

    async def _start_link(self) -> "_Link":
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            ask_for_room_to_send(end, _ROOM)
        try:
            with theirs:
                process = await self._start_process(theirs)
        except BaseException:
            ours.close()
            raise
        link = _Link(process, self._receive)
        await asyncio.get_running_loop().create_connection(lambda: link, sock=ours)
        return link

    async def _start_process(self, stream: socket.socket) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __package__,
            str(self._ports.start),
            str(self._ports.stop - 1),
            str(self._begin),
            *([] if self._core is None else [str(self._core)]),
            stdin=stream.fileno(),
            # Ctrl-C goes to a whole group; the engine ends with our end of the stream instead.
            process_group=0,
            # Matrices are small here: threads of their library would only be in each other's way.
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )

    def _forget_sessions(self, reason: str) -> frozenset[str]:
        """Give those that were open; whoever waits for one is told now."""
        opened = self._sessions.keys() - {
            session for session, opening in self._opening.items() if not opening.done()
        }
        for session in list(self._opening):
            self._refuse(session, reason, EngineLost)
        self._sessions.clear()
        return frozenset(opened)


class _Link(asyncio.BufferedProtocol):
    """One process and the stream to it."""

    def __init__(
        self, process: asyncio.subprocess.Process, receive: Callable[[Event | Load], None]
    ) -> None:
        self.process = process
        self.was_heard = False
        self._receive = receive
        self._unpacker: Unpacker[Event | Load] = Unpacker()
        self._transport: asyncio.WriteTransport | None = None
        self._unsent: list[Command] = []
        self._is_lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._unpacker.space()

    def buffer_updated(self, nbytes: int) -> None:
        self.was_heard = True
        for message in self._unpacker.filled(nbytes):
            self._receive(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost.set()

    def send(self, command: Command) -> None:
        """Send a command, in one batch with others of that moment."""
        loop = asyncio.get_running_loop()
        if isinstance(command, Open):  # Its caller waits for a port, and hears nothing until then.
            loop.call_soon(self._flush)
        elif not self._unsent:
            loop.call_later(_GATHERING, self._flush)
        self._unsent.append(command)

    def _flush(self) -> None:
        commands, self._unsent = self._unsent, []
        if commands and self._transport is not None and not self._transport.is_closing():
            self._transport.write(pack(commands))

    def hang_up(self) -> None:
        """Close the stream, upon which the process ends."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    async def lost(self) -> str:
        """Wait until the process is gone, and say how it went; without its stream it must go."""
        await self._is_lost.wait()
        try:
            async with asyncio.timeout(_PATIENCE):
                return _ending(await self.process.wait())
        except TimeoutError:
            self.process.kill()
            return _ending(await self.process.wait())


def _ending(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"


def _check(command: SendKey) -> None:
    if command.key not in KEYS or len(command.key) != 1:
        raise Misuse(f"no telephone has the key {command.key!r}")
    if not 0 < command.held <= LONGEST:
        raise Misuse(f"a key is held for up to {LONGEST} s, not {command.held}")


def _ignore(_: object) -> None:
    """Nobody asked to be told."""

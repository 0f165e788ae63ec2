"""The engine's process: a tick every 20 ms, commands as soon as they come, the end with the node.

A tick that is late is not made up for: the next one comes at the next 20 ms of the clock.

The process asks for two things that keep its ticks in time, and tells what it got: a processor of its
own, and to go before others by its niceness. It does not ask for a real-time class (SCHED_FIFO): past
its limit such an engine would run without a pause, and signalling on the same processor, which could
refuse the calls that are too many, would not run at all.
"""

import gc
import os
import select
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from umbel.core.instants import Duration
from umbel.media.engine import Command, Load
from umbel.net.clock import SystemClock
from umbel.net.open_sockets import allow_many_sockets
from umbel.net.randomness import SystemRandomness

from .channel import Channel, Disconnected, NodeStandsStill
from .engine import TICK, Engine

_MUCH: Final = 1 << 23
"""Octets that a node has left unread: half a second of a thousand recordings."""
_REST: Final = TICK / 2
"""Seconds in which no command is served after others were: a call is answered so much later, at most."""
_LOAD_EVERY: Final = 50
"""Ticks."""
_NICENESS: Final = -10
"""What is asked for, from where the node is; systemd grants it by LimitNICE."""
_QUIET: Final = TICK / 2
"""What must be left until the next tick for a collection of garbage to begin."""
_LONGEST_KEPT: Final = 5.0
"""Seconds, after which garbage is collected all the same: later there would only be more of it."""
_ALL_GARBAGE_EVERY: Final = 60.0
"""Seconds; and only while there is no session, because old objects are many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the process stands among the others of its machine."""

    core: int | None = None
    """The processor that it is pinned to."""
    niceness: int = 0


def be_a_process(core: int | None = None) -> Standing:
    """Prepare a process that is to be nothing but an engine, and give what the system granted."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # They go to the whole group; the node decides, and its end of the stream tells us.
        signal.signal(number, signal.SIG_IGN)
    allow_many_sockets()
    # What lives now lives for ever: no collection needs to look at it again. The others come when
    # there is time, not when something is allocated.
    gc.collect()
    gc.freeze()
    gc.disable()
    with suppress(PermissionError):
        os.nice(_NICENESS)
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    return Standing(core=core if _is_pinned(core) else None, niceness=niceness)


def _is_pinned(core: int | None) -> bool:
    """Stay on one processor; say whether the system lets us."""
    if core is None:
        return False
    try:
        os.sched_setaffinity(0, {core})
    except OSError:
        return False  # It is told with each load; audio on another processor is better than none.
    return True


def serve(
    stream: socket.socket, ports: range, *, begin: int = 0, standing: Standing = Standing()
) -> None:
    """
    Run an engine for the node at the other end of *stream* until it closes that.

    *begin* is the port of *ports* that is given first; *standing* is told with each load.
    """
    # The stream is closed first, at once: by that the node knows that its calls need another engine.
    with ThreadPoolExecutor(1, "prompts") as loader, stream:
        engine = Engine(
            ports,
            clock=SystemClock(),
            randomness=SystemRandomness(),
            loader=loader,
            begin=begin,
        )
        try:
            _Loop(stream, engine, LoadMeter(standing)).run()
        except NodeStandsStill as error:
            raise SystemExit(
                f"A media engine ended: {error}. Its calls go on in another one. If it happens again, "
                "see in the log what the node was busy with, and give it another processor."
            ) from None
        except Disconnected:
            return
        finally:
            engine.shut()
            loader.shutdown(wait=False, cancel_futures=True)


class _Loop:
    """Drives the engine from the clock and the stream."""

    def __init__(self, stream: socket.socket, engine: Engine, meter: "LoadMeter") -> None:
        self._channel: Channel[Command] = Channel(stream)
        self._engine = engine
        self._due = time.monotonic() + TICK
        self._meter = meter
        self._served = -_REST
        self._collected = self._collected_all = time.monotonic()

    def run(self) -> None:
        """Go on until the node is gone, which is told by ``Disconnected``."""
        while True:
            self._let_commands_gather()
            # Where every tick is late, too: the end of calls is what ends that.
            self._serve_node(max(0.0, self._due - time.monotonic()))
            late = time.monotonic() - self._due
            if late >= 0:
                self._tick(late)

    def _let_commands_gather(self) -> None:
        """Sleep after commands were served: of a busy node, many at once cost both sides less."""
        rest = min(self._due, self._served + _REST) - time.monotonic()
        if rest > 0:
            time.sleep(rest)

    def _serve_node(self, wait: Duration) -> None:
        writing = [self._channel] if self._channel.unsent else []
        ready, writable, _ = select.select([self._channel], writing, [], wait)
        if ready:
            for command in self._channel.receive():
                self._engine.execute(command)
            self._served = time.monotonic()
        if ready or writable:
            self._channel.send(self._engine.take_events())

    def _tick(self, late: Duration) -> None:
        frames = 1 + int(late / TICK)
        self._due += frames * TICK
        began = time.thread_time()
        self._engine.tick(frames)
        load = self._meter.add(frames, late, time.thread_time() - began, len(self._engine))
        events = self._engine.take_events()
        self._channel.send(events if load is None else (*events, load))
        self._let_node_read()
        if load is not None:
            self._collect_garbage()

    def _let_node_read(self) -> None:
        """Wait for up to a tick where much is unread: past the limit, sound is late, and not lost."""
        until = time.monotonic() + TICK
        while self._channel.unsent > _MUCH and (left := until - time.monotonic()) > 0:
            select.select([], [self._channel], [], left)
            self._channel.send(())

    def _collect_garbage(self) -> None:
        """Look for cycles among what is new, if the next tick leaves time for that."""
        now = time.monotonic()
        if self._due - now < _QUIET and now - self._collected < _LONGEST_KEPT:
            return
        self._collected = now
        is_all = not len(self._engine) and now - self._collected_all > _ALL_GARBAGE_EVERY
        if is_all:
            self._collected_all = now
        gc.collect(2 if is_all else 0)


class LoadMeter:
    """
    Sums up how much of a processor the engine uses, and how late it came.

    How busy it is, is told by the processor's time and not by the clock's, in which others that were
    let go before it would seem to be calls of ours; that they were is told by how late it came.
    """

    def __init__(self, standing: Standing = Standing()) -> None:
        self._standing = standing
        self._begin()

    def _begin(self) -> None:
        self._ticks = self._skipped = 0
        self._busy: list[Duration] = []
        self._late: list[Duration] = []

    def add(self, frames: int, late: Duration, busy: Duration, sessions: int) -> Load | None:
        """Count a tick; about each second give what to tell."""
        self._ticks += frames
        self._skipped += frames - 1
        self._late.append(late)
        self._busy.append(busy)
        if self._ticks < _LOAD_EVERY:
            return None
        load = Load(
            sessions=sessions,
            busy=sum(self._busy) / (self._ticks * TICK),
            latest=max(self._late),
            skipped=self._skipped,
            ticks=self._ticks,
            late=_but_for_one_in_twenty(self._late),
            tick=_but_for_one_in_twenty(self._busy),
            core=self._standing.core,
            niceness=self._standing.niceness,
        )
        self._begin()
        return load


def _but_for_one_in_twenty(figures: list[Duration]) -> Duration:
    """Give what all but the worst twentieth do not exceed."""
    return sorted(figures)[len(figures) - 1 - len(figures) // 20]

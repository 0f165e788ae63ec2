"""The engine's process: a tick every 20 ms, commands as soon as they come, the end with the node.

A tick that is late is not made up for: the next one comes at the next 20 ms of the clock.
"""

import gc
import select
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from umbel.core.instants import Duration
from umbel.media.engine import Command, Load
from umbel.net.clock import SystemClock
from umbel.net.open_sockets import allow_many_sockets
from umbel.net.randomness import SystemRandomness

from .channel import Channel, Disconnected
from .engine import TICK, Engine

_LOAD_EVERY: Final = 50
"""Ticks."""


def be_a_process() -> None:
    """Prepare a process that is to be nothing but an engine."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # They go to the whole group; the node decides, and its end of the stream tells us.
        signal.signal(number, signal.SIG_IGN)
    allow_many_sockets()
    # What lives now lives for ever: no collection needs to look at it again.
    gc.collect()
    gc.freeze()


def serve(stream: socket.socket, ports: range) -> None:
    """Run an engine for the node at the other end of *stream* until it closes that."""
    with stream, ThreadPoolExecutor(1, "prompts") as loader:
        engine = Engine(ports, clock=SystemClock(), randomness=SystemRandomness(), loader=loader)
        try:
            _Loop(stream, engine).run()
        except Disconnected:
            return
        finally:
            engine.shut()


class _Loop:
    """Drives the engine from the clock and the stream."""

    def __init__(self, stream: socket.socket, engine: Engine) -> None:
        self._channel: Channel[Command] = Channel(stream)
        self._engine = engine
        self._due = time.monotonic() + TICK
        self._meter = LoadMeter()

    def run(self) -> None:
        """Go on until the node is gone, which is told by ``Disconnected``."""
        while True:
            wait = self._due - time.monotonic()
            if wait > 0:
                self._serve_node(wait)
            else:
                self._tick(-wait)

    def _serve_node(self, wait: Duration) -> None:
        writing = [self._channel] if self._channel.has_unsent else []
        ready, writable, _ = select.select([self._channel], writing, [], wait)
        if ready:
            for command in self._channel.receive():
                self._engine.execute(command)
        if ready or writable:
            self._channel.send(self._engine.take_events())

    def _tick(self, late: Duration) -> None:
        frames = 1 + int(late / TICK)
        self._due += frames * TICK
        began = time.monotonic()
        self._engine.tick(frames)
        load = self._meter.add(frames, late, time.monotonic() - began, len(self._engine))
        events = self._engine.take_events()
        self._channel.send(events if load is None else (*events, load))


class LoadMeter:
    """Sums up how much of its time the engine is busy, and how late it came."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._ticks = self._skipped = 0
        self._latest = self._busy = 0.0

    def add(self, frames: int, late: Duration, busy: Duration, sessions: int) -> Load | None:
        """Count a tick; about each second give what to tell."""
        self._ticks += frames
        self._skipped += frames - 1
        self._latest = max(self._latest, late)
        self._busy += busy
        if self._ticks < _LOAD_EVERY:
            return None
        load = Load(
            sessions=sessions,
            busy=self._busy / (self._ticks * TICK),
            latest=self._latest,
            skipped=self._skipped,
        )
        self._begin()
        return load

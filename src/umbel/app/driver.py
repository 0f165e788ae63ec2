"""Feeds the user agent from sockets and the clock, and carries out what it asks for."""

import asyncio
from collections.abc import Callable, Coroutine

from umbel.core.errors import Unavailable
from umbel.core.instants import Clock, Instant
from umbel.net.dns import Resolver
from umbel.net.signalling import Signalling
from umbel.sip.hop import Source
from umbel.ua import UserAgent
from umbel.ua.events import Event, Resolve, Send


class Driver:
    """The loud side of a ``UserAgent``: thin, and the only one that calls it."""

    def __init__(
        self,
        agent: UserAgent,
        signalling: Signalling,
        resolver: Resolver,
        clock: Clock,
        on_event: Callable[[Event], None],
    ) -> None:
        self.agent = agent
        self._signalling = signalling
        self._resolver = resolver
        self._clock = clock
        self._on_event = on_event
        self._alarm: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> Instant:
        """Give the instant that the agent is to be handed."""
        return self._clock.now()

    def receive(self, data: bytes, source: Source) -> None:
        """Take a message from the network."""
        self.agent.receive(data, source, self.now())
        self.settle()

    def settle(self) -> None:
        """Send what waits to be sent, tell what happened, and set the alarm for what is next."""
        for effect in self.agent.take_effects():
            match effect:
                case Send():
                    self._start(self._send(effect))
                case Resolve():
                    self._start(self._resolve(effect))
        for event in self.agent.take_events():
            self._on_event(event)
        self._set_alarm()

    async def stop(self) -> None:
        """Let what is being sent go out, and set no alarm any more."""
        if self._alarm is not None:
            self._alarm.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2)
        for task in self._tasks:
            task.cancel()

    async def _send(self, effect: Send) -> None:
        try:
            await self._signalling.send(effect.data, effect.hop)
        except Unavailable as error:
            if effect.key:
                self.agent.send_failed(effect.key, str(error), self.now())
                self.settle()

    async def _resolve(self, effect: Resolve) -> None:
        try:
            hops = await self._resolver.resolve(effect.uri)
        except Unavailable as error:
            self.agent.resolution_failed(effect.key, str(error), self.now())
        else:
            self.agent.resolved(effect.key, hops, self.now())
        self.settle()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        due = self.agent.next_timeout
        if due is None:
            self._alarm = None
            return
        delay = max(0.0, due - self.now())
        self._alarm = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        self.agent.handle_timeout(self.now())
        self.settle()

"""Feeds the user agent from sockets and the clock, and carries out what it asks for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Protocol

from umbel.core.errors import PeerError, Unavailable
from umbel.core.instants import Clock, Duration, Instant
from umbel.sip.hop import Hop, Source
from umbel.sip.uri import Uri
from umbel.ua import UserAgent
from umbel.ua.events import Event, Resolve, Send

from .faults import Faults

AFTER_A_FAULT: Duration = 0.1
"""The alarm is set no sooner after a fault, which might otherwise be met again and again."""


class Sends(Protocol):
    """Who carries messages to other hosts."""

    async def send(self, data: bytes, hop: Hop) -> str:
        """Send a message there; give the connection that carried it, empty where there is none.

        ``Unavailable`` says why it could not be sent.
        """
        ...

    def send_at_once(self, data: bytes, hop: Hop) -> str | None:
        """Send it where nothing has to be waited for; ``None``: nothing was sent."""
        ...

    def answer(self, data: bytes, source: Source, port: int) -> None:
        """Send what answers a message of *source*: by its connection, or to its *port*."""
        ...

    def welcome(self, source: Source) -> None:
        """Take note that a message of *source* was let in: its connection may stay."""
        ...


class Resolves(Protocol):
    """Who finds the hops that a URI leads to."""

    async def resolve(self, uri: Uri) -> list[Hop]:
        """Give the hops, best first; at least one, or ``Unavailable``."""
        ...


class Driver:
    """
    The loud side of a ``UserAgent``: thin, and the only one that calls it.

    Its verbs never raise. Whoever calls them holds a connection that many calls live on.
    """

    def __init__(
        self,
        agent: UserAgent,
        signalling: Sends,
        resolver: Resolves,
        *,
        clock: Clock,
        faults: Faults,
        on_event: Callable[[Event], None],
    ) -> None:
        self.agent = agent
        self._signalling = signalling
        self._resolver = resolver
        self._clock = clock
        self._faults = faults
        self._on_event = on_event
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = Instant(0.0)
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_settling = False
        self._no_legs = asyncio.Event()
        self._is_stopped = False

    def now(self) -> Instant:
        """Give the instant that the agent is to be handed."""
        return self._clock.now()

    def receive(self, data: bytes, source: Source) -> None:
        """Take a message from the network."""
        if self._answer_at_once(data, source):
            return
        with self._faults.contained("taking a SIP message"):
            if self.agent.receive(data, source, self.now()):
                self._signalling.welcome(source)
        self.settle()

    def refuse(self, octets: bytes, source: Source, error: PeerError) -> None:
        """Take what a stream brought in place of a message."""
        with self._faults.contained("refusing what is no SIP message"):
            self.agent.refuse(octets, source, error)
        self.settle()

    def connection_closed(self, connection: str, why: str) -> None:
        """Take the news that a connection is gone, by the name that sending gave."""
        with self._faults.contained("taking the end of a connection"):
            self.agent.connection_closed(connection, why, self.now())
        self.settle()

    def settle(self, *, not_before: Duration = 0.0) -> None:
        """Send what waits to be sent, tell what happened, and set the alarm for what is next."""
        if self._is_settling:
            return  # Whoever was told an event has used a verb: it is carried out after the event.
        self._is_settling = True
        try:
            while self._carry_out():
                pass
        finally:
            self._is_settling = False
        self._set_alarm(not_before)
        if self.agent.legs:
            self._no_legs.clear()
        else:
            self._no_legs.set()

    async def stop(self, patience: Duration) -> None:
        """Let the last messages be answered and go out, then set no alarm any more."""
        self.settle()
        try:
            async with asyncio.timeout(patience):
                await self._no_legs.wait()
        except TimeoutError:
            pass  # A peer that does not answer our BYE does not keep us here.
        self._is_stopped = True
        self._set_alarm()
        if self._tasks:
            _done, waiting = await asyncio.wait(self._tasks, timeout=patience)
            for task in waiting:
                task.cancel()

    def _answer_at_once(self, data: bytes, source: Source) -> bool:
        """Say whether a message needed no more than an answer, and has got it."""
        try:
            answer = self.agent.ready_answer(data, source, self.now())
            if answer is not None:
                self._signalling.welcome(source)
                self._signalling.answer(answer.data, source, answer.port)
        except Unavailable:
            return True  # Who asked in vain asks again; a trace has the reason.
        except Exception as error:  # noqa: BLE001 - the ordinary way may still find an answer
            self._faults.tell("answering at once", error)
            return False
        return answer is not None

    def _carry_out(self) -> bool:
        """Empty the out-trays once, and say whether something was in them."""
        effects, events = self.agent.take_effects(), self.agent.take_events()
        for effect in effects:
            match effect:
                case Send():
                    self._send(effect)
                case Resolve():
                    self._start(self._resolve(effect))
        for event in events:
            with self._faults.contained(f"taking {type(event).__name__}"):
                self._on_event(event)
        return bool(effects or events)

    def _send(self, effect: Send) -> None:
        try:
            connection = self._signalling.send_at_once(effect.data, effect.hop)
            if connection is None:
                self._start(self._send_in_time(effect))
            else:
                self.agent.carried(effect.key, connection)
        except Unavailable as error:
            self._send_failed(effect, str(error))
        except Exception as error:  # noqa: BLE001 - as below
            self._faults.tell("sending a SIP message", error)
            self._send_failed(effect, repr(error))

    async def _send_in_time(self, effect: Send) -> None:
        """Send what may have to wait for its connection."""
        try:
            connection = await self._signalling.send(effect.data, effect.hop)
            self.agent.carried(effect.key, connection)
        except Unavailable as error:
            self._send_failed(effect, str(error))
        except Exception as error:  # noqa: BLE001 - the transaction must not wait for its time-out
            self._faults.tell("sending a SIP message", error)
            self._send_failed(effect, repr(error))

    def _send_failed(self, effect: Send, reason: str) -> None:
        if effect.key:
            with self._faults.contained("taking a failure to send"):
                self.agent.send_failed(effect.key, reason, self.now())
            self.settle()

    async def _resolve(self, effect: Resolve) -> None:
        try:
            hops = await self._resolver.resolve(effect.uri)
        except Unavailable as error:
            self._resolution_failed(effect, str(error))
        except Exception as error:  # noqa: BLE001 - nobody would ever answer the caller
            self._faults.tell("asking DNS", error)
            self._resolution_failed(effect, repr(error))
        else:
            with self._faults.contained("taking what DNS said"):
                self.agent.resolved(effect.key, hops, self.now())
            self.settle()

    def _resolution_failed(self, effect: Resolve, reason: str) -> None:
        with self._faults.contained("taking what DNS said"):
            self.agent.resolution_failed(effect.key, reason, self.now())
        self.settle()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _set_alarm(self, not_before: Duration = 0.0) -> None:
        due = None if self._is_stopped else self.agent.next_timeout
        if self._alarm is not None:
            if due is not None and self._alarm_at <= due and not not_before:
                return  # Perhaps too early: then nothing is due, and it is set anew.
            self._alarm.cancel()
            self._alarm = None
        if due is not None:
            now = self.now()
            self._alarm_at = Instant(max(now + not_before, due))
            delay = self._alarm_at - now
            self._alarm = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        not_before = AFTER_A_FAULT
        with self._faults.contained("letting a timer act"):
            self.agent.handle_timeout(self.now())
            not_before = 0.0
        self.settle(not_before=not_before)

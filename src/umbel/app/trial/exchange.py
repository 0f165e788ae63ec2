"""The telephone exchange of the proof: a SIP peer of its own, whose phones a program can use.

It is all that a node under proof does not have: another user agent, other sockets, another media
engine. It calls, presses keys, speaks, hears, and follows the transfers that it is asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from umbel.app.driver import Driver
from umbel.app.line import Line
from umbel.core.errors import UmbelError
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Duration
from umbel.media.engine import Playable, Samples
from umbel.media.offer_answer import LocalMedia, MediaSecurity
from umbel.net.clock import SystemClock
from umbel.net.dns import Resolver
from umbel.net.listeners import Listener
from umbel.net.media_engine import MediaEngine
from umbel.net.randomness import SystemRandomness
from umbel.net.signalling import Signalling
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.address import Address
from umbel.sip.hop import Transport
from umbel.sip.uri import Uri
from umbel.ua import Leg, LocalAddress, LocalIdentity, Policy, UserAgent
from umbel.ua.events import (
    CallOffered,
    Established,
    Event,
    LegEnded,
    MediaAgreed,
    TransferRequested,
)
from umbel.um.call import HungUp

Result = TypeVar("Result")

LOOPBACK = "127.0.0.1"
LONGEST_CALL: Duration = 600.0


class ProofFailed(UmbelError):
    """Something that should have happened in the proof did not."""


@dataclass(slots=True, eq=False)
class PhoneCall:
    """A call that one of the exchange's phones made."""

    leg: Leg
    line: Line
    heard: bytearray = field(default_factory=bytearray)
    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    referred_to: asyncio.Future[Uri] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    ending: LegEnded | None = None
    hearing: asyncio.Task[None] | None = None

    def samples(self) -> NDArray[np.int16]:
        """Give everything that was heard so far."""
        return np.frombuffer(bytes(self.heard), "<i2")


class Exchange:
    """Made by ``running_exchange``."""

    def __init__(
        self, signalling: Signalling, engine: MediaEngine, clock: Clock, randomness: Randomness
    ) -> None:
        self._signalling = signalling
        self._engine = engine
        self._clock = clock
        self._randomness = randomness
        self._calls: dict[str, PhoneCall] = {}
        self._driver: Driver | None = None

    @property
    def driver(self) -> Driver:
        """Give the driver of its user agent."""
        if self._driver is None:
            raise ProofFailed("the exchange has not started")
        return self._driver

    def connect(self, port: int) -> None:
        """Have a user agent that is reached at *port*."""
        here = LocalAddress(transport=Transport.TLS, host=LOOPBACK, port=port)
        identity = LocalIdentity(addresses=(here,), user="exchange", product="Umbel proof")
        agent = UserAgent(
            randomness=self._randomness,
            identity=identity,
            policy=Policy(follows_transfers=True),
        )
        self._driver = Driver(
            agent,
            self._signalling,
            Resolver(randomness=self._randomness),
            self._clock,
            self._receive,
        )

    async def call(
        self, target: Uri, caller: Address, headers: tuple[tuple[str, str], ...] = ()
    ) -> PhoneCall:
        """Call *target* and return when it has answered."""
        name = self._randomness.token(4)
        line = Line(name, self._engine.send)
        port = await self._engine.open(name, LOOPBACK, line.receive)
        local = LocalMedia(
            address=LOOPBACK, port=port, security=MediaSecurity.REQUIRED, session_id=1
        )
        leg = self.driver.agent.call(
            target, local=local, caller=caller, now=self._clock.now(), headers=headers
        )
        call = self._calls[leg.id] = PhoneCall(leg=leg, line=line)
        self.driver.settle()
        await _within(call.is_up.wait(), 20, f"{target} did not answer")
        if call.ending is not None:
            raise ProofFailed(f"{target} said {call.ending.status} {call.ending.reason}")
        call.hearing = asyncio.create_task(self._hear(call))
        return call

    async def press(self, call: PhoneCall, keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            call.line.press(key)
            await asyncio.sleep(0.25)

    async def speak(self, call: PhoneCall, samples: NDArray[np.int16]) -> None:
        """Speak, and return when the last sample has left."""
        items: tuple[Playable, ...] = (Samples(samples.astype("<i2").tobytes()),)
        await call.line.play(items)

    async def follow_transfer(self, call: PhoneCall) -> Uri:
        """Take the transfer that the call is asked for; say that it succeeds, and to whom it goes."""
        target = await _within(call.referred_to, 20, "nobody transferred the call")
        call.leg.accept_transfer(self._clock.now())
        call.leg.report_transfer(200, self._clock.now())
        self.driver.settle()
        return target

    async def until_over(self, call: PhoneCall) -> None:
        """Wait until the other side has hung up."""
        await _within(call.is_over.wait(), 20, "the other side did not hang up")
        await self._end(call)

    async def hang_up(self, call: PhoneCall) -> None:
        """End the call."""
        call.leg.hang_up(self._clock.now())
        self.driver.settle()
        await self._end(call)

    async def _end(self, call: PhoneCall) -> None:
        call.line.drop()
        if call.hearing is not None:
            await call.hearing
        await call.line.close()
        self._calls.pop(call.leg.id, None)

    async def _hear(self, call: PhoneCall) -> None:
        async def keep(linear: bytes) -> None:
            call.heard.extend(linear)

        with suppress(HungUp):  # It was over before it began to listen.
            await call.line.record(keep, longest=LONGEST_CALL, silence=0, stop_keys="")

    def _receive(self, event: Event) -> None:
        if isinstance(event, CallOffered):
            event.leg.reject(480, "nobody is called in this proof", self._clock.now())
            return
        leg: Leg | None = getattr(event, "leg", None)
        call = self._calls.get(leg.id) if leg is not None else None
        if call is not None:
            self._tell(call, event)

    def _tell(self, call: PhoneCall, event: Event) -> None:
        match event:
            case MediaAgreed(media=media):
                call.line.connect(media, learn_address=False)
            case Established():
                call.is_up.set()
            case TransferRequested(target=target):
                if not call.referred_to.done():
                    call.referred_to.set_result(target)
            case LegEnded():
                call.ending = event
                call.is_up.set()
                call.is_over.set()
                call.line.drop()
            case _:
                pass


@asynccontextmanager
async def running_exchange(port: int, tls: TlsIdentity) -> AsyncIterator[Exchange]:
    """Run the exchange for as long as the block."""
    clock, randomness = SystemClock(), SystemRandomness()
    engine = MediaEngine(range(30000, 31000))
    exchange: Exchange | None = None
    signalling = Signalling(
        on_message=lambda data, source: exchange.driver.receive(data, source) if exchange else None,
        on_handshake=_ignore,
        on_malformed=_ignore,
        clock=clock,
        tls=tls,
    )
    await engine.start()
    try:
        exchange = Exchange(signalling, engine, clock, randomness)
        exchange.connect(port)
        await signalling.listen(Listener(transport=Transport.TLS, address=LOOPBACK, port=port))
        yield exchange
        await exchange.driver.stop()
    finally:
        await signalling.close()
        await engine.stop()


def _ignore(*_told: object) -> None:
    """The node of the proof tells of itself."""


async def _within(work: Awaitable[Result], seconds: Duration, failure: str) -> Result:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise ProofFailed(failure) from None

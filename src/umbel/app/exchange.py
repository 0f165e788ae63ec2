"""A telephone exchange of our own: a SIP peer whose phones a program can use, to prove and to test.

It is all that a node under test does not have: another user agent, other sockets, another media
engine. It calls, presses keys, speaks, hears, and follows the transfers that it is asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from umbel.core.errors import UmbelError
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Duration
from umbel.media.engine import Playable, Samples, Statistics
from umbel.media.offer_answer import LocalMedia, MediaSecurity
from umbel.media.session import MediaSession
from umbel.net.clock import SystemClock
from umbel.net.dns import Hosts, NameSources, Resolver
from umbel.net.listeners import Listener
from umbel.net.media_engine import MediaEngine
from umbel.net.randomness import SystemRandomness
from umbel.net.signalling import Signalling
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.address import Address
from umbel.sip.digest import Credentials
from umbel.sip.hop import Source, Transport
from umbel.sip.uri import Uri
from umbel.ua import Leg, LocalAddress, LocalIdentity, Policy, UserAgent
from umbel.ua.events import (
    CallOffered,
    Established,
    Event,
    LegEnded,
    MediaAgreed,
    Ringing,
    TransferRequested,
)
from umbel.um.call import HungUp

from .driver import Driver
from .faults import Faults
from .line import Line
from .log import log_event
from .teller import Teller

Result = TypeVar("Result")

LOOPBACK = "127.0.0.1"
AUDIO_PORTS = range(30000, 31000)
LONGEST_CALL: Duration = 600.0
PATIENCE: Duration = 20.0
"""How long the proof waits for the node to do its next step."""
GOODBYE_PATIENCE: Duration = 1.0


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
    rang: int | None = None
    """The last provisional response above 100."""
    media: MediaSession | None = None
    """What was agreed on last."""
    ending: LegEnded | None = None
    hearing: asyncio.Task[None] | None = None
    statistics: Statistics | None = None
    """How the audio was; known once the call is over."""

    def samples(self) -> NDArray[np.int16]:
        """Give everything that was heard so far."""
        return np.frombuffer(bytes(self.heard), "<i2")

    def receive(
        self, event: Ringing | MediaAgreed | Established | TransferRequested | LegEnded
    ) -> None:
        """Take what happened to the leg."""
        match event:
            case Ringing(status=status):
                self.rang = status
            case MediaAgreed(media=media):
                self.media = media
                self.line.connect(media, learn_address=False)
            case Established():
                self.is_up.set()
            case TransferRequested(target=target):
                if not self.referred_to.done():
                    self.referred_to.set_result(target)
            case LegEnded():
                self.ending = event
                self.is_up.set()
                self.is_over.set()
                self.line.drop()


class Exchange:
    """Made by ``running_exchange``."""

    def __init__(
        self,
        driver: Driver,
        engine: MediaEngine,
        *,
        clock: Clock,
        randomness: Randomness,
        security: MediaSecurity,
        close_connections: Callable[[], None] = lambda: None,
        address: str = LOOPBACK,
    ) -> None:
        """*address*: where its phones hear, of this machine."""
        self.close_connections = close_connections
        """Has each peer shake hands anew."""
        self._driver = driver
        self._engine = engine
        self._clock = clock
        self._randomness = randomness
        self._security = security
        self._address = address
        self._calls: dict[str, PhoneCall] = {}

    async def call(
        self, target: Uri, caller: Address, headers: tuple[tuple[str, str], ...] = ()
    ) -> PhoneCall:
        """Call *target* and return when it has answered."""
        call = await self.place(target, caller, headers)
        await _within(call.is_up.wait(), PATIENCE, f"{target} did not answer")
        if call.ending is not None:
            raise ProofFailed(f"{target} said {call.ending.status} {call.ending.reason}")
        self.listen(call)
        return call

    async def place(
        self,
        target: Uri,
        caller: Address,
        headers: tuple[tuple[str, str], ...] = (),
        credentials: Credentials | None = None,
    ) -> PhoneCall:
        """Begin to call *target*."""
        name = self._randomness.token(4)
        line = Line(name, self._engine.send)
        port = await self._engine.open(name, self._address, line.receive)
        local = LocalMedia(address=self._address, port=port, security=self._security, session_id=1)
        leg = self._driver.agent.call(
            target,
            local=local,
            caller=caller,
            now=self._clock.now(),
            headers=headers,
            credentials=credentials,
        )
        call = self._calls[leg.id] = PhoneCall(leg=leg, line=line)
        self._driver.settle()
        return call

    def listen(self, call: PhoneCall) -> None:
        """Keep what is heard from now on."""
        call.hearing = asyncio.create_task(self._hear(call))

    async def press(self, call: PhoneCall, keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            call.line.press(key)
            await asyncio.sleep(0.25)

    async def speak(self, call: PhoneCall, samples: NDArray[np.int16]) -> None:
        """Speak, and return when the last sample has left."""
        items: tuple[Playable, ...] = (Samples(samples.astype("<i2").tobytes()),)
        try:
            await call.line.play(items)
        except HungUp:
            raise ProofFailed("the other side hung up while somebody spoke") from None

    async def follow_transfer(self, call: PhoneCall) -> Uri:
        """Take the transfer that the call is asked for; say that it succeeds, and to whom it goes."""
        target = await _within(call.referred_to, PATIENCE, "nobody transferred the call")
        call.leg.accept_transfer(self._clock.now())
        call.leg.report_transfer(200, self._clock.now())
        self._driver.settle()
        return target

    async def until_over(self, call: PhoneCall) -> LegEnded | None:
        """Wait until the other side has hung up, and give how it did."""
        await _within(call.is_over.wait(), PATIENCE, "the other side did not hang up")
        await self._end(call)
        return call.ending

    async def hang_up(self, call: PhoneCall) -> None:
        """End the call."""
        call.leg.hang_up(self._clock.now())
        self._driver.settle()
        await self._end(call)

    async def _end(self, call: PhoneCall) -> None:
        call.line.drop()
        if call.hearing is not None:
            await call.hearing
        call.statistics = await call.line.close()
        self._calls.pop(call.leg.id, None)

    async def _hear(self, call: PhoneCall) -> None:
        async def keep(linear: bytes) -> None:
            call.heard.extend(linear)

        with suppress(HungUp):  # It was over before it began to listen.
            await call.line.record(keep, longest=LONGEST_CALL, silence=0, stop_keys="")

    def receive(self, event: Event) -> None:
        """Take an event of the user agent."""
        match event:
            case CallOffered(leg=leg):
                leg.reject(480, "nobody is called in this proof", self._clock.now())
            case Ringing() | MediaAgreed() | Established() | TransferRequested() | LegEnded():
                call = self._calls.get(event.leg.id)
                if call is not None:
                    call.receive(event)
            case _:
                pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """Who the exchange is towards its peers, and whom it listens to."""

    host: str = LOOPBACK
    """What its Via and Contact say."""
    hosts: Hosts = field(default_factory=dict)
    """Names that no name server has to know."""
    hears: Callable[[bytes, Source], bool] = lambda _data, _source: True
    """Says whether it takes a message; one that it does not take ends the connection."""


@asynccontextmanager
async def running_exchange(
    port: int, tls: TlsIdentity | None, manners: Manners = Manners()
) -> AsyncIterator[Exchange]:
    """Run the exchange for as long as the block: with TLS and SRTP, or all in the clear by UDP."""
    clock, randomness = SystemClock(), SystemRandomness()
    events = Teller("the exchange", clock)
    events.add_listener(log_event)
    transport = Transport.TLS if tls else Transport.UDP
    engine = MediaEngine(AUDIO_PORTS)

    def take(data: bytes, source: Source) -> None:
        if manners.hears(data, source):
            driver.receive(data, source)
        elif source.connection is not None:
            signalling.drop(source.connection, "the peer is no server that we know")

    signalling = Signalling(
        on_message=take,
        on_handshake=_ignore,
        on_malformed=_ignore,
        clock=clock,
        tls=tls,
    )
    driver = Driver(
        UserAgent(
            randomness=randomness,
            identity=LocalIdentity(
                addresses=(LocalAddress(transport=transport, host=manners.host, port=port),),
                user="exchange",
                product="Umbel proof",
            ),
            policy=Policy(follows_transfers=True),
        ),
        signalling,
        Resolver(randomness=randomness, sources=NameSources(hosts=manners.hosts)),
        clock=clock,
        faults=Faults(events, clock),
        on_event=lambda event: exchange.receive(event),
    )
    signalling.watch_connections(driver.connection_closed)
    exchange = Exchange(
        driver,
        engine,
        clock=clock,
        randomness=randomness,
        security=MediaSecurity.REQUIRED if tls else MediaSecurity.NONE,
        close_connections=lambda: signalling.drop(None, "the next one is to be a new one"),
    )
    await engine.start()
    try:
        await signalling.listen(Listener(transport=transport, address=LOOPBACK, port=port))
        yield exchange
        await driver.stop(GOODBYE_PATIENCE)
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

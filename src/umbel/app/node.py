"""A node: everything wired together, from its settings to the first call and back to rest."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from umbel.backends.sql import SqlStore
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import PeerError, Unavailable
from umbel.core.instants import Duration
from umbel.directory.records import NodeRecord
from umbel.identity.handshake import Ending, HandshakeReport
from umbel.mailbox.ports import PinHasher
from umbel.net.clock import SystemClock
from umbel.net.dns import Resolver
from umbel.net.listeners import Listener
from umbel.net.local_address import local_address_towards, outward_address
from umbel.net.media_engine import MediaEngine
from umbel.net.randomness import SystemRandomness
from umbel.net.signalling import Signalling
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.hop import Source
from umbel.ua import LocalAddress, LocalIdentity, UserAgent
from umbel.ua.events import Event as AgentEvent
from umbel.um.world import World

from .driver import Driver
from .gateway_addresses import GatewayAddresses
from .journal import Heard
from .log import log_event
from .offers import is_unspecified
from .reception import Media, Reception, Surroundings
from .recovery import put_in_order
from .settings import (
    ListenerSettings,
    Settings,
    TlsSettings,
    TransportName,
    listening_port,
    sip_transport,
)
from .snapshot import Snapshot
from .stores import open_hasher, open_store
from .teller import Teller
from .voices import Voices

BEAT_EVERY: Duration = 10.0
"""Seconds between two signs of life in the store."""


@asynccontextmanager
async def running_node(
    settings: Settings, *, watch: Callable[[Heard], None] | None = None
) -> AsyncIterator["Node"]:
    """Run a node for as long as the block; *watch* is told what callers hear and do."""
    async with AsyncExitStack() as stack:
        node = Node(settings, watch or _ignore)
        await node.start(stack)
        yield node


class Node:
    """One Umbel server, as ``running_node`` runs it."""

    def __init__(self, settings: Settings, watch: Callable[[Heard], None]) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.events = Teller(settings.node.name, self.clock)
        self.listeners: tuple[str, ...] = ()
        """Where it listens, as ``tls:127.0.0.1:5061``."""
        self._watch = watch
        self._randomness = SystemRandomness()
        self._addresses = GatewayAddresses()
        self._early: list[tuple[bytes, Source]] = []
        self._driver: Driver | None = None
        self._reception: Reception | None = None
        self._engine: MediaEngine | None = None

    def live_things(self) -> dict[str, int]:
        """Give how many of each kind of thing live now; every one is 0 on a node at rest."""
        agent = self._driver.agent if self._driver else None
        return {
            "calls": len(self._reception or ()),
            "media sessions": len(self._engine or ()),
            "legs": agent.legs if agent else 0,
            "dialogs": agent.dialogs if agent else 0,
            "transactions": agent.transactions if agent else 0,
            "alarms": agent.alarms if agent else 0,
            "resolutions": agent.resolutions if agent else 0,
        }

    async def start(self, stack: AsyncExitStack) -> None:
        """Start everything; *stack* stops it again, in the opposite order."""
        self.events.add_listener(log_event)
        tls = load_tls(self.settings.tls)
        enter = stack.enter_async_context
        clock, randomness = self.clock, self._randomness
        store = await enter(
            open_store(self.settings, clock=clock, randomness=randomness, to_serve=True)
        )
        self.events.add_listener(store.events.append)
        hasher = await enter(open_hasher())
        engine = self._engine = await enter(self._running_engine())
        snapshot = Snapshot(store.configuration, self._addresses.watch)
        await put_in_order(store, self.settings.node.name, clock, self.events)
        await snapshot.load()
        signalling = self._make_signalling(tls)
        stack.push_async_callback(signalling.close)
        identity = await self._listen(signalling)
        agent = UserAgent(randomness=randomness, identity=identity)
        self._driver = driver = Driver(
            agent, signalling, Resolver(randomness=randomness), clock, self._tell_reception
        )
        reception = self._reception = Reception(
            self._surroundings(store, hasher, engine, snapshot, driver)
        )
        stack.push_async_callback(self._stop, reception, driver)
        for work in (snapshot.follow(), self._addresses.follow(), self._beat(store)):
            await enter(_background(work))
        self._take_what_came_early()
        self.events.tell(
            catalogue.SERVICE_STARTED,
            node=self.settings.node.name,
            listeners=", ".join(self.listeners),
        )

    # --- signalling ------------------------------------------------------------------------

    def _make_signalling(self, tls: TlsIdentity | None) -> Signalling:
        return Signalling(
            on_message=self._receive,
            on_handshake=self._note_handshake,
            on_malformed=self._note_malformed,
            clock=self.clock,
            tls=tls,
        )

    async def _listen(self, signalling: Signalling) -> LocalIdentity:
        """Open every listener, and give who we are towards peers."""
        addresses = []
        for listener in self.settings.listener:
            transport = sip_transport(listener)
            port = await signalling.listen(
                Listener(
                    transport=transport,
                    address=listener.address,
                    port=listening_port(listener),
                    requires_client_certificate=listener.require_client_certificate,
                )
            )
            host = advertised_host(listener, self.settings.node.name)
            addresses.append(LocalAddress(transport=transport, host=host, port=port))
            self.listeners += (f"{transport.lower()}:{listener.address}:{port}",)
        return LocalIdentity(addresses=tuple(addresses), product=f"Umbel/{version('umbel')}")

    def _receive(self, data: bytes, source: Source) -> None:
        if self._driver is None:
            self._early.append((data, source))
        else:
            self._driver.receive(data, source)

    def _take_what_came_early(self) -> None:
        """Take the messages that came while the last listeners were being opened."""
        early, self._early = self._early, []
        for data, source in early:
            self._receive(data, source)

    def _tell_reception(self, event: AgentEvent) -> None:
        if self._reception is not None:
            self._reception.receive(event)

    def _note_handshake(self, report: HandshakeReport) -> None:
        if report.ending is not Ending.SUCCEEDED:
            self.events.tell(
                catalogue.HANDSHAKE_FAILED,
                peer=f"{report.remote[0]}:{report.remote[1]}",
                role=f"we were the {report.role.value}",
                reason=f"{report.ending.value}: {report.detail}",
            )

    def _note_malformed(self, _data: bytes, source: Source, error: PeerError) -> None:
        self.events.tell(
            catalogue.MALFORMED_MESSAGE,
            peer=f"{source.transport} {source.address}:{source.port}",
            reason=str(error),
        )

    # --- media -----------------------------------------------------------------------------

    @asynccontextmanager
    async def _running_engine(self) -> AsyncIterator[MediaEngine]:
        media = self.settings.media
        engine = MediaEngine(range(media.first_port, media.last_port + 1))
        engine.on_lost = self._lose_engine
        await engine.start()
        try:
            yield engine
        finally:
            await engine.stop()

    def _lose_engine(self, reason: str) -> None:
        reception = self._reception
        self.events.tell(
            catalogue.ENGINE_LOST,
            node=self.settings.node.name,
            reason=reason,
            calls=len(reception or ()),
        )
        if reception is not None:
            reception.lose_media()

    def _media_address(self, local: str, remote: str) -> str:
        """Give the address that a peer is to send audio to."""
        if self.settings.media.address:
            return self.settings.media.address
        return local_address_towards(remote) if is_unspecified(local) else local

    # --- within ----------------------------------------------------------------------------

    def _surroundings(
        self,
        store: SqlStore,
        hasher: PinHasher,
        engine: MediaEngine,
        snapshot: Snapshot,
        driver: Driver,
    ) -> Surroundings:
        return Surroundings(
            node=self.settings.node.name,
            clock=self.clock,
            randomness=self._randomness,
            events=self.events,
            media=Media(open=engine.open, send=engine.send, address_for=self._media_address),
            world=World(
                messages=store.messages,
                audio=store.audio,
                greetings=store.greetings,
                pins=store.pins,
                hasher=hasher,
                configuration=lambda: snapshot.configuration,
                wall=self.clock.wall,
            ),
            voices=Voices(
                self.settings, audio=store.audio, events=self.events, wall=self.clock.wall
            ),
            snapshot=snapshot,
            resolved=lambda: self._addresses.by_gateway,
            keep=store.calls.put,
            watch=self._watch,
            settle=driver.settle,
        )

    async def _beat(self, store: SqlStore) -> None:
        """Say in the store that this node lives, again and again."""
        started = self.clock.wall()
        while True:
            record = NodeRecord(
                name=self.settings.node.name,
                version=version("umbel"),
                started=started,
                heartbeat=self.clock.wall(),
                listeners=self.listeners,
            )
            with suppress(Unavailable):  # The store tells of itself; the next beat tries again.
                await store.nodes.beat(record)
            await asyncio.sleep(BEAT_EVERY)

    async def _stop(self, reception: Reception, driver: Driver) -> None:
        await reception.stop("this node is shutting down")
        await driver.stop()
        self.events.tell(
            catalogue.SERVICE_STOPPED, node=self.settings.node.name, reason="it was asked to"
        )


@asynccontextmanager
async def _background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Let *work* go on for as long as the block."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def load_tls(settings: TlsSettings | None) -> TlsIdentity | None:
    """Load the node's certificate, where it has one."""
    if settings is None:
        return None
    return TlsIdentity.load(
        certificate=Path(settings.certificate),
        key=Path(settings.key),
        trust=Path(settings.trust),
    )


def advertised_host(listener: ListenerSettings, node: str) -> str:
    """
    Say how Via and Contact name us on this listener.

    With TLS peers compare names, so it is the node's; without, an address needs no DNS.
    """
    if listener.advertise:
        return listener.advertise
    if listener.transport is TransportName.TLS:
        return node
    return outward_address(listener.address)


def _ignore(_heard: Heard) -> None:
    """Watch nothing."""

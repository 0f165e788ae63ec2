"""A node: everything wired together, from its settings to the first call and back to rest."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from umbel.backends.sql import SqlStore
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import PeerError
from umbel.core.instants import Duration
from umbel.identity.handshake import HandshakeReport
from umbel.mailbox.ports import PinHasher
from umbel.net.clock import SystemClock
from umbel.net.dns import Hosts, NameSources, Resolver
from umbel.net.media_engine import MediaEngines
from umbel.net.open_sockets import allow_many_sockets
from umbel.net.randomness import SystemRandomness
from umbel.net.signalling import Signalling
from umbel.net.stream import UnfinishedMessage
from umbel.net.system_names import SystemNames
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.hop import Source
from umbel.trace.entry import Entry
from umbel.ua import LocalIdentity, UserAgent
from umbel.ua.admission import Refusal
from umbel.ua.events import Event as AgentEvent
from umbel.ua.events import OptionsAnswered
from umbel.um.world import World

from .arrivals import Arrivals
from .asking import Asker
from .background import in_background, repeat
from .certificate_care import CertificateCare
from .certificate_watch import load_identity
from .codecs import CodecRoom
from .collection import collect_seldom
from .connection_events import tell_failed_handshake, tell_turned_away
from .driver import Driver
from .enrolments import EnrolmentOffice
from .faults import Faults
from .gateway_addresses import LOOK_UP_PATIENCE, RENEW_EVERY, GatewayAddresses
from .heartbeat import BEAT_EVERY, Heartbeat, new_record
from .journal import Heard
from .listening import describe_listeners, media_address, open_listeners
from .media_plane import MediaPlane, running_media_plane
from .metrics import NodeMetrics, running_metrics
from .node_log import NodeLog, Steps
from .peer_certificate import Demands
from .probing import Outlook, Probing
from .provoked import SUM_UP_EVERY, Provoked
from .reception import Reception
from .record_keeper import KEEP_EVERY, RecordKeeper
from .recovery import FINISH_EVERY, Recovery
from .settings import Settings
from .snapshot import LOOK_EVERY, Snapshot
from .stores import open_hasher, open_store
from .surroundings import Media, Surroundings
from .teller import Teller
from .tracing import running_trace, trace_traffic
from .voices import Voices

GOODBYE_PATIENCE: Duration = 2.0
"""How long a node that stops waits for its peers to answer its last messages."""


@asynccontextmanager
async def running_node(
    settings: Settings,
    *,
    watch: Callable[[Heard], None] | None = None,
    hosts: Hosts | None = None,
) -> AsyncIterator["Node"]:
    """
    Run a node for as long as the block; *watch* is told what callers hear and do.

    *hosts* are addresses of names that no name server has to know.
    """
    async with AsyncExitStack() as stack:
        node = Node(settings, watch or _ignore, hosts or {})
        await node.start(stack)
        yield node


class Node:
    """One Umbel server, as ``running_node`` runs it."""

    def __init__(self, settings: Settings, watch: Callable[[Heard], None], hosts: Hosts) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.events = Teller(settings.node.name, self.clock)
        self.listeners: tuple[str, ...] = ()
        """Where it listens, as ``tls:127.0.0.1:5061``."""
        self._watch = watch
        self._faults = Faults(self.events, self.clock)
        self._provoked = Provoked(self.events)
        self._early: list[tuple[bytes, Source]] = []
        self._driver: Driver | None = None
        self._reception: Reception | None = None
        self._engines: MediaEngines | None = None
        self._probing = Probing(
            Resolver(randomness=SystemRandomness(), sources=NameSources(hosts=hosts))
        )

    def live_things(self) -> dict[str, int]:
        """Give how many of each kind of thing live now; every one is 0 on a node at rest."""
        agent = self._driver.agent if self._driver else None
        return {
            "calls": len(self._reception or ()),
            "media sessions": len(self._engines or ()),
            "transcoded calls": self._reception.transcoded_calls if self._reception else 0,
            "legs": agent.legs if agent else 0,
            "dialogs": agent.dialogs if agent else 0,
            "transactions": agent.transactions if agent else 0,
            "alarms": agent.alarms if agent else 0,
            "resolutions": agent.resolutions if agent else 0,
        }

    async def start(self, stack: AsyncExitStack) -> None:
        """Start everything; *stack* stops it again, in the opposite order."""
        allow_many_sockets()
        log = NodeLog(self.settings.node.name)
        self.events.add_listener(log.event)
        stack.enter_context(self._faults.told_of_callbacks())
        tls = load_identity(self.settings.tls) if self.settings.tls else None
        insides = await self._open(stack)
        signalling = self._make_signalling(tls, insides)
        care = self._care_for_certificate(tls, signalling, insides.store)
        trace_traffic(self.settings.trace, signalling, self.clock, insides.trace, log.entry)
        await log.follow(insides.snapshot, lambda: insides.addresses.by_gateway)
        stack.push_async_callback(signalling.close)
        identity = await open_listeners(self.settings, signalling)
        self.listeners = describe_listeners(self.settings.listener, identity)
        driver = self._driver = self._make_driver(signalling, identity)
        records = RecordKeeper(log.with_milestones(insides.store.calls.put))
        self._reception = Reception(self._surroundings(insides, driver, records))
        stack.push_async_callback(self._stop, driver, records)
        metrics = NodeMetrics(self.settings.node.name, insides.media.capacity, self.live_things)
        self.events.add_listener(metrics.count)
        await stack.enter_async_context(running_metrics(self.settings.metrics, metrics))
        heart = Heartbeat(
            new_record(self.settings.node.name, self.listeners, self.clock.wall()),
            insides.store.nodes,
            clock=self.clock,
            events=self.events,
            load=insides.media.capacity.load,
        )
        await heart.beat()
        for what, work, every in (
            ("keeping the records of live calls", records.flush, KEEP_EVERY),
            ("looking for a new configuration", insides.snapshot.look, LOOK_EVERY),
            ("looking up gateways", insides.addresses.renew, RENEW_EVERY),
            ("giving a sign of life", heart.beat, BEAT_EVERY),
            ("summing up what was not told", self._provoked.sum_up, SUM_UP_EVERY),
            *care.chores(),
            ("finishing messages", self._finish_messages(insides.recovery), FINISH_EVERY),
        ):
            chore = repeat(what, work, every=every, faults=self._faults)
            await stack.enter_async_context(in_background(chore))
        collect_seldom()
        self._take_what_came_early()
        care.tell_doubts()
        self.events.tell(
            catalogue.SERVICE_STARTED,
            node=self.settings.node.name,
            listeners=", ".join(self.listeners),
        )
        stack.push_async_callback(self._probing.stop)
        await self._probing.begin(self._outlook(insides.store, driver, care, log), insides.snapshot)

    async def _open(self, stack: AsyncExitStack) -> "_Insides":
        """Open all that is needed before the first call comes, and put the store in order."""
        enter, name = stack.enter_async_context, self.settings.node.name
        codecs = CodecRoom(self.settings.media, node=name, events=self.events, clock=self.clock)
        store = await enter(
            open_store(
                self.settings, clock=self.clock, randomness=SystemRandomness(), to_serve=True
            )
        )
        self.events.add_listener(store.events.append)
        hasher = await enter(open_hasher())
        media = await enter(
            running_media_plane(self.settings, lambda: self._reception, self.events, self.clock)
        )
        self._engines = media.engines
        recovery = Recovery(name, store.messages, store.audio, self.events)
        await recovery.deliver_interrupted()
        await store.calls.abandon(name, self.clock.wall(), "its node stopped")
        names = SystemNames(LOOK_UP_PATIENCE)
        stack.callback(names.close)
        addresses = GatewayAddresses(names.look_up, self.events)
        trace = await enter(running_trace(self.settings, self.clock, self.events, self._faults))
        snapshot = Snapshot(store.configuration, addresses.watch)
        await snapshot.load()
        return _Insides(
            store=store,
            hasher=hasher,
            media=media,
            codecs=codecs,
            recovery=recovery,
            addresses=addresses,
            snapshot=snapshot,
            trace=trace,
        )

    # --- signalling ------------------------------------------------------------------------

    def _make_signalling(self, tls: TlsIdentity | None, insides: "_Insides") -> Signalling:
        snapshot, addresses = insides.snapshot, insides.addresses
        signalling = Signalling(
            on_message=self._receive,
            on_handshake=self._note_handshake,
            on_malformed=self._note_malformed,
            clock=self.clock,
            tls=tls,
        )
        signalling.judge_servers_by(
            Demands(lambda: snapshot.configuration, lambda: addresses.by_gateway).on
        )
        signalling.watch_refusals(
            lambda remote, reason: tell_turned_away(remote, reason, self._provoked)
        )
        return signalling

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

    def _take_event(self, event: AgentEvent) -> None:
        if isinstance(event, OptionsAnswered):
            self._probing.take_answer(event)
        elif self._reception is not None:
            self._reception.receive(event)

    def _refusal(self, source: Source) -> Refusal | None:
        return self._reception.refusal(source) if self._reception is not None else None

    def _why_unknown(self, source: Source) -> str:
        return self._reception.why_unknown(source) if self._reception is not None else ""

    def _note_handshake(self, report: HandshakeReport) -> None:
        if not self._probing.take_report(report) and not report.is_in_order:
            if self._reception is not None:
                self._reception.note_failure(report)
            tell_failed_handshake(report, self._provoked)

    def _note_malformed(self, data: bytes, source: Source, error: PeerError) -> None:
        """Take what a stream brought in place of a message; one that was cut off is only told."""
        if self._driver is not None and not isinstance(error, UnfinishedMessage):
            self._driver.refuse(data, source, error)
            return
        self._provoked.tell(
            catalogue.MALFORMED_MESSAGE,
            source.address,
            peer=f"{source.transport} {source.address}:{source.port}",
            reason=str(error),
        )

    # --- within ----------------------------------------------------------------------------

    def _make_driver(self, signalling: Signalling, identity: LocalIdentity) -> Driver:
        driver = Driver(
            UserAgent(SystemRandomness(), identity, knows=self._why_unknown, admits=self._refusal),
            signalling,
            self._probing,
            clock=self.clock,
            faults=self._faults,
            on_event=self._take_event,
        )
        signalling.watch_connections(driver.connection_closed)
        return driver

    def _outlook(
        self, store: SqlStore, driver: Driver, care: CertificateCare, log: Steps
    ) -> Outlook:
        return Outlook(
            node=self.settings.node.name,
            asker=Asker(driver, self._probing, self.clock),
            clock=self.clock,
            randomness=SystemRandomness(),
            events=self.events,
            log=log,
            faults=self._faults,
            observations=store.observations,
            certificate=lambda: care.identity,
        )

    def _surroundings(
        self, insides: "_Insides", driver: Driver, records: RecordKeeper
    ) -> Surroundings:
        store, snapshot, media = insides.store, insides.snapshot, insides.media
        world = World(
            messages=store.messages,
            audio=store.audio,
            greetings=store.greetings,
            pins=store.pins,
            hasher=insides.hasher,
            directory=lambda: snapshot.directory,
            wall=self.clock.wall,
        )
        return Surroundings(
            node=self.settings.node.name,
            clock=self.clock,
            randomness=SystemRandomness(),
            events=self.events,
            provoked=self._provoked,
            faults=self._faults,
            media=Media(
                open=media.engines.open,
                send=media.engines.send,
                address_for=partial(media_address, self.settings.media.address),
                codecs=insides.codecs,
            ),
            world=world,
            voices=Voices(
                self.settings, audio=store.audio, events=self.events, wall=self.clock.wall
            ),
            capacity=media.capacity,
            arrivals=Arrivals(self.settings.node.name, self.clock, store.observations),
            snapshot=snapshot,
            resolved=lambda: insides.addresses.by_gateway,
            records=records,
            watch=self._watch,
            trace=insides.trace,
            settle=driver.settle,
        )

    def _finish_messages(self, recovery: Recovery) -> Callable[[], Awaitable[None]]:
        reception = self._reception
        return lambda: recovery.deliver_delayed(reception.live_calls if reception else set)

    def _care_for_certificate(
        self, tls: TlsIdentity | None, signalling: Signalling, store: SqlStore
    ) -> CertificateCare:
        def use(fresh: TlsIdentity) -> None:
            signalling.set_tls_identity(fresh)
            self._probing.ask_soon()

        office = EnrolmentOffice(
            settings=self.settings,
            enrolments=store.enrolments,
            events=self.events,
            clock=self.clock,
            randomness=SystemRandomness(),
        )
        return CertificateCare(tls, office, use=use, log=store.events)

    async def _stop(self, driver: Driver, records: RecordKeeper) -> None:
        """End every call politely."""
        driver.agent.is_accepting = False
        if self._reception is not None:
            await self._reception.stop("this node is shutting down")
        await driver.stop(GOODBYE_PATIENCE)
        await records.flush()
        await self._provoked.sum_up()
        self.events.tell(
            catalogue.SERVICE_STOPPED, node=self.settings.node.name, reason="it was asked to"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Insides:
    """What a node has open before it takes the first call."""

    store: SqlStore
    hasher: PinHasher
    media: MediaPlane
    codecs: CodecRoom
    recovery: Recovery
    addresses: GatewayAddresses
    snapshot: Snapshot
    trace: Callable[[Entry], None]


def _ignore(_heard: Heard) -> None:
    """Watch nothing."""

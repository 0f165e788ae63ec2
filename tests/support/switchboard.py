"""A reception with a real user agent, in virtual time: its media engine and its store are doubles.

A test is a scripted peer of the network, so that what it sees is SIP, and what the engine was sent.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar, get_args

from umbel.app.arrivals import Arrivals
from umbel.app.capacity import Capacity
from umbel.app.codecs import CodecRoom
from umbel.app.faults import Faults
from umbel.app.journal import Heard
from umbel.app.media_settings import MediaSettings
from umbel.app.provoked import Provoked
from umbel.app.reception import Reception
from umbel.app.record_keeper import RecordKeeper
from umbel.app.settings import NodeSettings, Settings, StoreSettings
from umbel.app.snapshot import Snapshot
from umbel.app.surroundings import Media, Surroundings
from umbel.app.voices import Voices
from umbel.core.errors import Unavailable
from umbel.core.instants import Duration, Instant
from umbel.directory.lookup import Directory
from umbel.directory.objects import Configured
from umbel.directory.ports import Configuration
from umbel.directory.records import CallRecord
from umbel.directory.repositories import Change
from umbel.mailbox.ports import OCTETS_OF_A_SECOND
from umbel.media.admission import Admission
from umbel.media.engine import (
    Close,
    Closed,
    Command,
    Event,
    KeyFromSignalling,
    KeyPressed,
    Play,
    PlayEnd,
    PlayEnded,
    Record,
    Recorded,
    RecordingEnd,
    RecordingEnded,
    Statistics,
    StopRecording,
)
from umbel.trace.entry import Entry
from umbel.ua.events import Event as AgentEvent
from umbel.um.world import World

from .memory_observations import MemoryObservations
from .memory_store import MemoryStore
from .organisation import PBX, organisation
from .repeatable_randomness import RepeatableRandomness
from .scripted_peers import Caller, sdp
from .still_clock import PIONEERS_DAY
from .told import Told
from .virtual_network import Agent, VirtualNetwork

Kind = TypeVar("Kind", bound=Command)

NODE = "192.0.2.9"
STEP = 0.05
"""Seconds of the network between two turns of the event loop."""
MEASURED = Statistics(packets_sent=500, packets_received=400, packets_lost=3, jitter=0.002)


class MediaDouble:
    """A media engine whose prompts all last a second, and which hears what a test says."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.port: int | Exception = 30000
        """Where sessions are opened, or why they are not."""
        self.peer: tuple[str, int] | None = None
        """Where the audio of the session that was opened last will come from."""
        self.admission = Admission(1)
        """What the node makes of the loads that a test has the engine tell."""
        self._receive: Callable[[Event], None] | None = None
        self._playing: tuple[Play, asyncio.TimerHandle] | None = None
        self._recording: Record | None = None
        self._heard: Duration = 0.0

    @property
    def sessions(self) -> tuple[int, ...]:
        """Give how many sessions each engine has, which a double does not count."""
        return (0,)

    def die(self) -> None:
        """Forget everything that was going on: what is asked next finds another engine."""
        if self._playing is not None:
            self._playing[1].cancel()
        self._playing = self._recording = self._receive = None

    async def open(
        self,
        _session: str,
        _address: str,
        receive: Callable[[Event], None],
        peer: tuple[str, int] | None,
    ) -> int:
        """Open a session, or raise what a test wants raised."""
        self.peer = peer
        if isinstance(self.port, Exception):
            raise self.port
        self._receive = receive
        return self.port

    def send(self, command: Command) -> None:
        """Take a command; what comes of it is told in a later turn of the loop."""
        self.sent.append(command)
        loop = asyncio.get_running_loop()
        match command:
            case Play():
                timer = loop.call_later(1.0, self._end_play, PlayEnd.FINISHED)
                self._playing = command, timer
            case Record():
                self._recording, self._heard = command, 0.0
            case StopRecording():
                loop.call_soon(self._end_recording)
            case KeyFromSignalling(session=session, key=key):
                loop.call_soon(self._press, session, key)
            case Close(session=session):
                loop.call_soon(self._tell, Closed(session=session, statistics=MEASURED))
            case _:
                pass

    def hear(self, seconds: Duration) -> None:
        """Have the caller speak."""
        if self._recording is None:
            raise AssertionError("nobody listens")
        session, number = self._recording.session, self._recording.recording
        self._heard += seconds
        linear = bytes(round(seconds * OCTETS_OF_A_SECOND))
        self._tell(Recorded(session=session, recording=number, audio=linear))

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Give the commands of one kind."""
        return [command for command in self.sent if isinstance(command, kind)]

    def _press(self, session: str, key: str) -> None:
        if self._playing is not None and key in self._playing[0].stop_keys:
            self._end_play(PlayEnd.KEY)
        self._tell(KeyPressed(session=session, key=key))

    def _end_play(self, ended: PlayEnd) -> None:
        if self._playing is not None:
            (play, timer), self._playing = self._playing, None
            timer.cancel()
            session, number = play.session, play.play
            self._tell(PlayEnded(session=session, play=number, ended=ended, position=1.0))

    def _end_recording(self) -> None:
        if self._recording is not None:
            ended, self._recording = self._recording, None
            self._tell(
                RecordingEnded(
                    session=ended.session,
                    recording=ended.recording,
                    ended=RecordingEnd.STOPPED,
                    duration=self._heard,
                )
            )

    def _tell(self, event: Event) -> None:
        if self._receive is not None:
            self._receive(event)


class _Configurations:
    """Nobody changes anything."""

    async def load(self) -> Configuration:
        raise Unavailable("the configuration of the test is fixed")

    async def revision(self) -> int:
        raise Unavailable("the configuration of the test is fixed")

    async def apply(self, changes: Sequence[Change], *, expected: int | None = None) -> int:
        raise Unavailable("the configuration of the test is fixed")


class _Clock:
    """The network's."""

    def __init__(self, network: VirtualNetwork) -> None:
        self._network = network

    def now(self) -> Instant:
        return self._network.now

    def wall(self) -> datetime:
        return PIONEERS_DAY


class Switchboard:
    """Takes the calls of the organisation's PBX."""

    def __init__(self, *changed: Configured, media_settings: MediaSettings | None = None) -> None:
        self.network = VirtualNetwork()
        self.media = MediaDouble()
        self.store = MemoryStore()
        self.told = Told()
        self.heard: list[Heard] = []
        self.traced: list[Entry] = []
        self.records: dict[str, CallRecord] = {}
        self._clock = _Clock(self.network)
        self.codecs = CodecRoom(
            media_settings or MediaSettings(), node="node01", events=self.told, clock=self._clock
        )
        self._agent: Agent | None = None
        self._snapshot = Snapshot(_Configurations(), _take)
        self._snapshot.directory = Directory(organisation(*changed))
        self.capacity = Capacity(
            "node01.umbel.test",
            self.media,
            cores=(),
            calls=lambda: len(self.reception),
            events=self.told,
            clock=self._clock,
        )
        self.reception = Reception(self._surroundings())

    @property
    def record(self) -> CallRecord:
        """Give what is kept of the only call."""
        (record,) = self.records.values()
        return record

    @property
    def captions(self) -> list[str]:
        """Give what callers heard."""
        return [line.text for line in self.heard if not line.by_caller]

    def caller(self, dialled: str) -> Caller:
        """Give somebody behind the PBX who is about to dial."""
        self._agent = agent = Agent(self.network, dialled, NODE)
        for kind in get_args(AgentEvent):
            agent.on(kind, self.reception.receive)
        caller = Caller(self.network, "1002", PBX.address, agent)
        caller.on("BYE", lambda bye, source: caller.respond(bye, source, 200))
        return caller

    async def call(self, dialled: str, offer: bytes | None = None) -> Caller:
        """Dial, be answered, and acknowledge it."""
        caller = self.caller(dialled)
        caller.request("INVITE", body=offer or sdp())
        await self.passes(2 * STEP)
        caller.remote_tag = caller.last_answer("INVITE").to.tag
        caller.acknowledge()
        await self.passes(STEP)
        return caller

    async def hang_up(self, caller: Caller) -> None:
        """Say BYE, and wait until the call is written down."""
        caller.request("BYE")
        await self.passes(1.0)

    async def passes(self, seconds: float) -> None:
        """Let time pass for the network and for whoever awaits something."""
        for _step in range(round(seconds / STEP)):
            self.network.run(STEP)
            await asyncio.sleep(STEP)

    def _surroundings(self) -> Surroundings:
        clock, store, snapshot = self._clock, self.store, self._snapshot
        return Surroundings(
            node="node01.umbel.test",
            clock=clock,
            randomness=RepeatableRandomness("calls"),
            events=self.told,
            provoked=Provoked(self.told),
            faults=Faults(self.told, clock),
            media=Media(
                open=self.media.open,
                send=self.media.send,
                address_for=lambda local, _remote: local,
                codecs=self.codecs,
            ),
            world=World(
                messages=store.messages,
                audio=store.audio,
                greetings=store.greetings,
                pins=store.pins,
                hasher=store.hasher,
                directory=lambda: snapshot.directory,
                wall=clock.wall,
            ),
            voices=Voices(_SETTINGS, audio=store.audio, events=self.told, wall=clock.wall),
            capacity=self.capacity,
            arrivals=Arrivals("node01.umbel.test", clock, MemoryObservations()),
            snapshot=snapshot,
            resolved=dict,
            records=RecordKeeper(self._keep),
            watch=self.heard.append,
            trace=self.traced.append,
            settle=lambda: self._agent.settle() if self._agent else None,
        )

    def _keep(self, record: CallRecord) -> None:
        self.records[record.id] = record


_SETTINGS = Settings(
    node=NodeSettings(name="node01.umbel.test"),
    store=StoreSettings(audio=str(Path("never", "written"))),
)


async def _take(_configuration: Configuration) -> None:
    pass

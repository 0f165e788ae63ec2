"""The media engine without its process, in virtual time, on real sockets of the loopback."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.rtp_peer import RtpPeer
from tests.support.still_clock import StillClock

from umbel.core.errors import UmbelError
from umbel.media.engine import (
    Closed,
    Command,
    Connect,
    Event,
    Open,
    Opened,
    Play,
    Playable,
    Record,
    Recorded,
)
from umbel.media.session import MediaSession
from umbel.net.media_engine.engine import TICK, Engine

Kind = TypeVar("Kind", bound=Event)
P = ParamSpec("P")
T = TypeVar("T")

PORTS = range(43000, 43400)


class AtOnce(Executor):
    """Does what is asked before it returns."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except UmbelError as error:
            future.set_exception(error)
        return future


class WhenTold(Executor):
    """Does what is asked when a test says so."""

    def __init__(self) -> None:
        self._asked: list[Callable[[], None]] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()
        self._asked.append(lambda: future.set_result(fn(*args, **kwargs)))
        return future

    def __len__(self) -> int:
        return len(self._asked)

    def work(self) -> None:
        """Do everything that was asked."""
        while self._asked:
            self._asked.pop(0)()


class Studio:
    """An engine whose time passes when a test says so."""

    def __init__(self, ports: range = PORTS, loader: Executor | None = None) -> None:
        self.clock = StillClock()
        self.engine = Engine(
            ports,
            clock=self.clock,
            randomness=RepeatableRandomness(),
            loader=AtOnce() if loader is None else loader,
        )
        self.events: list[Event] = []
        self._open: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.engine.shut()

    def do(self, command: Command) -> list[Event]:
        """Execute a command; give what it brought about at once."""
        self.engine.execute(command)
        return self._collect()

    def tick(self, times: int = 1) -> list[Event]:
        """Let *times* 20 ms pass; give what happened."""
        happened = []
        for _ in range(times):
            happened += self.late_tick(1)
        return happened

    def late_tick(self, frames: int) -> list[Event]:
        """Let *frames* times 20 ms pass before the engine gets to its next tick."""
        self.clock.go_on(frames * TICK)
        self.engine.tick(frames)
        return self._collect()

    def call(
        self,
        peer: RtpPeer,
        session: str = "a",
        *,
        media: MediaSession | None = None,
        learn_address: bool = False,
    ) -> None:
        """Open a session and connect it with *peer*."""
        agreed = media or peer.media()
        told = (agreed.remote_address, agreed.remote_port)
        (opened,) = self.do(Open(session=session, address=peer.host, peer=told))
        if not isinstance(opened, Opened):
            raise TypeError(opened)
        peer.engine = (peer.host, opened.port)
        self.connect(peer, session, media=media, learn_address=learn_address)

    def connect(
        self,
        peer: RtpPeer,
        session: str = "a",
        *,
        media: MediaSession | None = None,
        learn_address: bool = False,
    ) -> None:
        """Agree with *peer*, perhaps anew."""
        self.do(Connect(session=session, media=media or peer.media(), learn_address=learn_address))

    def play(self, *items: Playable, since: float = 0.0, stop_keys: str = "") -> list[Event]:
        """Play to the session ``a``."""
        return self.do(Play(session="a", play=1, items=items, since=since, stop_keys=stop_keys))

    def record(
        self, *, longest: float = 60.0, silence: float = 0.0, stop_keys: str = ""
    ) -> list[Event]:
        """Record the session ``a``."""
        return self.do(
            Record(session="a", recording=1, longest=longest, silence=silence, stop_keys=stop_keys)
        )

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Give all events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def recorded(self) -> bytes:
        """Give what all recordings have handed over so far."""
        return b"".join(event.linear for event in self.of(Recorded))

    def closed(self) -> Closed:
        """Give the end of the only session that was closed."""
        (closed,) = self.of(Closed)
        return closed

    def _collect(self) -> list[Event]:
        happened = list(self.engine.take_events())
        self.events += happened
        return happened

"""The node's side of the engine, with a real process at the other end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import PORTS

from umbel.core.errors import Misuse, Unavailable
from umbel.media.engine import (
    Close,
    Closed,
    Connect,
    Event,
    KeyPressed,
    Play,
    PlayEnd,
    PlayEnded,
    SendKey,
    Tone,
)
from umbel.net.media_engine import MediaEngine
from umbel.net.media_engine import client as clients

Kind = TypeVar("Kind", bound=Event)


class Line:
    """Keeps the events of one session and lets a test await them."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def receive(self, event: Event) -> None:
        self._events.put_nowait(event)

    async def next(self, kind: type[Kind]) -> Kind:
        async with asyncio.timeout(10):
            event = await self._events.get()
        assert isinstance(event, kind)
        return event


class Losses:
    """Keeps why engines were lost."""

    def __init__(self, engine: MediaEngine) -> None:
        self._reasons: asyncio.Queue[str] = asyncio.Queue()
        engine.on_lost = lambda lost: self._reasons.put_nowait(lost.reason)

    async def next(self) -> str:
        async with asyncio.timeout(10):
            return await self._reasons.get()


@pytest.fixture
async def engine() -> AsyncIterator[MediaEngine]:
    engine = MediaEngine(PORTS)
    await engine.start()
    yield engine
    await engine.stop()


async def open_when_started(engine: MediaEngine, session: str) -> int:
    """Open a session as soon as another engine runs."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await engine.open(session, "127.0.0.1", lambda _: None)
            except Unavailable:
                await asyncio.sleep(0.02)


class TestASession:
    async def test_is_opened_used_and_closed(self, engine: MediaEngine) -> None:
        line = Line()
        with RtpPeer() as peer:
            port = await engine.open("a", "127.0.0.1", line.receive)
            peer.engine = ("127.0.0.1", port)
            engine.send(Connect(session="a", media=peer.media()))
            engine.send(
                Play(session="a", play=1, items=(Tone(440, 5.0), Tone(480, 5.0)), stop_keys="1")
            )
            peer.send(peer.key(b"\x01\x0a\x00\xa0", timestamp=0, marker=True))

            assert (await line.next(KeyPressed)).key == "1"
            assert (await line.next(PlayEnded)).ended is PlayEnd.KEY
            engine.send(Close(session="a"))
            assert (await line.next(Closed)).statistics.packets_received == 1
            assert len(engine) == 0

    async def test_that_is_open_cannot_be_opened(self, engine: MediaEngine) -> None:
        await engine.open("a", "127.0.0.1", lambda _: None)

        with pytest.raises(Misuse, match="is open"):
            await engine.open("a", "127.0.0.1", lambda _: None)

    async def test_that_cannot_be_had_is_refused_with_the_reason(self, engine: MediaEngine) -> None:
        with pytest.raises(Unavailable, match=r"192\.0\.2\.1"):
            await engine.open("a", "192.0.2.1", lambda _: None)

        assert len(engine) == 0

    async def test_that_nobody_waits_for_any_more_is_closed(self, engine: MediaEngine) -> None:
        line = Line()
        opening = asyncio.create_task(engine.open("a", "127.0.0.1", line.receive))
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])

        await line.next(Closed)
        assert len(engine) == 0


class TestAKeyThatNoTelephoneHas:
    @pytest.mark.parametrize("key", ["", "12", "x"])
    async def test_is_refused_before_it_is_sent(self, key: str) -> None:
        with pytest.raises(Misuse, match="no telephone"):
            MediaEngine(PORTS).send(SendKey(session="a", key=key))

    @pytest.mark.parametrize("held", [0.0, -1.0, 8.5])
    async def test_or_is_held_too_long_is_refused_too(self, held: float) -> None:
        with pytest.raises(Misuse, match="held"):
            MediaEngine(PORTS).send(SendKey(session="a", key="1", held=held))


class TestAnEngineThatWasKilled:
    async def test_is_noticed_and_another_is_started(self, engine: MediaEngine) -> None:
        losses = Losses(engine)
        await engine.open("a", "127.0.0.1", lambda _: None)
        first = engine.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)

        assert await losses.next() == "killed by SIGKILL"
        assert len(engine) == 0
        assert await open_when_started(engine, "b") % 2 == 0
        assert engine.process_id not in (None, first)

    async def test_is_noticed_within_a_second(self, engine: MediaEngine) -> None:
        losses = Losses(engine)
        await engine.open("a", "127.0.0.1", lambda _: None)
        os.kill(engine.process_id or 0, signal.SIGKILL)

        async with asyncio.timeout(1):
            await losses.next()

    async def test_takes_what_is_being_opened_with_it(self, engine: MediaEngine) -> None:
        await engine.open("a", "127.0.0.1", lambda _: None)
        os.kill(engine.process_id or 0, signal.SIGSTOP)
        opening = asyncio.create_task(engine.open("b", "127.0.0.1", lambda _: None))
        await asyncio.sleep(0)
        os.kill(engine.process_id or 0, signal.SIGKILL)

        with pytest.raises(Unavailable, match="SIGKILL"):
            await opening

    async def test_does_nothing_more_for_its_sessions(self, engine: MediaEngine) -> None:
        losses = Losses(engine)
        line = Line()
        await engine.open("a", "127.0.0.1", line.receive)
        os.kill(engine.process_id or 0, signal.SIGKILL)
        await losses.next()
        engine.send(Close(session="a"))

        assert len(engine) == 0


class TestAnEngineThatStandsStill:
    async def test_is_lost_like_one_that_was_killed(
        self, engine: MediaEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clients, "_CHECK", 0.6)
        losses = Losses(engine)
        await engine.open("a", "127.0.0.1", lambda _: None)
        os.kill(engine.process_id or 0, signal.SIGSTOP)

        assert await losses.next() == "it stood still for 2.4 s"
        assert await open_when_started(engine, "b") % 2 == 0


class TestAnEngineThatCannotStart:
    async def test_is_tried_again_after_a_pause(
        self, engine: MediaEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        losses = Losses(engine)
        await engine.open("a", "127.0.0.1", lambda _: None)
        monkeypatch.setattr(clients, "_PAUSE", 0.01)
        with monkeypatch.context() as broken:
            broken.setattr("sys.executable", "/nonexistent/python")
            os.kill(engine.process_id or 0, signal.SIGKILL)
            assert "SIGKILL" in await losses.next()
            assert "no other can be started" in await losses.next()

        assert await open_when_started(engine, "b") % 2 == 0

    async def test_or_ends_at_once_is_told_each_time(
        self, engine: MediaEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        losses = Losses(engine)
        await engine.open("a", "127.0.0.1", lambda _: None)
        monkeypatch.setattr(clients, "_PAUSE", 0.01)
        with monkeypatch.context() as broken:
            broken.setattr("sys.executable", "/bin/false")
            os.kill(engine.process_id or 0, signal.SIGKILL)
            assert "SIGKILL" in await losses.next()
            assert await losses.next() == "ended with status 1"

        assert await open_when_started(engine, "b") % 2 == 0


class TestStop:
    async def test_ends_the_process(self) -> None:
        engine = MediaEngine(PORTS)
        await engine.start()
        process_id = engine.process_id
        assert process_id is not None
        await engine.stop()

        with pytest.raises(ProcessLookupError):
            os.kill(process_id, 0)
        assert engine.process_id is None

    async def test_is_no_loss(self) -> None:
        engine = MediaEngine(PORTS)
        reasons: list[str] = []
        engine.on_lost = lambda lost: reasons.append(lost.reason)
        await engine.start()
        await engine.open("a", "127.0.0.1", lambda _: None)
        await engine.stop()

        assert reasons == []
        assert len(engine) == 0

    async def test_is_not_in_vain_with_a_process_that_hangs(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clients, "_PATIENCE", 0.05)
        engine = MediaEngine(PORTS)
        await engine.start()
        await engine.open("a", "127.0.0.1", lambda _: None)
        process_id = engine.process_id or 0
        os.kill(process_id, signal.SIGSTOP)
        await engine.stop()

        with pytest.raises(ProcessLookupError):
            os.kill(process_id, 0)

    async def test_of_what_never_ran_is_nothing(self) -> None:
        engine = MediaEngine(PORTS)
        await engine.stop()

        with pytest.raises(Unavailable, match="does not run"):
            await engine.open("a", "127.0.0.1", lambda _: None)


class TestStopInTheMiddleOfARestart:
    async def test_leaves_no_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        engine = MediaEngine(PORTS)
        losses = Losses(engine)
        await engine.start()
        await engine.open("a", "127.0.0.1", lambda _: None)
        os.kill(engine.process_id or 0, signal.SIGKILL)
        await losses.next()
        await engine.stop()

        assert engine.process_id is None

    async def test_does_not_wait_for_its_pause(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clients, "_PAUSE", 3600.0)
        engine = MediaEngine(PORTS)
        losses = Losses(engine)
        await engine.start()
        monkeypatch.setattr("sys.executable", "/nonexistent/python")
        await engine.open("a", "127.0.0.1", lambda _: None)
        os.kill(engine.process_id or 0, signal.SIGKILL)
        await losses.next()
        await losses.next()
        async with asyncio.timeout(5):
            await engine.stop()

        assert engine.process_id is None


class TestAnEngineThatIsNotThere:
    async def test_cannot_be_started(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.executable", "/nonexistent/python")

        with pytest.raises(FileNotFoundError):
            await MediaEngine(PORTS).start()


class TestSignalsToTheWholeGroup:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    async def test_are_for_the_node_to_obey(
        self, engine: MediaEngine, number: signal.Signals
    ) -> None:
        await engine.open("a", "127.0.0.1", lambda _: None)
        os.kill(engine.process_id or 0, number)

        assert await engine.open("b", "127.0.0.1", lambda _: None) % 2 == 0

"""Several engines behind one engine's verbs, with real processes."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import pytest
from tests.support.program import free_ports, until
from tests.support.rtp_peer import RtpPeer

from umbel.core.errors import Misuse, Unavailable
from umbel.media.engine import Close, Closed, Connect, Event, KeyPressed
from umbel.net.clock import SystemClock
from umbel.net.media_engine import Lost, MediaEngines
from umbel.net.media_engine.engines import divided

CORE = min(os.sched_getaffinity(0))


def ports(pairs: int) -> range:
    """Give so many pairs of ports that nobody has."""
    first = free_ports(2 * pairs)
    return range(first, first + 2 * pairs)


@pytest.fixture
async def engines() -> AsyncIterator[MediaEngines]:
    """Two engines; the machine may have but one processor, so that both are pinned to it."""
    engines = MediaEngines(ports(200), (CORE, CORE), SystemClock())
    await engines.start()
    yield engines
    await engines.stop()


def ignore(_event: Event) -> None:
    """Nothing is expected."""


async def soon(condition: Callable[[], bool], what: str) -> None:
    await until(condition, 10, lambda: AssertionError(f"it did not come to this: {what}"))


class TestPorts:
    @pytest.mark.parametrize(
        ("ports", "engines", "parts"),
        [
            (range(20000, 20100), 1, [range(20000, 20100)]),
            (range(20000, 20100), 2, [range(20000, 20050), range(20050, 20100)]),
            (range(20001, 20100), 2, [range(20002, 20050), range(20050, 20098)]),
            (
                range(20000, 20006),
                3,
                [range(20000, 20002), range(20002, 20004), range(20004, 20006)],
            ),
        ],
    )
    def test_are_divided_into_pairs_that_begin_even(
        self, ports: range, engines: int, parts: list[range]
    ) -> None:
        assert divided(ports, engines) == parts

    def test_that_are_too_few_are_refused(self) -> None:
        with pytest.raises(Misuse, match="2 pairs of ports cannot be divided among 3 engines"):
            divided(range(20000, 20004), 3)


class TestANewSession:
    async def test_is_put_where_most_room_is(self, engines: MediaEngines) -> None:
        for name in "abcdef":
            await engines.open(name, "127.0.0.1", ignore)

        assert engines.sessions == (3, 3)
        assert len(engines) == 6

    async def test_is_used_as_with_one_engine(self, engines: MediaEngines) -> None:
        events: list[Event] = []
        with RtpPeer() as one, RtpPeer() as other:
            for name, peer in (("a", one), ("b", other)):
                port = await engines.open(name, "127.0.0.1", events.append)
                peer.engine = ("127.0.0.1", port)
                engines.send(Connect(session=name, media=peer.media()))
                for _ in range(3):  # The first may be there before the engine knows of the peer.
                    peer.send(peer.key(b"\x01\x0a\x00\xa0", timestamp=0, marker=True))
                    await asyncio.sleep(0.03)
            await soon(lambda: len(events) == 2, "both keys are heard")
            for name in "ab":
                engines.send(Close(session=name))
            await soon(lambda: len(engines) == 0, "both are closed")

        assert {event.session for event in events if isinstance(event, KeyPressed)} == {"a", "b"}
        assert {event.session for event in events if isinstance(event, Closed)} == {"a", "b"}

    async def test_that_is_open_elsewhere_cannot_be_opened(self, engines: MediaEngines) -> None:
        await engines.open("a", "127.0.0.1", ignore)

        with pytest.raises(Misuse, match="is open"):
            await engines.open("a", "127.0.0.1", ignore)

    async def test_goes_to_the_next_where_one_has_no_port(self) -> None:
        engines = MediaEngines(ports(2), (CORE, CORE), SystemClock())
        await engines.start()
        try:
            for name in "ab":
                await engines.open(name, "127.0.0.1", ignore)
            with pytest.raises(Unavailable, match="no free pair"):
                await engines.open("c", "127.0.0.1", ignore)
            assert engines.sessions == (1, 1)
        finally:
            await engines.stop()


class TestTheLossOfOne:
    async def test_concerns_its_sessions_only(self, engines: MediaEngines) -> None:
        losses: list[Lost] = []
        engines.on_lost = losses.append
        for name in "abcd":
            await engines.open(name, "127.0.0.1", ignore)
        first, second = engines.process_ids
        os.kill(first or 0, signal.SIGKILL)
        await soon(lambda: bool(losses), "the loss is told")

        (lost,) = losses
        assert lost.reason == "killed by SIGKILL"
        assert len(lost.sessions) == 2
        assert engines.sessions == (0, 2)
        assert engines.process_ids[1] == second

    async def test_leaves_the_others_to_take_its_calls_at_once(self, engines: MediaEngines) -> None:
        losses: list[Lost] = []
        engines.on_lost = losses.append
        await engines.open("a", "127.0.0.1", ignore)
        os.kill(engines.process_ids[0] or 0, signal.SIGKILL)
        await soon(lambda: bool(losses), "the loss is told")
        async with asyncio.timeout(5):
            await engines.open("a", "127.0.0.1", ignore)

        assert sum(engines.sessions) == 1

    async def test_while_a_session_is_opened_makes_another_open_it(
        self, engines: MediaEngines
    ) -> None:
        first, second = engines.process_ids
        for process in (first, second):
            os.kill(process or 0, signal.SIGSTOP)
        opening = asyncio.create_task(engines.open("a", "127.0.0.1", ignore))
        await soon(lambda: len(engines) == 1, "one is asked")
        victim, survivor = (first, second) if engines.sessions[0] else (second, first)
        os.kill(victim or 0, signal.SIGKILL)
        os.kill(survivor or 0, signal.SIGCONT)

        async with asyncio.timeout(10):
            assert await opening % 2 == 0

    async def test_gives_its_calls_other_ports_in_its_successor(self) -> None:
        engines = MediaEngines(ports(8), (), SystemClock())
        losses: list[Lost] = []
        engines.on_lost = losses.append
        await engines.start()
        try:
            before = {await engines.open(name, "127.0.0.1", ignore) for name in "abc"}
            os.kill(engines.process_ids[0] or 0, signal.SIGKILL)
            await soon(lambda: bool(losses), "the loss is told")
            after = {await engines.open(name, "127.0.0.1", ignore) for name in "abc"}
        finally:
            await engines.stop()

        assert not before & after


class TestAnEngine:
    async def test_is_pinned_to_its_processor(self, engines: MediaEngines) -> None:
        await soon(lambda: None not in engines.admission.loads, "both tell their load")

        for process, load in zip(engines.process_ids, engines.admission.loads, strict=True):
            assert os.sched_getaffinity(process or 0) == {CORE}
            assert load is not None
            assert load.core == CORE
            assert load.niceness == os.getpriority(os.PRIO_PROCESS, process or 0)

    async def test_that_may_not_have_its_processor_runs_all_the_same_and_says_so(self) -> None:
        engines = MediaEngines(ports(8), (1023,), SystemClock())
        await engines.start()
        try:
            await soon(lambda: None not in engines.admission.loads, "it tells its load")
            (load,) = engines.admission.loads
            assert load is not None
            assert load.core is None
        finally:
            await engines.stop()


class TestAStartThatFails:
    async def test_leaves_no_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        engines = MediaEngines(ports(200), (CORE, CORE), SystemClock())
        monkeypatch.setattr("sys.executable", "/nonexistent/python")

        with pytest.raises(FileNotFoundError):
            await engines.start()
        assert engines.process_ids == (None, None)

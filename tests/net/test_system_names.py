"""The machine's own resolver: what it knows, and what it keeps waiting while DNS is down."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.name_server import NameServer, serving
from tests.support.program import eventually
from tests.support.repeatable_randomness import RepeatableRandomness

from umbel.core.errors import Unavailable
from umbel.net.dns import NameSources, Resolver
from umbel.net.system_names import SystemNames
from umbel.sip.uri import Uri

THREADS = 4
SOON = 0.05
LONG = 10.0


class Silence:
    """A resolver of the system that says nothing until a test lets it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._is_over = threading.Event()

    def getaddrinfo(self, name: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        """Stand in for the system's."""
        self.asked.append(name)
        self._is_over.wait(LONG)
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("192.0.2.1", 0))]

    async def was_asked(self) -> bool | None:
        """Say whether anything was asked, ``None`` while not."""
        return True if self.asked else None

    def end(self) -> None:
        """Have everything answered that was asked."""
        self._is_over.set()


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silence]:
    silence = Silence()
    monkeypatch.setattr(socket, "getaddrinfo", silence.getaddrinfo)
    yield silence
    silence.end()


@pytest.fixture
def names() -> Iterator[SystemNames]:
    names = SystemNames(patience=LONG)
    yield names
    names.close()


@pytest.fixture
def hasty() -> Iterator[SystemNames]:
    hasty = SystemNames(patience=SOON)
    yield hasty
    hasty.close()


async def outcomes(names: SystemNames, count: int) -> list[object]:
    """Look so many names up at once."""
    looking = (names.look_up(f"node{number}.example.org") for number in range(count))
    return await asyncio.gather(*looking, return_exceptions=True)


class TestTheSystemsResolver:
    async def test_knows_this_machine(self, names: SystemNames) -> None:
        assert "127.0.0.1" in await names.look_up("localhost")

    @pytest.mark.parametrize("name", ["\N{SNOWMAN}" * 64, "." + "a" * 64])
    async def test_has_no_address_for_what_can_be_no_name(
        self, name: str, names: SystemNames
    ) -> None:
        assert await names.look_up(name) == ()

    @pytest.mark.parametrize(
        ("error", "is_answer"),
        [
            (socket.gaierror(socket.EAI_NONAME, "as the system puts it"), True),
            (socket.gaierror(socket.EAI_AGAIN, "as the system puts it"), False),
            (OSError(24, "as the system puts it"), False),
        ],
    )
    async def test_tells_a_name_that_is_not_there_from_one_that_nobody_can_tell_of(
        self,
        error: OSError,
        *,
        is_answer: bool,
        names: SystemNames,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def fail(*_arguments: object, **_options: object) -> None:
            raise error

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        if is_answer:
            assert await names.look_up("trunk.example.org") == ()
        else:
            with pytest.raises(Unavailable, match="DNS cannot say: as the system puts it"):
                await names.look_up("trunk.example.org")


class TestASilentResolver:
    async def test_is_waited_for_no_longer_than_patience_lasts(
        self, silence: Silence, hasty: SystemNames
    ) -> None:
        with pytest.raises(Unavailable, match=r"DNS did not answer within 0\.05 s"):
            await hasty.look_up("node01.example.org")
        assert silence.asked == ["node01.example.org"]

    async def test_is_not_asked_again_while_it_holds_every_thread(
        self, silence: Silence, hasty: SystemNames
    ) -> None:
        await outcomes(hasty, THREADS + 2)

        with pytest.raises(Unavailable, match="the system's resolver hangs"):
            await hasty.look_up("late.example.org")
        assert len(silence.asked) == THREADS

    async def test_is_asked_again_once_it_speaks(
        self, silence: Silence, hasty: SystemNames
    ) -> None:
        await outcomes(hasty, THREADS)
        silence.end()

        async def found() -> object:
            (outcome,) = await outcomes(hasty, 1)
            return outcome if isinstance(outcome, tuple) else None

        assert await eventually(found, LONG, lambda: AssertionError("still silent")) == (
            "192.0.2.1",
        )

    async def test_that_is_only_slow_answers_more_than_it_has_threads_for(
        self, silence: Silence, names: SystemNames
    ) -> None:
        asyncio.get_running_loop().call_later(SOON, silence.end)

        assert await outcomes(names, 3 * THREADS) == [("192.0.2.1",)] * 3 * THREADS

    async def test_keeps_nothing_else_waiting_that_needs_a_thread(self, silence: Silence) -> None:
        """As audio that is read does, while a BYE asks for its peer's host."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        async with serving(NameServer({})) as address:
            sources = NameSources(name_servers=[address], hosts_file=None, patience=1.0)
            resolver = Resolver(randomness=RepeatableRandomness(), sources=sources)
            asking = asyncio.create_task(resolver.resolve(Uri.parse("sip:nobody.invalid:5060")))
            await eventually(silence.was_asked, LONG, lambda: AssertionError("it was not asked"))

            assert await asyncio.wait_for(asyncio.to_thread(lambda: "audio"), LONG / 2) == "audio"

            with pytest.raises(Unavailable, match=r"resolver \(DNS did not answer within 1 s"):
                await asking

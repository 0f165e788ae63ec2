"""A node asks its gateways by OPTIONS, tells what changes, and keeps what it saw."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.attempts import HOP, answered, tried
from tests.support.memory_observations import MemoryObservations
from tests.support.node import SITE, node_under_test, observed
from tests.support.options_peer import options_peer
from tests.support.organisation import LYNC
from tests.support.pki import Authority
from tests.support.program import free_port, until
from tests.support.repeatable_randomness import RepeatableRandomness

from umbel.app.asking import Asker
from umbel.app.faults import Faults
from umbel.app.node_log import NodeLog
from umbel.app.probing import Outlook, Probing, in_words
from umbel.app.snapshot import Snapshot
from umbel.app.teller import Teller
from umbel.core import event_catalogue as catalogue
from umbel.diagnosis.attempt import Attempt, Step
from umbel.diagnosis.observation import PeeringState
from umbel.directory.objects import Gateway, Status
from umbel.directory.ports import Configuration
from umbel.directory.repositories import Change
from umbel.net.clock import SystemClock
from umbel.sip.hop import Hop
from umbel.sip.uri import Uri

UNRESPONSIVE = catalogue.GATEWAY_UNRESPONSIVE.number
RECOVERED = catalogue.GATEWAY_RECOVERED.number


def site(port: int, transport: str = "tcp", more: str = "") -> str:
    return f"""{SITE}
[[gateway]]
name = "pbx"
address = "{"localhost" if transport == "tls" else "127.0.0.1"}"
port = {port}
transport = "{transport}"
probe_every = 1
{more}
[[huntgroup]]
name = "pbx"
gateway = "pbx"
dial_plan = "office"
"""


class TestAGatewayThatAnswers:
    async def test_is_up_and_what_it_said_is_kept(self, tmp_path: Path) -> None:
        async with (
            options_peer(fields=("Server: Strowger/1.0",)) as peer,
            node_under_test(tmp_path, site=site(peer.port)) as node,
        ):
            found = await observed(node, PeeringState.UP)

        assert found.node == "node01.umbel.test"
        assert found.gateway == "pbx"
        assert found.attempt is not None
        assert (found.attempt.step, found.attempt.status) == (Step.ANSWERED, 200)
        assert found.attempt.server == "Strowger/1.0"


class TestASilentGateway:
    async def test_is_down_after_three_tries_and_told_until_it_answers(
        self, tmp_path: Path
    ) -> None:
        async with (
            options_peer(answer=None) as peer,
            node_under_test(tmp_path, site=site(peer.port)) as node,
        ):
            told = await node.told(UNRESPONSIVE)
            peer.answer = "200 OK"
            recovered = await node.told(RECOVERED)

        assert len(peer.asked) >= 4
        assert told.sentence.startswith(
            "The following UM IP gateways did not respond as expected to a SIP OPTIONS request. "
            f"Transport = TCP, Address = 127.0.0.1, Port = {peer.port}, Response Code = 0, "
            "Message = no answer to OPTIONS within 1 s"
        )
        assert "Gateway pbx is down" in told.sentence
        assert f"Port = {peer.port}, Response Code = 200" in recovered.sentence


class TestAGatewayThatDoesNotWantOurCertificate:
    async def test_has_refused_us_at_once(self, tmp_path: Path) -> None:
        ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
        credentials = ours.issue("node01.umbel.test", common_name="um.umbel.test")
        peer_credentials = ours.issue("localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(peer_credentials.both)
        context.load_verify_locations(theirs.trust)
        context.verify_mode = ssl.CERT_REQUIRED
        async with (
            options_peer(context) as peer,
            node_under_test(
                tmp_path,
                site=site(peer.port, "tls", 'rule = "common-name"'),
                credentials=credentials,
                trust=ours.trust,
            ) as node,
        ):
            found = await observed(node, PeeringState.REFUSED_BY_THEM)
            told = await node.told(UNRESPONSIVE)
            failed = await node.administration.events(number=catalogue.HANDSHAKE_FAILED.number)

        assert peer.asked == []
        assert found.attempt is not None
        assert found.attempt.handshake is not None
        assert found.attempt.handshake.own_chain
        assert "right after it saw our certificate" in told.sentence
        assert "common name is um.umbel.test, this node is node01.umbel.test" in told.sentence
        assert "CN=um.umbel.test" in told.sentence
        assert "localhost" in told.sentence
        assert told.cure
        assert failed == []


class TestAPortWhereNobodyIs:
    async def test_makes_a_gateway_down(self, tmp_path: Path) -> None:
        async with node_under_test(tmp_path, site=site(free_port())) as node:
            found = await observed(node, PeeringState.DOWN)

        assert found.attempt is not None
        assert found.attempt.step is Step.CONNECTING
        assert "refused" in found.attempt.problem


class TestAGatewayThatIsNotToBeAskedAnyMore:
    async def test_is_left_alone_and_forgotten_when_it_is_removed(self, tmp_path: Path) -> None:
        async with (
            options_peer() as peer,
            node_under_test(tmp_path, site=site(peer.port)) as node,
        ):
            await observed(node, PeeringState.UP)
            await node.administration.remove("huntgroup", "pbx")
            await node.administration.remove("gateway", "pbx")
            async with asyncio.timeout(5):
                while True:
                    if not await node.administration.observations():
                        break
                    await asyncio.sleep(0.05)


class ScriptedAsker(Asker):
    """Finds what a test says, and counts."""

    def __init__(self, *attempts: Attempt) -> None:
        self.attempts = attempts
        self.asked = asyncio.Semaphore(0)

    async def ask(self, target: Uri, patience: float) -> tuple[Attempt, ...]:
        """Give what the test says."""
        self.asked.release()
        return self.attempts


class SlowAsker(ScriptedAsker):
    """Finds it when the test lets it."""

    def __init__(self, *attempts: Attempt) -> None:
        super().__init__(*attempts)
        self.may_answer = asyncio.Event()

    async def ask(self, target: Uri, patience: float) -> tuple[Attempt, ...]:
        """Count, and wait."""
        attempts = await super().ask(target, patience)
        await self.may_answer.wait()
        return attempts


class FaultyAsker(ScriptedAsker):
    """Fails without waiting for anything."""

    async def ask(self, target: Uri, patience: float) -> tuple[Attempt, ...]:
        """Count, and fail."""
        await super().ask(target, patience)
        raise RuntimeError("a fault of ours")


class SlowObservations(MemoryObservations):
    """A store that takes its time while a test wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def keep_only(self, node: str, gateways: Collection[str]) -> None:
        """Wait, then forget."""
        await self.may_go_on.wait()
        await super().keep_only(node, gateways)


class Names:
    """A resolver that knows one pool."""

    async def resolve(self, uri: Uri) -> list[Hop]:
        """Give both of its hosts."""
        return [HOP, SECOND]


SECOND = replace(HOP, address="192.0.2.8")


@asynccontextmanager
async def probing(
    asker: Asker, gateway: Gateway, observations: MemoryObservations | None = None
) -> AsyncIterator[Probing]:
    """Probe one gateway for as long as the block."""
    clock, told = SystemClock(), Teller("node01", SystemClock())
    probing = Probing(Names())
    outlook = Outlook(
        node="node01",
        asker=asker,
        clock=clock,
        randomness=RepeatableRandomness("probing"),
        events=told,
        log=NodeLog("node01"),
        faults=Faults(told, clock),
        observations=observations or MemoryObservations(),
        certificate=lambda: None,
    )
    await probing.begin(outlook, Snapshot(_NoConfiguration()))
    await probing.watch(replace(Configuration(), gateways={gateway.name: gateway}))
    try:
        yield probing
    finally:
        await probing.stop()


class _NoConfiguration:
    """A store without a configuration."""

    async def load(self) -> Configuration:
        return Configuration()

    async def revision(self) -> int:
        return 0

    async def apply(self, changes: Sequence[Change], *, expected: int | None = None) -> int:
        raise NotImplementedError


class TestAPool:
    async def test_is_called_where_somebody_answered(self) -> None:
        asker = ScriptedAsker(tried(), replace(answered(), hop=SECOND))
        async with probing(asker, replace(LYNC, probe_every=1)) as found:
            await asyncio.wait_for(asker.asked.acquire(), 5)
            await until(
                lambda: found.state_of("lync") is PeeringState.UP,
                5,
                lambda: AssertionError("it is not up"),
            )
            assert await found.resolve(Uri.parse("sip:pool.example.org")) == [SECOND, HOP]
        assert found.state_of("lync") is PeeringState.UNKNOWN

    async def test_is_asked_at_once_when_it_matters(self) -> None:
        asker = ScriptedAsker(answered())
        async with probing(asker, replace(LYNC, probe_every=3600)) as found:
            found.ask_soon()
            await asyncio.wait_for(asker.asked.acquire(), 5)
            await asyncio.sleep(0)
            found.ask_soon()
            await asyncio.wait_for(asker.asked.acquire(), 5)

    async def test_is_asked_again_when_it_matters_while_it_is_asked(self) -> None:
        asker = SlowAsker(answered())
        async with probing(asker, replace(LYNC, probe_every=3600)) as found:
            found.ask_soon()
            await asyncio.wait_for(asker.asked.acquire(), 5)
            found.ask_soon()
            asker.may_answer.set()
            await asyncio.wait_for(asker.asked.acquire(), 5)

    async def test_is_asked_no_faster_where_asking_fails(self) -> None:
        asker = FaultyAsker()
        async with probing(asker, replace(LYNC, probe_every=3600)) as found:
            found.ask_soon()
            await asyncio.wait_for(asker.asked.acquire(), 5)
            await asyncio.sleep(0)
            assert asker.asked.locked()

    @pytest.mark.parametrize(
        "gateway",
        [replace(LYNC, probe_every=0), replace(LYNC, probe_every=1, status=Status.DISABLED)],
    )
    async def test_is_not_asked_where_nobody_wants_it(self, gateway: Gateway) -> None:
        asker = ScriptedAsker(answered())
        async with probing(asker, gateway) as found:
            found.ask_soon()
            await asyncio.sleep(0)
            assert found.state_of("lync") is PeeringState.UNKNOWN
        assert asker.asked.locked()


class TestANodeThatStops:
    async def test_begins_to_ask_nobody_any_more(self) -> None:
        """Also where the store is still being told of a new configuration."""
        asker, slow = ScriptedAsker(answered()), SlowObservations()
        async with probing(asker, LYNC, slow) as found:
            other = replace(LYNC, name="pbx", probe_every=1)
            slow.may_go_on.clear()
            watching = asyncio.create_task(
                found.watch(replace(Configuration(), gateways={"pbx": other}))
            )
            await asyncio.sleep(0)
            before = asyncio.all_tasks()
            await found.stop()
            slow.may_go_on.set()
            await watching
            assert asyncio.all_tasks() <= before


class TestALengthOfTime:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0.2, "less than a second"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3600, "1 h"),
            (3725, "1 h 2 min"),
            (90_000, "1 d 1 h"),
        ],
    )
    def test_is_told_in_its_two_largest_units(self, seconds: float, words: str) -> None:
        assert in_words(seconds) == words

"""A node asks its gateways by OPTIONS, tells what changes, and keeps what it saw."""

import asyncio
import ssl
from pathlib import Path

from tests.support.node import SITE, NodeUnderTest, node_under_test
from tests.support.options_peer import options_peer
from tests.support.pki import Authority
from tests.support.program import free_port

from umbel.core import event_catalogue as catalogue
from umbel.diagnosis.attempt import Step
from umbel.diagnosis.observation import Direction, Observation, PeeringState

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


async def seen(node: NodeUnderTest, state: PeeringState, within: float = 15) -> Observation:
    """Wait until the store says that the gateway is in *state*."""
    found: list[Observation] = []
    try:
        async with asyncio.timeout(within):
            while True:
                found = [
                    one
                    for one in await node.administration.observations()
                    if one.direction is Direction.TO_GATEWAY
                ]
                if found and found[0].state is state:
                    return found[0]
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"found {found}") from None


class TestAGatewayThatAnswers:
    async def test_is_up_and_what_it_said_is_kept(self, tmp_path: Path) -> None:
        async with (
            options_peer(fields=("Server: Strowger/1.0",)) as peer,
            node_under_test(tmp_path, site=site(peer.port)) as node,
        ):
            found = await seen(node, PeeringState.UP)

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
            found = await seen(node, PeeringState.REFUSED_BY_THEM)
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
            found = await seen(node, PeeringState.DOWN)

        assert found.attempt is not None
        assert found.attempt.step is Step.CONNECTING
        assert "refused" in found.attempt.problem

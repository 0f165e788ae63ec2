"""Gateways that a node asks by OPTIONS: SIPp that answers, is silent or drains, OpenSSL that refuses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.node import SITE, NodeUnderTest, node_under_test, observed
from tests.support.pki import Authority
from tests.support.program import free_port, require, running, until_listening
from tests.support.sipp import expect_request, scenario, send

from umbel.core import event_catalogue as catalogue
from umbel.diagnosis.attempt import Attempt
from umbel.diagnosis.observation import PeeringState
from umbel.identity.handshake import Ending

pytestmark = pytest.mark.peer

OK, UNAVAILABLE = "200 OK", "503 Service Unavailable"
NOTHING = ""


def site(port: int, transport: str, rule: str = "any-name") -> str:
    """Add a gateway that is asked every second."""
    return f"""{SITE}
[[gateway]]
name = "pbx"
address = "{"localhost" if transport == "tls" else "127.0.0.1"}"
port = {port}
transport = "{transport}"
rule = "{rule}"
probe_every = 1
"""


def answering(status: str, fields: str = "") -> str:
    """Give the scenario of a gateway that answers each OPTIONS so, or not at all."""
    answer = f"""
        SIP/2.0 {status}
        [last_Via:]
        [last_From:]
        [last_To:];tag=[call_number]
        [last_Call-ID:]
        [last_CSeq:]
        Server: SIPp
        {fields or "Supported: path"}
        Content-Length: 0
    """
    return scenario(expect_request("OPTIONS"), *([send(answer)] if status else []))


@asynccontextmanager
async def gateway(script: str, folder: Path, port: int) -> AsyncIterator[None]:
    """Be a gateway by SIPp over UDP."""
    folder.mkdir()
    (folder / "scenario.xml").write_text(script)
    command = (require("sipp", "sip-tester"), "-sf", folder / "scenario.xml", "-i", "127.0.0.1")
    options = ("-p", str(port), "-t", "u1", "-nostdin")
    async with running(*command, *options, log=folder / "sipp.log"):
        yield


class TestSippAsAGateway:
    async def test_that_answers_is_up(self, tmp_path: Path) -> None:
        port = free_port()
        async with (
            gateway(answering(OK), tmp_path / "sipp", port),
            node_under_test(tmp_path, site=site(port, "udp")) as node,
        ):
            seen = await observed(node, PeeringState.UP)

        assert seen.attempt is not None
        assert (seen.attempt.status, seen.attempt.server) == (200, "SIPp")

    async def test_that_drains_gets_no_new_calls(self, tmp_path: Path) -> None:
        port = free_port()
        async with (
            gateway(answering(UNAVAILABLE, "Retry-After: 60"), tmp_path / "sipp", port),
            node_under_test(tmp_path, site=site(port, "udp")) as node,
        ):
            seen = await observed(node, PeeringState.DRAINING)
            told = await node.told(catalogue.GATEWAY_DRAINING.number)

        assert seen.attempt is not None
        assert seen.attempt.retry_after == 60
        assert "503 Service Unavailable" in told.sentence

    async def test_that_falls_silent_is_down_until_it_speaks(self, tmp_path: Path) -> None:
        port = free_port()
        async with node_under_test(tmp_path, site=site(port, "udp")) as node:
            async with gateway(answering(NOTHING), tmp_path / "silent", port):
                await observed(node, PeeringState.DOWN)
                told = await node.told(catalogue.GATEWAY_UNRESPONSIVE.number)
            async with gateway(answering(OK), tmp_path / "sipp", port):
                recovered = await node.told(catalogue.GATEWAY_RECOVERED.number)

        assert "Response Code = 0, Message = no answer to OPTIONS within 1 s" in told.sentence
        assert "responds as expected to SIP OPTIONS requests again, after" in recovered.sentence


class TestOpensslAsAGateway:
    @pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
    async def test_that_does_not_know_our_authority_refuses_us_with_an_alert(
        self, tmp_path: Path, version: str
    ) -> None:
        ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
        verify = ("-Verify", "1", "-verify_return_error", "-CAfile", theirs.trust, version)
        async with self._node(tmp_path, ours, *verify) as node:
            seen = await observed(node, PeeringState.REFUSED_BY_THEM)
            told = await node.told(catalogue.GATEWAY_UNRESPONSIVE.number)

        assert _ending(seen.attempt) is Ending.REFUSED_BY_PEER
        assert "unknown_ca" in told.sentence
        assert "CN=node01.umbel.test" in told.sentence

    async def test_that_we_do_not_know_is_refused_by_us(self, tmp_path: Path) -> None:
        ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
        async with self._node(tmp_path, ours, peers=theirs) as node:
            seen = await observed(node, PeeringState.REFUSED_BY_US)
            told = await node.told(catalogue.GATEWAY_UNRESPONSIVE.number)

        assert _ending(seen.attempt) is Ending.REFUSED_BY_US
        assert "The peer's: CN=localhost" in told.sentence

    @asynccontextmanager
    async def _node(
        self, folder: Path, ours: Authority, *options: str | Path, peers: Authority | None = None
    ) -> AsyncIterator[NodeUnderTest]:
        port, shown = free_port(), (peers or ours).issue("localhost")
        certificate = ("-cert", shown.certificate, "-key", shown.key)
        command = (
            require("openssl", "openssl"),
            "s_server",
            "-www",
            "-accept",
            f"127.0.0.1:{port}",
        )
        async with running(*command, *certificate, *options, log=folder / "openssl.log"):
            await until_listening(port)
            async with node_under_test(
                folder,
                site=site(port, "tls"),
                credentials=ours.issue("node01.umbel.test"),
                trust=ours.trust,
            ) as node:
                yield node


def _ending(attempt: Attempt | None) -> Ending | None:
    return attempt.handshake.ending if attempt is not None and attempt.handshake else None

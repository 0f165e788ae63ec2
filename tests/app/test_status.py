"""The status of node and gateway is heeded at once, and OPTIONS tell the truth about it."""

import asyncio
import itertools
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.node import NodeUnderTest, node_under_test

from umbel.core import event_catalogue as catalogue

NODE = "node01.umbel.test"


@pytest.fixture
def phone() -> Iterator[socket.socket]:
    """Give a UDP socket at the address of the gateway ``loopback``."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(5)
        yield phone


_NUMBERS = itertools.count(1)


async def asks(phone: socket.socket, node: NodeUnderTest, method: str = "OPTIONS") -> str:
    """Send a request and give its final answer."""
    number, port = next(_NUMBERS), phone.getsockname()[1]
    request = (
        f"{method} sip:9000@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{number}\r\n"
        f"From: <sip:2001@127.0.0.1>;tag={number}\r\nTo: <sip:9000@127.0.0.1>\r\n"
        f"Call-ID: {number}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n"
        f"Contact: <sip:2001@127.0.0.1:{port}>\r\nContent-Length: 0\r\n\r\n"
    )
    phone.sendto(request.encode(), ("127.0.0.1", node.ports["udp"]))
    while True:
        answer = (await asyncio.to_thread(phone.recv, 65536)).decode()
        if f"Call-ID: {number}\r" in answer and not answer.startswith("SIP/2.0 100"):
            return answer


async def until_answered(
    phone: socket.socket, node: NodeUnderTest, status: int, method: str = "OPTIONS"
) -> str:
    """Ask until the status is the one: a change is seen within a second."""
    async with asyncio.timeout(5):
        while True:
            answer = await asks(phone, node, method)
            if answer.startswith(f"SIP/2.0 {status} "):
                return answer
            await asyncio.sleep(0.1)


class TestANodeThatDrains:
    async def test_answers_503_with_a_time_until_it_serves_again(
        self, tmp_path: Path, phone: socket.socket
    ) -> None:
        async with node_under_test(tmp_path) as node:
            assert (await asks(phone, node)).startswith("SIP/2.0 200 ")

            await node.administration.set("node", NODE, {"status": "no-new-calls"})
            options = await until_answered(phone, node, 503)
            invite = await asks(phone, node, "INVITE")
            rejected = await node.told(catalogue.CALL_REJECTED.number)

            await node.administration.set("node", NODE, {"status": "enabled"})
            await until_answered(phone, node, 200)

        for answer in (options, invite):
            assert re.search(r"SIP/2.0 503 .*Retry-After: 30\r", answer, re.DOTALL)
            assert f"node {NODE} takes no new calls" in answer
        assert "503: node node01.umbel.test takes no new calls" in rejected.sentence


class TestAGatewayThatIsDisabled:
    async def test_is_forbidden_calls_and_told_so(
        self, tmp_path: Path, phone: socket.socket
    ) -> None:
        async with node_under_test(tmp_path) as node:
            await node.administration.set("gateway", "loopback", {"status": "disabled"})
            options = await until_answered(phone, node, 403)
            invite = await asks(phone, node, "INVITE")

        for answer in (options, invite):
            assert answer.startswith("SIP/2.0 403 ")
            assert "gateway loopback is disabled" in answer
            assert "Retry-After" not in answer


class TestTheLogOfANode:
    async def test_shows_messages_as_soon_as_it_is_told_to(
        self, tmp_path: Path, phone: socket.socket, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async with node_under_test(tmp_path) as node:
            await asks(phone, node)
            assert "OPTIONS from UDP" not in capsys.readouterr().out

            levels = {"event_level": ["SIP=expert"], "event_filter": ["gateway=loopback"]}
            await node.administration.set("node", NODE, levels)
            said = ""
            async with asyncio.timeout(5):
                while "200 OK to UDP 127.0.0.1" not in said:
                    await asks(phone, node)
                    await asyncio.sleep(0.1)
                    said += capsys.readouterr().out

        assert "OPTIONS from UDP 127.0.0.1" in said
        assert "Max-Forwards: 70" in said

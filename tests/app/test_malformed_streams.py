"""What is no message gets an answer on a stream too, and then the stream ends."""

import asyncio
from pathlib import Path

import pytest
from tests.support.node import node_under_test

from umbel.sip.message import Response, parse_message

HEAD = """\
OPTIONS sip:node@127.0.0.1 SIP/2.0
Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKbad
From: <sip:2099@127.0.0.1>;tag=caller
To: <sip:node@127.0.0.1>
Call-ID: bad@127.0.0.1
CSeq: 1 OPTIONS
Max-Forwards: 70
"""


@pytest.mark.parametrize(
    ("field", "status", "says"),
    [
        ("Content-Length: -5", 400, "found b'-5', expected a number"),
        ("X-Long: " + "x" * 100_000, 513, "header"),
        ("", 400, "Content-Length"),
    ],
    ids=["negative length", "endless header", "no length"],
)
async def test_a_broken_frame_is_answered_and_ends_the_stream(
    tmp_path: Path, field: str, status: int, says: str
) -> None:
    """Where one message ends is lost, so nothing after it can be believed (section 18.3)."""
    text = HEAD + (field + "\n" if field else "") + "\n"
    async with node_under_test(tmp_path) as node, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", node.ports["tcp"])
        writer.write(text.replace("\n", "\r\n").encode())
        answer = parse_message(await reader.read())
        writer.close()
        events = await node.administration.events(number=2041)

    assert isinstance(answer, Response)
    assert answer.status == status
    assert says in answer.reason
    assert len(events) <= 1

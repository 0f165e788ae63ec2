"""Over UDP the network may double what it carries: a call is still one call."""

import socket
from pathlib import Path

from tests.support.node import node_under_test
from tests.support.program import until

from umbel.sip.message import Response, parse_message

INVITE = """\
INVITE sip:9000@127.0.0.1:{node} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bKrepeated;rport
From: <sip:2099@127.0.0.1>;tag=caller
To: <sip:9000@127.0.0.1>
Call-ID: repeated@127.0.0.1
CSeq: 1 INVITE
Contact: <sip:2099@127.0.0.1:{own}>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: {length}

"""
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"


class TestAnInviteThatComesThreeTimes:
    async def test_is_one_call_with_one_answer(self, tmp_path: Path) -> None:
        """RFC 3261 section 17.2.1: the transaction repeats its last response, nothing more."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.bind(("127.0.0.1", 0))
            caller.setblocking(False)
            async with node_under_test(tmp_path) as node:
                place = ("127.0.0.1", node.ports["udp"])
                text = INVITE.format(node=place[1], own=caller.getsockname()[1], length=len(SDP))
                answers: list[Response] = []

                def has_answers() -> bool:
                    while (answer := _received(caller)) is not None:
                        answers.append(answer)
                    return sum(answer.status == 200 for answer in answers) >= 2

                for _time in range(3):
                    caller.sendto((text.replace("\n", "\r\n") + SDP).encode(), place)
                await until(has_answers, 5, lambda: AssertionError(answers))
                calls = await node.administration.recent_calls(10)

        tags = {answer.to.tag for answer in answers if answer.status == 200}

        assert len(tags) == 1
        assert len(calls) == 1


def _received(caller: socket.socket) -> Response | None:
    try:
        message = parse_message(caller.recv(65536))
    except BlockingIOError:
        return None
    return message if isinstance(message, Response) else None

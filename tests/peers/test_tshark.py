"""tshark judges what we send: it decodes every packet without a malformed mark or a warning."""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.node import NodeUnderTest
from tests.support.office import Office
from tests.support.program import port_pair
from tests.support.rtp_peer import RtpPeer
from tests.support.tshark import Capture, capture

from umbel.media.engine import Connect, Event, SendKey
from umbel.net.media_engine import MediaEngine

pytestmark = pytest.mark.peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A node that takes UDP, and a capture of everything that it sends and receives."""

    node: NodeUnderTest
    office: Office
    capture: Capture
    ours: str
    """Shows what the node sent."""
    media_port: int
    """Where the audio of its call is; it can have one call."""


@asynccontextmanager
async def watched(folder: Path, meucci: str = "") -> AsyncIterator[Watched]:
    """Run a node under the eyes of tshark; the capture can be read when the block has ended."""
    rtp = port_pair()
    office = Office(folder, is_secure=False, media_ports=range(rtp, rtp + 2))
    async with office.node(meucci) as node:
        sip = node.ports["udp"]
        async with capture(
            folder,
            f"udp and (port {sip} or port {rtp} or port {rtp + 1})",
            decode_as=[f"udp.port=={sip},sip"],
        ) as packets:
            yield Watched(
                node=node,
                office=office,
                capture=packets,
                ours=f"udp.srcport in {{{sip}, {rtp}, {rtp + 1}}}",
                media_port=rtp,
            )


class TestACallOfAPhone:
    """It is held and resumed, transferred in vain, and transferred."""

    @pytest.fixture
    async def call(self, tmp_path: Path) -> Watched:
        """Make the call."""
        phones = Office(tmp_path, is_secure=False)
        async with (
            phones.phone("meucci") as meucci,
            watched(tmp_path, meucci.uri) as seen,
            phones.phone("bell") as bell,
        ):
            await seen.office.dial(bell, "9000")
            await seen.node.until_heard("Welcome")
            await bell.do("hold")
            await bell.until("CALL_REMOTE_SDP", count=2)
            await bell.do("resume")
            await bell.until("CALL_REMOTE_SDP", count=3)
            await bell.press("1")
            await meucci.until("CALL_INCOMING")
            await meucci.do("hangup")
            await seen.node.until_heard("To return to the menu, press 2")
            await bell.press("21")
            await meucci.until("CALL_INCOMING", count=2)
            await meucci.do("accept")
            await seen.node.until_heard("(transfer: transferred)")
            await seen.node.until_no_calls()
        return seen

    async def test_decodes_without_a_fault(self, call: Watched) -> None:
        assert call.capture.faulty(call.ours) == []
        assert self.said(call) == {
            ("", "200", "INVITE"): 3,
            ("REFER", "", "REFER"): 2,
            ("", "200", "NOTIFY"): 4,
            ("BYE", "", "BYE"): 1,
        }
        assert {"200,202", "200,202,203"} >= self.reports(call) >= {"200,202,203"}
        self.check_stream(call)

    @staticmethod
    def said(call: Watched) -> Counter[tuple[str, ...]]:
        """Count what we said in SIP: method, status, and the method of CSeq."""
        fields = ("sip.Method", "sip.Status-Code", "sip.CSeq.method")
        rows = call.capture.fields(f"({call.ours}) and sip", *fields)
        return Counter(tuple(row.split("\t")) for row in rows)

    @staticmethod
    def reports(call: Watched) -> set[str]:
        """Give the kinds of packets in our RTCP: 200 sender report, 202 CNAME, 203 BYE."""
        return set(call.capture.fields(f"({call.ours}) and rtcp", "rtcp.pt"))

    @staticmethod
    def check_stream(call: Watched) -> None:
        """See that our audio is one stream without a gap, a packet each 20 ms."""
        (stream,) = [one for one in call.capture.streams() if one.source_port == call.media_port]
        assert (stream.lost, stream.is_doubtful) == (0, False)
        assert stream.packets > 100
        assert stream.mean_gap == pytest.approx(20, abs=0.5)


REFUSALS = [
    ("OPTIONS", "sip:9000@127.0.0.1", {}, 200),
    ("OPTIONS", "sip:9000@127.0.0.1", {"Require": "teleportation"}, 420),
    ("OPTIONS", "sip:9000@127.0.0.1", {"CSeq": "1 INVITE"}, 400),
    ("OPTIONS", "sip:9000@127.0.0.1", {"Content-Length": "many"}, 400),
    ("OPTIONS", "gopher:9000@127.0.0.1", {}, 416),
    ("PUBLISH", "sip:9000@127.0.0.1", {}, 405),
    ("DANCE", "sip:9000@127.0.0.1", {}, 501),
    ("BYE", "sip:9000@127.0.0.1", {"To": "<sip:9000@127.0.0.1>;tag=gone"}, 481),
    ("INVITE", "sip:9000@127.0.0.1", {"Content-Type": "text/plain"}, 415),
    ("INVITE", "sip:9000@127.0.0.1", {"Content-Type": "application/sdp"}, 488),
]
"""Method, Request-URI, what is different from a good request, and the answer."""

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 RTP/AVP 31\r\n"


class TestRequestsThatAreRefused:
    async def test_are_answered_without_a_fault(self, tmp_path: Path) -> None:
        async with watched(tmp_path) as seen:
            statuses = [
                await ask(seen.node.ports["udp"], method, uri, different)
                for method, uri, different, _status in REFUSALS
            ]

        assert statuses == [status for *_request, status in REFUSALS]
        assert seen.capture.faulty(seen.ours) == []
        assert len(seen.capture.faulty(f"not {seen.ours}")) == 1, "it knows what is wrong"


async def ask(port: int, method: str, uri: str, different: dict[str, str]) -> int:
    """Send a request by UDP and give the final status; an INVITE's is acknowledged."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        stranger.bind(("127.0.0.1", 0))
        stranger.connect(("127.0.0.1", port))
        at = f"127.0.0.1:{stranger.getsockname()[1]}"
        body = SDP if "Content-Type" in different else ""
        headers = {
            "Via": f"SIP/2.0/UDP {at};branch=z9hG4bK{at}",
            "From": f"<sip:gray@{at}>;tag=1",
            "To": "<sip:9000@127.0.0.1>",
            "Call-ID": at,
            "CSeq": f"1 {method}",
            "Contact": f"<sip:gray@{at}>",
            "Max-Forwards": "70",
            "Content-Length": str(len(body)),
        } | different
        await loop.sock_sendall(stranger, message(method, uri, headers, body))
        while True:
            async with asyncio.timeout(5):
                answer = (await loop.sock_recv(stranger, 65536)).decode()
            if not answer.startswith("SIP/2.0 1"):
                break
        if method == "INVITE":
            to = re.search(r"^To: (.*)\r$", answer, re.MULTILINE)
            acknowledged = headers | {"To": to[1] if to else "", "CSeq": "1 ACK"}
            acknowledged |= {"Content-Length": "0"}
            await loop.sock_sendall(stranger, message("ACK", uri, acknowledged))
    return int(answer.split()[1])


def message(method: str, uri: str, headers: dict[str, str], body: str = "") -> bytes:
    """Write a request."""
    lines = [f"{method} {uri} SIP/2.0", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", body]).encode()


class TestKeysThatWePress:
    async def test_are_telephone_events_without_a_fault(self, tmp_path: Path) -> None:
        first = port_pair()
        engine = MediaEngine(range(first, first + 2))
        told: list[Event] = []
        await engine.start()
        with RtpPeer() as peer:
            async with capture(
                tmp_path, f"udp and src port {first}", decode_as=[f"udp.port=={first},rtp"]
            ) as packets:
                await engine.open("call", "127.0.0.1", told.append)
                engine.send(Connect(session="call", media=peer.media(), learn_address=False))
                for key in "5#":
                    engine.send(SendKey(session="call", key=key))
                await asyncio.sleep(1)
        await engine.stop()

        events = packets.fields("rtpevent.end_of_event == 1", "rtpevent.event_id")
        assert packets.faulty("rtp") == []
        assert events == ["5"] * 3 + ["11"] * 3

"""An attacker in a process of its own: floods and nonsense, for as long as it is told to.

``python -m tests.support.attacks UDP_PORT TLS_PORT SECONDS`` prints as JSON how often each attack was
answered with what. Strangers come from loopback addresses that are no gateway's; who sends bombs is
the gateway itself, because nobody reads the bodies of strangers.
"""

import asyncio
import itertools
import json
import random
import re
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

GATEWAY = "127.0.0.1"
STRANGERS = tuple(f"127.0.0.{number}" for number in range(60, 66))
SILENT_PER_ADDRESS = 400
"""Connections that say nothing; a node takes 500 of each address."""

_STATUS = re.compile(rb"^SIP/2\.0 ([0-9]{3})", re.MULTILINE)
_NUMBERS = itertools.count(1)


@dataclass(slots=True)
class Battlefield:
    """Where the node is, and what it has answered."""

    sip: int
    tls: int
    ends: float
    """When the attack is over, by the loop's time."""
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def is_over(self) -> bool:
        return asyncio.get_running_loop().time() >= self.ends

    def count(self, attack: str, octets: bytes) -> None:
        """Count the answers in what came back."""
        for status in _STATUS.findall(octets):
            self.answers[f"{attack} {status.decode()}"] += 1


def request(
    method: str,
    *,
    host: str = STRANGERS[0],
    transport: str = "TCP",
    fields: Iterable[str] = (),
    body: bytes = b"",
    to_tag: str = "",
    user: str = "9000",
) -> bytes:
    """Give a request that nobody has asked for."""
    number = next(_NUMBERS)
    head = [
        f"{method} sip:{user}@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/{transport} {host}:5070;branch=z9hG4bKattack{number};rport",
        f"From: <sip:mallory@{host}>;tag={number}",
        f"To: <sip:{user}@127.0.0.1>" + (f";tag={to_tag}" if to_tag else ""),
        f"Call-ID: attack-{number}@{host}",
        f"CSeq: 1 {method}",
        f"Contact: <sip:mallory@{host}:5070;transport={transport.lower()}>",
        "Max-Forwards: 70",
        *fields,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join((*head, "", "")).encode() + body


def ack_for(invite: bytes, answer: bytes) -> bytes:
    """Give the ACK of a refused INVITE: the node need not wait for it, and repeat its answer."""
    to = re.search(rb"^To: ([^\r\n]+)", answer, re.MULTILINE)
    head = invite.partition(b"\r\n\r\n")[0].replace(b"INVITE", b"ACK")
    head = re.sub(rb"Content-(Length|Type): [^\r\n]+", b"X-Was: nothing", head)
    head = re.sub(rb"\r\nTo: [^\r\n]+", b"\r\nTo: " + (to[1] if to else b""), head)
    return head + b"\r\nContent-Length: 0\r\n\r\n"


class Stream:
    """A connection, and all that came back on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.octets = b""
        self._reader = reader
        self._writer = writer

    async def say(self, octets: bytes) -> None:
        """Send it."""
        self._writer.write(octets)
        await self._writer.drain()

    async def listen(self, until: bytes = b"\r\n\r\n", seconds: float = 3.0) -> bytes:
        """Read until something comes, or nothing any more."""
        seen = len(self.octets)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while until not in self.octets[seen:] and (more := await self._reader.read(65536)):
                    self.octets += more
        return self.octets[seen:]


@asynccontextmanager
async def stream(
    field: Battlefield, host: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Stream]:
    """Connect from *host*; a connection that the node ends is no failure of the attack."""
    port = field.tls if tls else field.sip
    with suppress(OSError):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, local_addr=(host, 0)
        )
        try:
            yield Stream(reader, writer)
        finally:
            writer.transport.abort()


async def again(field: Battlefield, pause: float, act: Callable[[], Awaitable[None]]) -> None:
    """Attack again and again."""
    while not field.is_over:
        with suppress(OSError, RuntimeError):
            await act()
        await asyncio.sleep(pause)


# --- from strangers ---------------------------------------------------------------------------------


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, field: Battlefield, attack: str) -> None:
        self._field = field
        self._attack = attack

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._field.count(self._attack, data)


async def flood_datagrams(field: Battlefield) -> None:
    """INVITEs, methods for calls that are not there, and noise, hundreds a second."""
    loop, noise = asyncio.get_running_loop(), random.Random(1876)
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Answers(field, "udp"),
        local_addr=(STRANGERS[0], 0),
        remote_addr=("127.0.0.1", field.sip),
    )
    huge = request("OPTIONS", transport="UDP", fields=["X-Long: " + "x" * 60_000])

    async def act() -> None:
        for method in ("INVITE", "ACK", "BYE", "CANCEL", "INVITE", "OPTIONS", "NONSENSE"):
            to_tag = "nobody" if method in ("ACK", "BYE") else ""
            for _time in range(10):
                transport.sendto(request(method, transport="UDP", to_tag=to_tag))
        transport.sendto(noise.randbytes(noise.randrange(1, 1400)))
        transport.sendto(request("INVITE", transport="UDP")[: noise.randrange(1, 300)])
        transport.sendto(huge)

    await again(field, 0.1, act)
    transport.close()


async def flood_streams(field: Battlefield) -> None:
    """Hundreds of INVITEs in one breath, over TCP and over TLS without a certificate."""
    secure = ssl.create_default_context()
    secure.check_hostname, secure.verify_mode = False, ssl.CERT_NONE

    async def act() -> None:
        for name, tls in (("tcp", None), ("tls", secure)):
            async with stream(field, STRANGERS[1], tls) as it:
                transport = name.upper()
                await it.say(b"".join(request("INVITE", transport=transport) for _ in range(100)))
                await it.listen(until=b"attack-end", seconds=0.5)
                field.count(name, it.octets)

    await again(field, 0.5, act)


async def send_fragments(field: Battlefield) -> None:
    """Messages whose end never comes, byte by byte."""

    async def drip(host: str) -> None:
        async with stream(field, host) as it:
            for octet in request("INVITE"):
                if field.is_over:
                    return
                await it.say(bytes([octet]))
                await asyncio.sleep(0.1)

    await asyncio.gather(*(drip(STRANGERS[2]) for _ in range(100)))


async def stay_silent(field: Battlefield) -> None:
    """Thousands of connections on which nothing is said."""

    async def sit(host: str) -> None:
        async with stream(field, host) as it:
            field.answers["silent"] += 1
            await it.listen(seconds=max(0.0, field.ends - asyncio.get_running_loop().time()))

    async with asyncio.TaskGroup() as group:
        for _time in range(SILENT_PER_ADDRESS):
            for host in STRANGERS:
                group.create_task(sit(host))
            await asyncio.sleep(0.005)


async def break_frames(field: Battlefield) -> None:
    """Heads that are too long, too many, or none."""
    broken = (
        request("INVITE", fields=["X-Long: " + "x" * 100_000]),
        request("INVITE", fields=(f"X-{number}: y" for number in range(2000))),
        request("INVITE", fields=["Content-Length: 5000000000"]),
        b"\r\n" * 50_000 + b"\0" * 1000,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01" * 1000,
    )

    async def act() -> None:
        for octets in broken:
            async with stream(field, STRANGERS[3]) as it:
                await it.say(octets)
                field.count("frame", await it.listen(until=b"SIP/2.0 ", seconds=2.0))

    await again(field, 0.2, act)


async def break_handshakes(field: Battlefield) -> None:
    """What is no TLS where TLS is expected, and hellos that are never finished."""
    octets = (b"INVITE sip:9000@127.0.0.1 SIP/2.0\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"")

    async def act() -> None:
        for nonsense in octets:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", field.tls, local_addr=(STRANGERS[4], 0)
            )
            writer.write(nonsense)
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), 0.1)
            writer.transport.abort()

    await again(field, 0.1, act)


# --- from the gateway -------------------------------------------------------------------------------

SDP_HEAD = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
SDP_TYPE = "Content-Type: application/sdp"


def _nested(depth: int) -> bytes:
    body = b"--b0--"
    for number in range(depth):
        kind = f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n".encode()
        body = b"--b%d\r\n" % (number + 1) + kind + body + b"\r\n--b%d--" % (number + 1)
    return body


BOMBS = (
    (SDP_TYPE, SDP_HEAD + b"m=audio 9 RTP/AVP 99\r\n" * 20_000),
    (SDP_TYPE, SDP_HEAD + b"m=audio 9 RTP/AVP 99\r\n" + b"a=rtpmap:99 x/8000\r\n" * 40_000),
    (SDP_TYPE, SDP_HEAD + b"m=audio 9 RTP/AVP" + b" 99" * 300_000 + b"\r\n"),
    (SDP_TYPE, b"\n" * 900_000),
    ("Content-Type: multipart/mixed; boundary=b5000", _nested(5000)),
)


async def throw_bombs(field: Battlefield) -> None:
    """Offers of nearly a megabyte; each is refused, and each refusal acknowledged."""

    async def act() -> None:
        for kind, body in BOMBS:
            async with stream(field, GATEWAY) as it:
                # Of who has said nothing yet the node reads no message of this size.
                await it.say(request("OPTIONS", host=GATEWAY))
                await it.listen()
                invite = request("INVITE", host=GATEWAY, fields=[kind], body=body)
                await it.say(invite)
                answer = await it.listen(until=b"CSeq: 1 INVITE\r\n")
                while b" 100 " in answer.partition(b"\r\n")[0] and answer.count(b"SIP/2.0 ") < 2:
                    answer += await it.listen()
                field.count("bomb", answer)
                await it.say(ack_for(invite, answer[answer.rfind(b"SIP/2.0 ") :]))
                await it.listen(seconds=0.1)

    await again(field, 0.5, act)


async def talk_of_nothing(field: Battlefield) -> None:
    """Requests in calls that are not there, and keys that are none."""
    newlines = b"\n" * 65_536

    async def act() -> None:
        async with stream(field, GATEWAY) as it:
            for method in ("CANCEL", "BYE", "ACK", "INFO", "NOTIFY", "UPDATE", "REFER"):
                relay = ["Content-Type: application/dtmf-relay"] if method == "INFO" else []
                body = newlines if method == "INFO" else b""
                await it.say(
                    request(method, host=GATEWAY, fields=relay, body=body, to_tag="nobody")
                )
            await it.listen(until=b"attack-end", seconds=0.3)
            field.count("nothing", it.octets)

    await again(field, 0.1, act)


ATTACKS = (
    flood_datagrams,
    flood_streams,
    send_fragments,
    stay_silent,
    break_frames,
    break_handshakes,
    throw_bombs,
    talk_of_nothing,
)


async def attack(sip: int, tls: int, seconds: float) -> Counter[str]:
    """Do all of it at once, and give what was answered."""
    ends = asyncio.get_running_loop().time() + seconds
    field = Battlefield(sip=sip, tls=tls, ends=ends)
    async with asyncio.TaskGroup() as group:
        for one in ATTACKS:
            group.create_task(one(field))
    return field.answers


if __name__ == "__main__":
    _sip, _tls, _seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(attack(int(_sip), int(_tls), float(_seconds)))))  # noqa: T201

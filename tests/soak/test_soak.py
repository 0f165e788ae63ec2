"""Thousands of calls of every kind, and a node that is afterwards as it was before."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import structlog
from tests.support.node import NodeUnderTest, node_under_test
from tests.support.pcap import write_tone
from tests.support.pki import Authority
from tests.support.process_figures import (
    child_running,
    circles,
    living_objects,
    memory,
    sockets,
)
from tests.support.sipp import (
    Target,
    caller,
    expect,
    expect_request,
    keys,
    pause,
    play_pcap,
    scenario,
    send,
)
from tests.support.sipp_dialog import ACK, ANSWERED, BYE, ack_refused, cancel, in_dialog, invite

from umbel.core import event_catalogue as catalogue
from umbel.core.events import Event

ENDED = catalogue.CALL_ENDED.number
REJECTED = catalogue.CALL_REJECTED.number
FAILED = catalogue.CALL_FAILED.number
NOT_TRANSFERRED = catalogue.TRANSFER_FAILED.number
DELIVERED = catalogue.MESSAGE_DELIVERED.number

CALLS = int(os.environ.get("UMBEL_SOAK_CALLS", "2000"))
"""In all; those of ``script/soak`` are 100,000."""
ROUNDS = max(1, round(CALLS / 2000))
"""Of 1970 calls each, after 30 that warm up."""

SPREAD = 20
"""Seconds in which the calls of a round come."""

pytestmark = [pytest.mark.soak, pytest.mark.peer, pytest.mark.timeout(120 * ROUNDS)]

SITE = """
[[dialplan]]
name = "office"
access_numbers = ["3000"]

[[gateway]]
name = "loopback"
address = "127.0.0.1"
probe_every = 0

[[huntgroup]]
name = "attendant"
gateway = "loopback"
dial_plan = "office"
pilot = "9000"

[[huntgroup]]
name = "access"
gateway = "loopback"
dial_plan = "office"
pilot = "3000"

[[huntgroup]]
name = "meucci"
gateway = "loopback"
dial_plan = "office"
pilot = "2001"

[[policy]]
name = "standard"
shortest_message = 0.5

[[attendant]]
name = "reception"
dial_plan = "office"
pilots = ["9000"]
dial_extensions = false

[[attendant.keys]]
key = "1"
label = "Antonio Meucci"
action = "extension"
target = "2001"

[[mailbox]]
extension = "2001"
name = "Antonio Meucci"
dial_plan = "office"
policy = "standard"
"""

SPEECH = 5.0
"""Seconds that a caller speaks who leaves a message."""

SHORTEST = 0.5
"""Seconds of a recording that is a message: policy."""

MOST_ARE_IN_TIME = 150
"""Of 200 callers who speak; on a busy machine some have said all before they hear the tone."""

DECLINED = send(
    """
    SIP/2.0 603 Decline
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

    """
)

HANGS_UP = scenario(*ANSWERED, ACK, pause(500), *BYE)

DIALS = scenario(
    *ANSWERED, ACK, pause(300), keys("1"), expect_request("REFER"), DECLINED, pause(300), *BYE
)

SIGNALS_A_KEY = scenario(
    *ANSWERED, ACK, pause(200),
    send(in_dialog("INFO", 2, headers="Content-Type: application/dtmf-relay\n", body="Signal=1")),
    expect(200), expect_request("REFER"), DECLINED, pause(200), *BYE,
)  # fmt: skip

GIVES_UP = scenario(
    send(invite()),
    expect(200, 'optional="global" rrs="true" next="too-late"'),
    expect(100, 'timeout="1" ontimeout="impatient"'),
    '<label id="impatient"/>',
    send(cancel(3)),
    '<recv response="200" rrs="true" next="crossed" test="1"><action>'
    '<ereg regexp="INVITE" search_in="hdr" header="CSeq:" assign_to="1"/></action></recv>',
    expect(487),
    send(ack_refused(6), 'next="over"'),
    '<label id="crossed"/>',
    expect(200),
    '<label id="too-late"/>',
    ACK,
    *BYE,
    '<label id="over"/>',
)
"""Who cancels at once, as many do, is told 487, or finds the call answered already and hangs up."""

IS_REJECTED = scenario(
    send(invite(), 'retrans="500"'), expect(100, 'optional="true"'), expect(404),
    send(ack_refused(3)),
)  # fmt: skip


def speaks(folder: Path) -> str:
    """Give the scenario of a caller who goes straight to the tone and leaves a message."""
    tone = play_pcap(write_tone(folder / "tone.pcap", SPEECH))
    spoken = pause(round(SPEECH * 1000) + 200)
    return scenario(*ANSWERED, ACK, pause(300), keys("#"), pause(1000), tone, spoken, *BYE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Many callers who do the same."""

    name: str
    count: int
    script: str
    user: str = "9000"
    transport: str = "u1"


WARMING_UP = (
    Crowd(name="first", count=20, script=HANGS_UP),
    Crowd(name="first-tls", count=10, script=SIGNALS_A_KEY, transport="l1"),
)

BY_CONNECTION = (
    Crowd(name="tcp", count=150, script=SIGNALS_A_KEY, transport="t1"),
    Crowd(name="tcp-each", count=140, script=HANGS_UP, transport="tn"),
    Crowd(name="tls", count=90, script=SIGNALS_A_KEY, transport="l1"),
    Crowd(name="tls-each", count=50, script=HANGS_UP, transport="ln"),
)


def by_udp(speaks: str) -> tuple[Crowd, ...]:
    """Give those who call without a connection."""
    return (
        Crowd(name="hang-up", count=690, script=HANGS_UP),
        Crowd(name="dial", count=250, script=DIALS),
        Crowd(name="speak", count=200, script=speaks, user="2001"),
        Crowd(name="give-up", count=200, script=GIVES_UP),
        Crowd(name="rejected", count=150, script=IS_REJECTED, user="7777"),
        Crowd(name="access", count=50, script=HANGS_UP, user="3000"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the node and its media engine hold."""

    memory: float
    engine_memory: float
    sockets: int
    engine_sockets: int
    tasks: int

    @property
    def without_memory(self) -> tuple[int, int, int]:
        """Give what must be the same before and after."""
        return self.sockets, self.engine_sockets, self.tasks

    @classmethod
    def now(cls) -> "Figures":
        """Look at both processes."""
        node, engine = os.getpid(), child_running("umbel.net.media_engine")
        return cls(
            memory=memory(node),
            engine_memory=memory(engine),
            sockets=sockets(node),
            engine_sockets=sockets(engine),
            tasks=len(asyncio.all_tasks()),
        )


class Counted:
    """What the events tell."""

    def __init__(self, node: NodeUnderTest) -> None:
        self.events: Counter[int] = Counter()
        self.at_500: Figures | None = None
        node.node.events.add_listener(self._take)

    @property
    def calls(self) -> int:
        """Count the calls that are over."""
        return self.events[ENDED] + self.events[REJECTED]

    def _take(self, event: Event) -> None:
        self.events[event.kind.number] += 1
        if self.at_500 is None and self.calls == 500:
            self.at_500 = Figures.now()


class Soak:
    """A node, and crowds that call it."""

    def __init__(self, node: NodeUnderTest, folder: Path, authority: Authority) -> None:
        self.node = node
        self.counted = Counted(node)
        self._folder = folder
        self._client = authority.issue("127.0.0.1", common_name="sipp.test")
        self._trust = authority.trust

    async def call(self, *crowds: Crowd, seconds: int) -> None:
        """Let all crowds call, each evenly spread over so many *seconds*."""
        async with asyncio.TaskGroup() as group:
            for crowd in crowds:
                group.create_task(self._call(crowd, seconds))

    async def _call(self, crowd: Crowd, seconds: int) -> None:
        folder = self._folder / crowd.name
        target = Target(
            port=self.node.ports[{"u": "udp", "t": "tcp", "l": "tls"}[crowd.transport[0]]],
            user=crowd.user,
            transport=crowd.transport,
            options=(
                "-rp",
                str(seconds * 1000),
                "-max_socket",
                "1000",
                *self._credentials(crowd.transport),
            ),
        )
        async with caller(
            crowd.script, target, folder, count=crowd.count, rate=crowd.count, traces=False
        ) as sipp:
            code = await sipp.wait(within=100)
            if code != 0:
                raise sipp.fail(f"ended with code {code}")

    def _credentials(self, transport: str) -> tuple[str, ...]:
        if not transport.startswith("l"):
            return ()
        client = self._client
        return (
            "-tls_cert", str(client.certificate),
            "-tls_key", str(client.key),
            "-tls_ca", str(self._trust),
        )  # fmt: skip


@asynccontextmanager
async def soaked(folder: Path) -> AsyncIterator[Soak]:
    """Run a node whose log goes to a file."""
    authority = Authority(folder / "pki")
    with (folder / "node.log").open("w") as log:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
        try:
            async with node_under_test(
                folder / "node",
                site=SITE,
                credentials=authority.issue("127.0.0.1"),
                trust=authority.trust,
            ) as node:
                yield Soak(node, folder, authority)
        finally:
            structlog.reset_defaults()


async def test_calls_that_are_over_need_no_search_for_circles(tmp_path: Path) -> None:
    async with soaked(tmp_path) as soak:
        await soak.call(*WARMING_UP, seconds=2)
        await soak.node.until_calls_are_over()
        crowds = (*by_udp(speaks(tmp_path)), *BY_CONNECTION)
        with circles() as found:
            await soak.call(*(replace(crowd, count=5) for crowd in crowds), seconds=2)
            await soak.node.until_at_rest()
        assert found == {}


async def test_thousands_of_calls_leave_nothing_behind(tmp_path: Path) -> None:
    async with soaked(tmp_path) as soak:
        await soak.call(*WARMING_UP, seconds=2)
        await soak.node.until_calls_are_over()
        objects, before = living_objects(), Figures.now()
        for number in range(1, ROUNDS + 1):
            await soak.call(*by_udp(speaks(tmp_path)), *BY_CONNECTION, seconds=SPREAD)
            soak.node.heard.clear()
            sys.stderr.write(f"{30 + 1970 * number} calls, {Figures.now()}\n")
        await soak.node.until_at_rest()
        after = Figures.now()

        assert soak.counted.calls == 30 + 1970 * ROUNDS
        assert soak.counted.events[FAILED] == 0
        assert after.without_memory == before.without_memory
        assert grown(objects) == {}
        assert soak.counted.at_500 is not None
        assert after.memory - soak.counted.at_500.memory < 80
        assert after.engine_memory - soak.counted.at_500.engine_memory < 20
        await every_call_is_written_down(soak)
        await every_message_is_whole(soak)


REMEMBERED = Counter(
    {
        "umbel.directory.peers.Peer": 1000,
        # Of the last handshake with each of 1024 servers, as SIPp is once or twice in each round.
        "umbel.identity.handshake.HandshakeReport": min(1024, 2 * ROUNDS),
        "umbel.identity.handshake.Step": min(1024, 2 * ROUNDS) * 12,
    }
)
"""Kinds of which a bounded number is remembered by something that is no ``lru_cache``."""


def grown(before: Counter[str]) -> dict[str, int]:
    """Give the kinds of objects of which there are many more now; a few belong to what was seen last."""
    more = living_objects() - before - REMEMBERED
    return {kind: count for kind, count in more.items() if count > 30}


async def every_call_is_written_down(soak: Soak) -> None:
    """Check what the store and the events say of the calls."""
    calls = await soak.node.administration.recent_calls(3000 * ROUNDS)
    status = Counter(call.status for call in calls)

    assert len(calls) == 30 + 1970 * ROUNDS
    assert await soak.node.administration.live_calls() == []
    assert status[404] == soak.counted.events[REJECTED] == 150 * ROUNDS
    assert status[200] + status[487] == 30 + 1820 * ROUNDS
    assert soak.counted.events[NOT_TRANSFERRED] == 10 + 490 * ROUNDS
    sent = sum(any(it.name == "message.sent" for it in call.milestones) for call in calls)
    assert soak.counted.events[DELIVERED] == sent >= MOST_ARE_IN_TIME * ROUNDS


async def every_message_is_whole(soak: Soak) -> None:
    """Check that what was spoken is there, and was spoken."""
    messages = await soak.node.messages("2001")

    assert len(messages) == soak.counted.events[DELIVERED]
    assert min(message.duration for message in messages) > SHORTEST
    assert np.abs(await soak.node.audio(messages[0])).max() > 5000

"""Whatever strangers and broken gateways send: the call that goes on does not notice."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.likeness import melody
from tests.support.node import NodeUnderTest, node_under_test
from tests.support.pcap import write_audio
from tests.support.pki import Authority
from tests.support.process_figures import memory, sockets
from tests.support.program import REPOSITORY, Running, running, until
from tests.support.sipp import Target, calls, keys, pause, play_pcap, scenario
from tests.support.sipp_dialog import ACK, ANSWERED, BYE

from umbel.core.events import Event
from umbel.media import g711
from umbel.media.likeness import equal_in_pieces
from umbel.media.session import Codec

pytestmark = [pytest.mark.soak, pytest.mark.peer]

WORDS = g711.decode(Codec.PCMU, bytes(g711.encode(Codec.PCMU, melody(7.0))))
ATTACKED_FOR = 12.0
BOMBS = 400
"""How calls of the gateway are answered that carry SDP bombs; each of them is told, as any call."""

MOST_EVENTS = 80
"""Of all kinds: five of a kind for each of a handful of addresses, and those of the calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the node holds."""

    sockets: int
    tasks: int
    live: dict[str, int]
    """Without transactions: those of our own caller live on for 32 seconds."""

    @classmethod
    def of(cls, node: NodeUnderTest) -> "Figures":
        """Look at the node."""
        live = node.node.live_things()
        del live["transactions"]
        return cls(sockets=sockets(os.getpid()), tasks=len(asyncio.all_tasks()), live=live)


@asynccontextmanager
async def attacked(node: NodeUnderTest, folder: Path, seconds: float) -> AsyncIterator[Running]:
    """Have the node attacked, for as long as the block."""
    command = ("-m", "tests.support.attacks", str(node.ports["udp"]), str(node.ports["tls"]))
    async with running(
        sys.executable, *command, str(seconds), log=folder / "attacks.log", cwd=REPOSITORY
    ) as attacker:
        yield attacker


def leaves_a_message(folder: Path) -> str:
    """Give the scenario of a caller who goes straight to the tone; it may be late, as we are."""
    words = play_pcap(write_audio(folder / "words.pcap", WORDS))
    return scenario(*ANSWERED, ACK, pause(300), keys("#"), pause(3500), words, pause(7300), *BYE)


async def test_a_call_is_undisturbed_by_floods_and_nonsense(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    async with node_under_test(
        tmp_path / "node", credentials=authority.issue("127.0.0.1"), trust=authority.trust
    ) as node:
        target = Target(port=node.ports["udp"], user="2001")
        await calls(scenario(*ANSWERED, ACK, pause(300), *BYE), target, tmp_path / "first")
        await node.until_calls_are_over()
        told: list[Event] = []
        node.node.events.add_listener(told.append)
        before, held = Figures.of(node), memory(os.getpid())
        async with attacked(node, tmp_path, ATTACKED_FOR) as attacker:
            await calls(leaves_a_message(tmp_path), target, tmp_path / "call")
            assert await attacker.wait(30) == 0, attacker.output
            answers = Counter(json.loads(attacker.output))
        await node.until_calls_are_over()
        await until(
            lambda: Figures.of(node) == before, 10, lambda: AssertionError(Figures.of(node))
        )
        grown = memory(os.getpid()) - held
        (message,) = await node.messages("2001")
        audio = await node.audio(message)

    everything_was_tried(answers)
    assert grown < 60
    assert len([it for it in told if it.fields.get("status") != BOMBS]) < MOST_EVENTS
    assert message.duration >= 7.0
    assert equal_in_pieces(WORDS, audio) > 0.8


def everything_was_tried(answers: Counter[str]) -> None:
    """Check that the attacks reached the node, and what it said to them."""
    assert answers["silent"] == 2400
    assert min(answers[f"{transport} 403"] for transport in ("udp", "tcp", "tls")) >= 100
    assert min(answers[it] for it in ("udp 481", "udp 400", "nothing 481")) >= 10
    expected = ("bomb 400", "bomb 415", "frame 400", "frame 513")
    assert all(answers[it] for it in expected), answers

"""A node that dies loses nothing that was spoken, and one that is asked to stop says goodbye."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from tests.support.likeness import heard_beginning, melody
from tests.support.node import SITE, delivered, spoken, write_settings
from tests.support.pcap import write_audio
from tests.support.program import Running, running, until
from tests.support.sipp import (
    Target,
    caller,
    keys,
    messages,
    pause,
    play_pcap,
    scenario,
)
from tests.support.sipp_dialog import ACCEPTS_BYE, ACK, ANSWERED

from umbel.app.administration import open_administration
from umbel.app.kept_trace import kept_trace
from umbel.app.settings import load_settings
from umbel.trace.entry import Passage
from umbel.trace.glance import glance

pytestmark = pytest.mark.peer

WORDS = melody(8.0)
"""What the caller would say."""

UMBEL = Path(sys.executable).parent / "umbel"


@asynccontextmanager
async def serving(folder: Path, run: int) -> AsyncIterator[Running]:
    """Run ``umbel serve`` as a process of its own."""
    command = (UMBEL, "--settings", folder / "umbel.toml", "serve")
    async with running(*command, log=folder / f"serve-{run}.log") as node:
        await node.until("is serving on", within=20)
        yield node


def speaks(folder: Path) -> str:
    """Give the scenario of a caller who goes straight to the tone and speaks for long."""
    words = write_audio(folder / "words.pcap", WORDS)
    return scenario(
        *ANSWERED, ACK, pause(300), keys("#"), pause(3500), play_pcap(words), pause(20_000)
    )


class TestANodeThatIsKilledWhileSomebodySpeaks:
    async def test_delivers_after_its_restart_what_was_spoken(self, tmp_path: Path) -> None:
        """And its trace still tells how the call came."""
        node_folder = tmp_path / "node"
        ports = write_settings(node_folder)
        settings = load_settings(node_folder / "umbel.toml")
        script, target = speaks(tmp_path), Target(port=ports["udp"], user="2001")
        async with open_administration(settings) as administration:
            await administration.apply(SITE, "site.toml")
            async with (
                serving(node_folder, 1) as node,
                caller(script, target, tmp_path / "sipp"),
            ):
                await spoken(administration, "2001", 5.0)
                os.kill(node.process.pid, signal.SIGKILL)
                await node.wait(5)
            async with serving(node_folder, 2):
                message = await delivered(administration, "2001")
                events = await administration.events(number=2011)
                calls = await administration.live_calls()
            _message, linear = await administration.message_audio(message.id)

        kept = [one.entry for one in kept_trace(settings).news()]
        passed = [entry for entry in kept if isinstance(entry, Passage)]

        assert {"INVITE", "ACK"} <= {glance(passage.octets).title for passage in passed}
        assert message.was_interrupted
        assert message.duration >= 5.0
        assert heard_beginning(WORDS, np.frombuffer(linear, "<i2")) > 1.0
        assert "cut short" in events[-1].sentence
        assert calls == []


class TestANodeThatIsAskedToStop:
    async def test_says_goodbye_to_its_callers_and_ends_with_0(self, tmp_path: Path) -> None:
        node_folder = tmp_path / "node"
        ports = write_settings(node_folder)
        settings = load_settings(node_folder / "umbel.toml")
        async with open_administration(settings) as administration:
            await administration.apply(SITE, "site.toml")
        script = scenario(*ANSWERED, ACK, *ACCEPTS_BYE)
        target = Target(port=ports["udp"])
        async with (
            serving(node_folder, 1) as node,
            caller(script, target, tmp_path / "sipp") as sipp,
        ):
            await until(
                lambda: "ACK sip:" in messages(tmp_path / "sipp"), 10, lambda: sipp.fail("no ACK")
            )
            node.process.send_signal(signal.SIGTERM)

            assert await node.wait(15) == 0
            assert await sipp.wait(10) == 0

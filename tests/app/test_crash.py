"""A node that dies loses nothing that was spoken, and one that is asked to stop says goodbye."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from tests.support.node import SITE, write_settings
from tests.support.pcap import write_tone
from tests.support.program import Running, running, until
from tests.support.sipp import (
    Target,
    caller,
    expect_request,
    keys,
    messages,
    pause,
    play_pcap,
    scenario,
    send,
)
from tests.support.sipp_dialog import ACK, ANSWERED

from umbel.admin.administration import Administration
from umbel.app.administration import open_administration
from umbel.app.kept_trace import kept_trace
from umbel.app.settings import load_settings
from umbel.mailbox.message import Message, MessageState
from umbel.trace.entry import Passage
from umbel.trace.glance import glance

pytestmark = pytest.mark.peer

SPOKEN = 8.0
"""Seconds that the caller would speak."""

UMBEL = Path(sys.executable).parent / "umbel"

ACCEPTS_BYE = (
    expect_request("BYE"),
    send(
        """
        SIP/2.0 200 OK
        [last_Via:]
        [last_From:]
        [last_To:]
        [last_Call-ID:]
        [last_CSeq:]
        Content-Length: 0

        """
    ),
)


@asynccontextmanager
async def serving(folder: Path, run: int) -> AsyncIterator[Running]:
    """Run ``umbel serve`` as a process of its own."""
    command = (UMBEL, "--settings", folder / "umbel.toml", "serve")
    async with running(*command, log=folder / f"serve-{run}.log") as node:
        await node.until("is serving on", within=20)
        yield node


async def until_recorded(administration: Administration, seconds: float) -> None:
    """Wait until so much of a message is in the store while it is being spoken."""
    async with asyncio.timeout(30):
        while True:
            for message in await administration.messages("2001"):
                _message, linear = await administration.message_audio(message.id)
                if message.state is MessageState.RECORDING and len(linear) >= seconds * 16000:
                    return
            await asyncio.sleep(0.1)


async def until_delivered(administration: Administration) -> Message:
    """Wait until the message is there to be heard."""
    async with asyncio.timeout(30):
        while True:
            for message in await administration.messages("2001"):
                if message.state is MessageState.NEW:
                    return message
            await asyncio.sleep(0.1)


def speaks(folder: Path) -> str:
    """Give the scenario of a caller who goes straight to the tone and speaks for long."""
    tone = write_tone(folder / "tone.pcap", SPOKEN)
    return scenario(
        *ANSWERED, ACK, pause(300), keys("#"), pause(1200), play_pcap(tone), pause(20_000)
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
                await until_recorded(administration, 2.0)
                os.kill(node.process.pid, signal.SIGKILL)
                await node.wait(5)
            async with serving(node_folder, 2):
                message = await until_delivered(administration)
                events = await administration.events(number=2011)
                calls = await administration.live_calls()
            _message, linear = await administration.message_audio(message.id)

        kept = [one.entry for one in kept_trace(settings).news()]
        passed = [entry for entry in kept if isinstance(entry, Passage)]

        assert {"INVITE", "ACK"} <= {glance(passage.octets).title for passage in passed}
        assert message.was_interrupted
        assert message.duration >= 2.0
        assert np.abs(np.frombuffer(linear, "<i2")).max() > 5000
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

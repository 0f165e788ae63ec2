"""A node with a media engine for each of two processors, one of which dies in mid-call."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.support.likeness import is_heard, melody
from tests.support.node import NodeUnderTest, node_under_test, spoken
from tests.support.process_figures import children_running
from tests.support.program import free_port, until

from umbel.app.exchange import Exchange, PhoneCall, running_exchange
from umbel.core import event_catalogue as catalogue
from umbel.sip.address import Address
from umbel.sip.uri import Uri

CORES = tuple(sorted(os.sched_getaffinity(0)))[:2]
MAILBOXES = ("2001", "2002")

pytestmark = pytest.mark.skipif(
    len(CORES) < 2, reason="the machine has one processor, and engines are pinned to one each"
)


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with running_exchange(free_port(), None) as exchange:
        yield exchange


async def begun(exchange: Exchange, node: NodeUnderTest, extension: str) -> PhoneCall:
    """Call a mailbox and skip the greeting."""
    target = Uri.parse(f"sip:{extension}@127.0.0.1:{node.ports['udp']}")
    call = await exchange.call(target, Address.parse("<sip:2099@127.0.0.1>"))
    await exchange.press(call, "#")
    await asyncio.sleep(1.0)  # The tone.
    return call


async def test_each_has_a_processor_and_the_loss_of_one_ends_no_call(
    tmp_path: Path, exchange: Exchange
) -> None:
    words = {extension: melody(8.0, seed=int(extension)) for extension in MAILBOXES}
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(node_under_test(tmp_path, cores=CORES))
        calls = [await begun(exchange, node, extension) for extension in MAILBOXES]
        speaking = [
            asyncio.create_task(exchange.speak(call, words[extension]))
            for call, extension in zip(calls, MAILBOXES, strict=True)
        ]
        for extension in MAILBOXES:
            await spoken(node.administration, extension, 4.0)
        engines = children_running("umbel.net.media_engine")
        (victim,) = [each for each in engines if os.sched_getaffinity(each) == {CORES[0]}]
        os.kill(victim, signal.SIGKILL)
        lost = await node.told(catalogue.ENGINE_LOST.number)
        await asyncio.gather(*speaking)
        await asyncio.sleep(0.3)
        for call in calls:
            await exchange.hang_up(call)
        records = await node.ended_calls(2)
        await until(
            lambda: not node.node.live_things()["calls"], 10, lambda: AssertionError("calls live")
        )
        heard = {
            extension: await node.audio((await node.messages(extension))[0])
            for extension in MAILBOXES
        }

    moved = [
        record
        for record in records
        if "media.moved" in [milestone.name for milestone in record.milestones]
    ]
    assert lost.fields["calls"] == 1
    assert len(moved) == 1
    for extension in MAILBOXES:
        assert is_heard(words[extension][:16000], heard[extension])
        assert is_heard(words[extension][-12000:], heard[extension])

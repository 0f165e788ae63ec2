"""The media engine is a process of its own: when it dies, its calls end, and the next one works."""

import os
import signal
from pathlib import Path

import pytest
from tests.support.likeness import heard_beginning, is_heard, melody
from tests.support.node import node_under_test, spoken
from tests.support.pcap import write_audio
from tests.support.process_figures import child_running
from tests.support.program import eventually
from tests.support.sipp import Target, caller, calls, keys, pause, play_pcap, scenario
from tests.support.sipp_dialog import ACCEPTS_BYE, ACK, ANSWERED, BYE

from umbel.core import event_catalogue as catalogue
from umbel.mailbox.message import Message, MessageState

pytestmark = pytest.mark.peer

WORDS, MORE_WORDS = melody(8.0, seed=1), melody(2.0, seed=2)

TO_THE_TONE = (*ANSWERED, ACK, pause(300), keys("#"), pause(1200))


async def test_what_was_spoken_is_kept_and_the_next_call_is_heard(tmp_path: Path) -> None:
    cut_short = (play_pcap(write_audio(tmp_path / "words.pcap", WORDS)), *ACCEPTS_BYE)
    whole = (play_pcap(write_audio(tmp_path / "more.pcap", MORE_WORDS)), pause(2200), *BYE)
    async with node_under_test(tmp_path / "node") as node:
        target = Target(port=node.ports["udp"], user="2001")
        async with caller(scenario(*TO_THE_TONE, *cut_short), target, tmp_path / "first") as sipp:
            await spoken(node.administration, "2001", 2.5)
            os.kill(child_running("umbel.net.media_engine"), signal.SIGKILL)
            lost = await node.told(catalogue.ENGINE_LOST.number)
            assert await sipp.wait(10) == 0
        (first,) = await node.ended_calls(1)
        await calls(scenario(*TO_THE_TONE, *whole), target, tmp_path / "second")

        async def both() -> list[Message] | None:
            found = await node.messages("2001")
            return list(found) if [it.state for it in found] == 2 * [MessageState.NEW] else None

        kept, next_one = await eventually(both, 10, lambda: AssertionError("a message is missing"))
        heard = [await node.audio(message) for message in (kept, next_one)]
        await node.until_calls_are_over()

    assert lost.fields["calls"] == 1
    assert first.reason == "the media engine was lost"
    assert kept.duration >= 2.5
    assert heard_beginning(WORDS, heard[0]) > 1.0
    assert is_heard(MORE_WORDS, heard[1])

"""A media engine is a process of its own: when it dies, its calls go on in the next one."""

import os
import signal
from pathlib import Path

import pytest
from tests.support.baresip import write_wav
from tests.support.likeness import heard_beginning, is_heard, melody
from tests.support.node import NodeUnderTest, node_under_test, spoken
from tests.support.office import Office
from tests.support.pcap import write_audio
from tests.support.process_figures import child_running
from tests.support.program import until
from tests.support.sipp import (
    Target,
    caller,
    calls,
    keys,
    messages,
    pause,
    play_pcap,
    scenario,
)
from tests.support.sipp_dialog import ACCEPTS_BYE, ACK, ANSWERED, BYE, RE_ANSWERS, REFUSES

from umbel.core import event_catalogue as catalogue
from umbel.mailbox.message import Message, MessageState

pytestmark = pytest.mark.peer

WORDS, MORE_WORDS = melody(3.0, seed=1), melody(2.0, seed=2)

TO_THE_TONE = (*ANSWERED, ACK, pause(300), keys("#"), pause(1200))


def kill_engine() -> None:
    """Kill the only media engine of the node in this process."""
    os.kill(child_running("umbel.net.media_engine"), signal.SIGKILL)


async def until_put_down(node: NodeUnderTest) -> None:
    """Wait until no call and no session is left; a re-INVITE's transaction lives on for a while."""
    await until(
        lambda: not any(node.node.live_things()[name] for name in ("calls", "media sessions")),
        10,
        lambda: AssertionError(f"still alive: {node.node.live_things()}"),
    )


async def the_message(node: NodeUnderTest) -> Message:
    """Give the only message, once no call is left that could change it."""
    await until_put_down(node)
    (message,) = await node.messages("2001")
    return message


class TestTheEngineOfACallThatIsRecorded:
    async def test_is_followed_by_another_and_the_message_has_what_was_spoken_before_and_after(
        self, tmp_path: Path
    ) -> None:
        steps = (
            *TO_THE_TONE,
            play_pcap(write_audio(tmp_path / "words.pcap", WORDS)),
            *RE_ANSWERS,
            play_pcap(write_audio(tmp_path / "more.pcap", MORE_WORDS)),
            pause(2200),
            *BYE,
        )
        async with node_under_test(tmp_path / "node") as node:
            target = Target(port=node.ports["udp"], user="2001")
            async with caller(scenario(*steps), target, tmp_path / "sipp") as sipp:
                await spoken(node.administration, "2001", 3.0)
                kill_engine()
                lost = await node.told(catalogue.ENGINE_LOST.number)
                assert await sipp.wait(20) == 0, messages(tmp_path / "sipp")[-4000:]
            (record,) = await node.ended_calls(1)
            message = await the_message(node)
            heard = await node.audio(message)

        assert lost.fields["calls"] == 1
        assert message.state is MessageState.NEW
        assert is_heard(WORDS[:8000], heard)
        assert is_heard(MORE_WORDS, heard)
        assert "media.moved" in [milestone.name for milestone in record.milestones]
        assert record.statistics is not None

    async def test_is_missed_by_nobody_where_the_peer_is_a_phone_with_tls_and_srtp(
        self, tmp_path: Path
    ) -> None:
        words = melody(9.0)
        office = Office(tmp_path, is_secure=True)
        async with office.node() as node, office.phone("bell") as bell:
            await office.dial(bell, "2001")
            await node.until_heard("leave a message after the tone")
            await bell.press("#")
            await node.until_recorded("2001")
            await bell.speak(write_wav(bell.folder / "words.wav", words, before=0.3, after=0.5))
            await node.until_recorded("2001", words[:16000])
            kill_engine()
            await bell.until("CALL_REMOTE_SDP", count=2)
            before = len(bell.heard()) // 160
            await bell.until("CALL_CLOSED")
            message = await the_message(node)
            heard = await node.audio(message)

        assert is_heard(words[:16000], heard)
        assert is_heard(words[-16000:], heard)
        assert bell.packets_received() > before + 20  # Silence is told by five packets a second.


class TestAMenu:
    async def test_goes_on_talking_and_hears_keys(self, tmp_path: Path) -> None:
        office = Office(tmp_path, is_secure=False)
        async with office.node() as node, office.phone("bell") as bell:
            await office.dial(bell, "9000")
            await node.until_heard("Welcome")
            kill_engine()
            await bell.until("CALL_REMOTE_SDP", count=2)
            heard = len(bell.heard())
            await bell.press("2")
            await node.until_heard("leave a message after the tone")
            await until(
                lambda: len(bell.heard()) > heard + 4000,
                10,
                lambda: AssertionError("the phone hears nothing any more"),
            )
            await bell.do("hangup")
            await until_put_down(node)


class TestAPeerThatDoesNotFollow:
    async def test_loses_its_call_and_what_was_spoken_is_kept(self, tmp_path: Path) -> None:
        words = melody(8.0, seed=1)
        steps = (
            *TO_THE_TONE,
            play_pcap(write_audio(tmp_path / "words.pcap", words)),
            *REFUSES,
            *ACCEPTS_BYE,
        )
        async with node_under_test(tmp_path / "node") as node:
            target = Target(port=node.ports["udp"], user="2001")
            async with caller(scenario(*steps), target, tmp_path / "sipp") as sipp:
                await spoken(node.administration, "2001", 2.5)
                kill_engine()
                assert await sipp.wait(20) == 0, messages(tmp_path / "sipp")[-4000:]
            (record,) = await node.ended_calls(1)
            message = await the_message(node)
            kept = await node.audio(message)
            more = play_pcap(write_audio(tmp_path / "more.pcap", MORE_WORDS))
            await calls(
                scenario(*TO_THE_TONE, more, pause(2200), *BYE), target, tmp_path / "second"
            )
            await until_put_down(node)
            newest = max(await node.messages("2001"), key=lambda one: one.received)
            assert is_heard(MORE_WORDS, await node.audio(newest))

        assert "the peer refused another: 488" in record.reason
        assert message.duration >= 2.5
        assert heard_beginning(words, kept) > 1.0

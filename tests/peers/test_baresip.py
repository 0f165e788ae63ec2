"""baresip calls us: a phone with audio, TLS, SRTP and keys, which follows transfers."""

from pathlib import Path

import pytest
from tests.support.baresip import Phone, write_wav
from tests.support.likeness import Samples, is_heard, melody
from tests.support.node import NodeUnderTest
from tests.support.office import Office
from tests.support.program import free_port

from umbel.media import g711
from umbel.media.likeness import best_match
from umbel.media.session import PLAIN_CODECS, Codec

pytestmark = pytest.mark.peer

WORDS = melody(2.5)
PIN = "583917"


async def leave_message(node: NodeUnderTest, caller: Phone, words: Samples) -> None:
    """Say *words* once the greeting has begun, and hang up behind them."""
    await node.until_heard("leave a message after the tone")
    await caller.press("#")
    await node.until_recorded("2001")
    await caller.speak(write_wav(caller.folder / "words.wav", words, before=0.3, after=0.3))
    await caller.until("CALL_CLOSED")


async def the_message(node: NodeUnderTest) -> Samples:
    """Give the audio of the only message, once no call is left that could change it."""
    await node.until_no_calls()
    (message,) = await node.messages("2001")
    return await node.audio(message)


class TestAMessage:
    async def test_over_tls_and_srtp_is_heard_by_the_subscriber_as_it_was_spoken(
        self, tmp_path: Path
    ) -> None:
        office = Office(tmp_path, is_secure=True)
        async with office.node() as node:
            async with office.phone("bell") as bell:
                await office.dial(bell, "9000")
                await node.until_heard("Welcome")
                await bell.press("2")
                await leave_message(node, bell, WORDS)
                encryption = await bell.until("CALL_MENC")
            spoken = await the_message(node)
            await node.administration.set_pin("2001", PIN, must_change=False)

            async with office.phone("2001") as meucci:
                await office.dial(meucci, "3000")
                await node.until_heard("enter your PIN")
                await meucci.press(f"{PIN}#")
                await node.until_heard("1 new message")
                await meucci.press("1")
                await node.until_heard("Received")
                await meucci.press("1")
                await meucci.until_hears(WORDS)

        assert encryption["param"] == "0,audio,AES_CM_128_HMAC_SHA1_80"
        assert is_heard(WORDS, spoken)

    @pytest.mark.parametrize("codec", PLAIN_CODECS)
    async def test_in_the_clear_is_kept_to_the_last_sample(
        self, tmp_path: Path, codec: Codec
    ) -> None:
        words = as_levels(WORDS, codec)
        office = Office(tmp_path, is_secure=False)
        async with office.node() as node, office.phone("bell", codecs=codec.lower()) as bell:
            await office.dial(bell, "2001")
            await leave_message(node, bell, words)

            assert best_match(words, await the_message(node)).equal == 1.0


class TestACallThatIsTranscoded:
    @pytest.mark.parametrize("codec", ["g722", "opus"])
    async def test_hears_prompts_and_leaves_a_message_that_its_owner_hears(
        self, tmp_path: Path, codec: str
    ) -> None:
        office = Office(tmp_path, is_secure=True)
        async with office.node() as node:
            async with office.phone("bell", codecs=codec) as bell:
                await office.dial(bell, "2001")
                await leave_message(node, bell, WORDS)
                assert f"{codec}/" in bell.program.output.lower()
            spoken = await the_message(node)
            await node.administration.set_pin("2001", PIN, must_change=False)

            async with office.phone("2001", codecs=codec) as meucci:
                await office.dial(meucci, "3000")
                await node.until_heard("enter your PIN")
                await meucci.press(f"{PIN}#")
                await node.until_heard("1 new message")
                await meucci.press("1")
                await node.until_heard("Received")
                await meucci.press("1")
                await meucci.until_hears(WORDS)

        assert is_heard(WORDS, spoken)


class TestACallThatWasHeld:
    async def test_goes_on_in_both_directions(self, tmp_path: Path) -> None:
        """
        After a hold of its own baresip counts what it receives, but plays it no more.

        It hears the tone, and then silence, which is five packets a second.
        """
        office = Office(tmp_path, is_secure=True)
        async with office.node() as node, office.phone("bell") as bell:
            await office.dial(bell, "2001")
            await node.until_heard("leave a message after the tone")
            await bell.do("hold")
            await bell.until("CALL_REMOTE_SDP", count=2)
            assert "a=recvonly" in bell.program.output
            before_hold = len(bell.heard()) // 160
            await bell.do("resume")
            await bell.until("CALL_REMOTE_SDP", count=3)

            await leave_message(node, bell, WORDS)

            assert is_heard(WORDS, await the_message(node))
        assert bell.packets_received() > before_hold + 20


class TestATransfer:
    async def test_connects_two_phones_that_hear_each_other(self, tmp_path: Path) -> None:
        office = Office(tmp_path, is_secure=True)
        of_bell, of_meucci = melody(2, seed=1), melody(2, seed=2)
        async with (
            office.phone("meucci", of_meucci, answers=True) as meucci,
            office.node(meucci=meucci.uri) as node,
            office.phone("bell", of_bell) as bell,
        ):
            await office.dial(bell, "9000")
            await node.until_heard("Welcome")
            await bell.press("1")
            await node.until_heard("(transfer: transferred)")
            await node.until_no_calls()

            await meucci.until_hears(of_bell)
            await bell.until_hears(of_meucci)

    async def test_to_a_busy_phone_is_explained_and_voice_mail_offered(
        self, tmp_path: Path
    ) -> None:
        office = Office(tmp_path, is_secure=True)
        async with (
            office.phone("meucci") as meucci,
            office.node(meucci=meucci.uri) as node,
            office.phone("bell") as bell,
        ):
            await office.dial(bell, "9000")
            await node.until_heard("Welcome")
            await bell.press("1")
            await meucci.until("CALL_INCOMING")
            await meucci.do("hangup")
            await node.until_heard("Antonio Meucci is on another call")
            await node.until_heard("To leave a message for Antonio Meucci, press 1")
            await bell.press("1")
            await leave_message(node, bell, WORDS)

            assert is_heard(WORDS, await the_message(node))

    async def test_to_a_phone_that_is_gone_is_explained(self, tmp_path: Path) -> None:
        office = Office(tmp_path, is_secure=True)
        nobody = f"sip:meucci@127.0.0.1:{free_port()};transport=tls"
        async with office.node(meucci=nobody) as node, office.phone("bell") as bell:
            await office.dial(bell, "9000")
            await node.until_heard("Welcome")
            await bell.press("1")
            await node.until_heard("I could not reach Antonio Meucci", within=40)
            await node.until_heard("To leave a message for Antonio Meucci, press 1")


def as_levels(samples: Samples, codec: Codec) -> Samples:
    """Round *samples* to levels that G.711 has, so that nobody's encoder has a choice."""
    return g711.decode(codec, g711.encode(codec, samples))

"""The double that every flow is tested with keeps the contract of ``Call``."""

import pytest
from tests.support.memory_store import MemoryAudio
from tests.support.scripted_call import During, ScriptedCall, Speech

from umbel.core.errors import Misuse
from umbel.core.event_catalogue import AUTHENTICATED
from umbel.mailbox.message import AudioId
from umbel.speech.phrase import Beep, Phrase, Recorded
from umbel.um.call import Call, Ended, HungUp, Outcome, Recording


def typed(call: ScriptedCall) -> Call:
    """Have mypy check that the double is a ``Call``."""
    return call


class TestWhatIsHeard:
    async def test_is_kept_in_words(self) -> None:
        call = ScriptedCall()

        await typed(call).say(Phrase("goodbye"), Beep())

        assert call.heard == ["Goodbye.", "(beep)"]
        assert call.transcript == "Goodbye.\n(beep)"

    async def test_must_exist(self) -> None:
        with pytest.raises(Misuse):
            await ScriptedCall().say(Phrase("no-such-phrase"))


class TestAQuestion:
    async def test_is_answered_by_one_key_after_the_other(self) -> None:
        call = ScriptedCall(["1", "23"])

        answers = [await call.ask(keys="1", within=5) for _ in range(3)]

        assert answers == ["1", "2", "3"]

    async def test_may_meet_silence(self) -> None:
        call = ScriptedCall([None, "1"])

        assert await call.ask(keys="1", within=5) is None
        assert call.waited == 5

    async def test_ends_the_script_by_a_hang_up(self) -> None:
        call = ScriptedCall()
        with pytest.raises(HungUp):
            await call.ask(keys="1", within=5)
        with pytest.raises(HungUp):
            await call.say(Phrase("goodbye"))

    async def test_that_does_not_wait_takes_only_what_interrupts_it(self) -> None:
        call = ScriptedCall(["1"])
        assert await call.ask(keys="1", within=0) is None

        call = ScriptedCall([During(0, "1")])
        assert await call.ask(keys="1", within=0) == "1"


class TestDigits:
    @pytest.mark.parametrize(
        ("presses", "expected"),
        [
            (["1001#"], "1001"),
            (["10012"], "1001"),
            (["10", "01"], "10"),
            (["1*2"], "1*"),
            (["#"], ""),
            ([None], ""),
        ],
    )
    async def test_end_as_the_contract_says(self, presses: list[str | None], expected: str) -> None:
        assert await ScriptedCall(presses).ask_digits(most=4, within=5) == expected

    async def test_too_many_wait_for_the_next_question(self) -> None:
        call = ScriptedCall(["10012"])
        await call.ask_digits(most=4, within=5)

        assert await call.ask(keys="2", within=5) == "2"


class TestAPause:
    async def test_ends_by_a_key_of_the_same_entry(self) -> None:
        call = ScriptedCall(["11"])
        await call.ask(keys="1", within=5)

        assert await call.pause(1, "1") == "1"

    @pytest.mark.parametrize("presses", [["1", "1"], ["12"]])
    async def test_ignores_others(self, presses: list[str]) -> None:
        call = ScriptedCall(presses)
        await call.ask(keys="1", within=5)

        assert await call.pause(1, "1") is None
        assert call.waited >= 1


class TestPlaying:
    async def playing(self, *presses: During, since: float = 0) -> tuple[float, str | None]:
        audio = MemoryAudio()
        made = await audio.create()
        await audio.append(made, bytes(10 * 16_000))
        call = ScriptedCall(presses, audio=audio)
        played = await call.play(Recorded(audio=made, caption="it", since=since), "1")
        return played.position, played.key

    async def test_goes_to_the_end(self) -> None:
        assert await self.playing() == (10, None)

    async def test_stops_at_a_key(self) -> None:
        assert await self.playing(During(3, "1"), since=2) == (5, "1")

    async def test_ignores_other_keys_and_late_ones(self) -> None:
        assert await self.playing(During(3, "2")) == (10, None)
        assert await self.playing(During(30, "1")) == (10, None)

    async def test_needs_no_store(self) -> None:
        played = await ScriptedCall().play(Beep(), "1")

        assert played.position == 1


class TestRecording:
    async def test_puts_audio_into_the_store(self) -> None:
        audio = MemoryAudio()
        made = await audio.create()
        call = ScriptedCall(speeches=[Speech(3)], audio=audio)

        recording = await call.record(made, longest=60, silence=5, keys="#")

        assert recording == Recording(duration=3, ended=Ended.KEY, key="#")
        assert await audio.duration(made) == 3

    async def test_raises_only_at_the_next_verb_when_the_caller_hangs_up(self) -> None:
        call = ScriptedCall(speeches=[Speech(3)], hangs_up_at=0)

        recording = await call.record(AudioId("a"), longest=2, silence=5, keys="#")

        assert recording == Recording(duration=2, ended=Ended.HUNG_UP)
        with pytest.raises(HungUp):
            await call.record(AudioId("a"), longest=2, silence=5, keys="#")


class TestATransfer:
    async def test_is_the_end_when_it_succeeds(self) -> None:
        call = ScriptedCall(outcomes=[Outcome.BUSY])

        assert await call.transfer("2001") is Outcome.BUSY
        assert await call.transfer("2002") is Outcome.TRANSFERRED
        assert (call.tried, call.reached) == (["2001", "2002"], "2002")
        with pytest.raises(HungUp):
            await call.say(Phrase("goodbye"))


class TestAnEvent:
    async def test_must_have_its_fields(self) -> None:
        call = ScriptedCall()
        call.tell(AUTHENTICATED, mailbox="2001")
        with pytest.raises(KeyError):
            call.tell(AUTHENTICATED)

        assert call.told == [(AUTHENTICATED, {"mailbox": "2001"})]

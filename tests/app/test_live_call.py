"""A flow's verbs become sound, keys and signalling, and what happens back becomes their answer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import pytest
from tests.support.memory_store import MemoryStore
from tests.support.still_clock import PIONEERS_DAY, StillClock
from tests.support.told import Told
from tests.support.virtual_time import in_virtual_time

from umbel.app.journal import Heard, Journal
from umbel.app.line import Line
from umbel.app.live_call import LiveCall, Signals, outcome_of
from umbel.app.record_keeper import RecordKeeper
from umbel.app.voices import Voice
from umbel.backends.prompts import PromptLibrary, Recordings, load_language
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Unavailable
from umbel.directory.records import CallRecord, CallState, Direction
from umbel.mailbox.message import AudioId, Caller
from umbel.media.engine import (
    Command,
    Event,
    KeyPressed,
    Play,
    PlayEnd,
    PlayEnded,
    Record,
    Recorded,
    RecordingEnd,
    RecordingEnded,
)
from umbel.speech.phrase import Phrase
from umbel.speech.phrase import Recorded as RecordedSpeech
from umbel.ua.events import TransferProgress
from umbel.um.call import Ended, HungUp, Outcome, Played

GOODBYE = Phrase("goodbye")
GREETING = RecordedSpeech(audio="audio-1", caption="greeting of Elisha Gray")
SESSION = "call-1"


class Conversation:
    """A call whose peer and whose engine are the test."""

    def __init__(self, transfer: int = 200) -> None:
        self.sent: list[Command] = []
        self.heard: list[Heard] = []
        self.told = Told()
        self.store = MemoryStore()
        self.asked: list[str] = []
        self.has_hung_up = False
        self.line = Line(SESSION, self.sent.append)
        self._answer = transfer
        clock = StillClock()
        record = CallRecord(
            id=SESSION,
            node="node01",
            direction=Direction.INBOUND,
            state=CallState.ANSWERED,
            started=clock.wall(),
        )
        self.call = LiveCall(
            call_id=SESSION,
            caller=Caller(number="1002", name="Elisha Gray"),
            line=self.line,
            signals=Signals(refer=self._refer, hang_up=self._hang_up),
            voice=Voice(_library(self.store), _now),
            audio=self.store.audio,
            events=self.told,
            journal=Journal(
                record,
                clock=clock,
                keeper=RecordKeeper(lambda _record: None),
                watch=self.heard.append,
            ),
        )

    async def while_it(self, act: Callable[[], None]) -> None:
        """Let what was begun wait for the engine, then act as it."""
        for _turn in range(5):
            await asyncio.sleep(0)
        act()

    def presses(self, keys: str) -> None:
        for key in keys:
            self._tell(KeyPressed(session=SESSION, key=key))

    def ends_play(self, ended: PlayEnd = PlayEnd.FINISHED, position: float = 2.0) -> None:
        (play,) = self.sent[-1:]
        assert isinstance(play, Play)
        self._tell(PlayEnded(session=SESSION, play=play.play, ended=ended, position=position))

    def ends_recording(self, ended: RecordingEnd, seconds: int = 0, key: str = "") -> None:
        (record,) = self.sent[-1:]
        assert isinstance(record, Record)
        number = record.recording
        for _second in range(seconds):
            self._tell(Recorded(session=SESSION, recording=number, audio=bytes(16_000)))
        self._tell(
            RecordingEnded(
                session=SESSION, recording=number, ended=ended, duration=float(seconds), key=key
            )
        )

    def _tell(self, event: Event) -> None:
        self.line.receive(event)

    async def _refer(self, target: str) -> TransferProgress:
        self.asked.append(target)
        return TransferProgress(
            leg=None,  # type: ignore[arg-type]  # nobody here asks for it
            status=self._answer,
            reason="as the test has it",
            is_final=True,
        )

    def _hang_up(self) -> None:
        self.has_hung_up = True


def _library(store: MemoryStore) -> PromptLibrary:
    return PromptLibrary(load_language("en-US"), Recordings(audio=store.audio), Told())


def _now() -> datetime:
    return PIONEERS_DAY


async def both(verb: Awaitable[object], *acts: Awaitable[None]) -> object:
    """Await a verb while the engine acts; give what the verb gives."""
    given, *_ = await asyncio.gather(verb, *acts)
    return given


class TestSaying:
    @in_virtual_time
    async def test_lasts_until_it_was_heard(self) -> None:
        it = Conversation()
        await both(it.call.say(GOODBYE), it.while_it(it.ends_play))

        assert [line.text for line in it.heard] == ["Goodbye."]
        (play,) = it.sent
        assert isinstance(play, Play)
        assert play.stop_keys == ""

    @in_virtual_time
    async def test_to_somebody_who_is_gone_says_nothing(self) -> None:
        it = Conversation()
        it.line.drop()

        with pytest.raises(HungUp):
            await it.call.say(GOODBYE)
        assert it.heard == []


class TestAsking:
    @in_virtual_time
    async def test_is_stopped_by_a_key_and_gives_it(self) -> None:
        it = Conversation()

        def press() -> None:
            it.ends_play(PlayEnd.KEY)
            it.presses("7")

        key = await both(it.call.ask(GOODBYE, keys="12", within=5), it.while_it(press))

        assert key == "7"
        assert [line.text for line in it.heard if line.by_caller] == ["presses 7"]

    @in_virtual_time
    async def test_says_nothing_to_whoever_typed_ahead(self) -> None:
        it = Conversation()
        it.presses("1")

        assert await it.call.ask(GOODBYE, keys="12", within=5) == "1"
        assert it.sent == []

    @in_virtual_time
    async def test_gives_up_after_a_while(self) -> None:
        it = Conversation()

        asked = it.call.ask(GOODBYE, keys="12", within=5)
        assert await both(asked, it.while_it(it.ends_play)) is None


class TestAskingForDigits:
    @pytest.mark.parametrize(
        ("pressed", "given"),
        [
            pytest.param("2001", "2001", id="ends with enough of them"),
            pytest.param("20#", "20", id="ends with #"),
            pytest.param("20*", "20*", id="ends with *, which is told"),
            pytest.param("200", "200", id="ends with a pause"),
            pytest.param("#", "", id="may have none"),
            pytest.param("", "", id="may have none after a while"),
        ],
    )
    @in_virtual_time
    async def test_collects_what_is_typed(self, pressed: str, given: str) -> None:
        it = Conversation()

        def type_them() -> None:
            it.ends_play(PlayEnd.KEY)
            it.presses(pressed)

        asked = it.call.ask_digits(GOODBYE, most=4, within=5)
        assert await both(asked, it.while_it(type_them)) == given

    @in_virtual_time
    async def test_does_not_show_which_they_were(self) -> None:
        """They may be a PIN."""
        it = Conversation()
        it.presses("27182#")
        await it.call.ask_digits(GOODBYE, most=8, within=5)

        assert [line.text for line in it.heard] == ["dials 5 digits"]


class TestPlaying:
    @in_virtual_time
    async def test_can_be_heard_to_the_end(self) -> None:
        it = Conversation()
        it.store.audio.kept[AudioId("audio-1")] = bytes(32_000)

        played = await both(it.call.play(GREETING, keys="*"), it.while_it(it.ends_play))
        assert played == Played(position=2.0, key=None)

    @in_virtual_time
    async def test_is_stopped_by_the_keys_that_count(self) -> None:
        """Those that were pressed just before do not."""
        it = Conversation()
        it.store.audio.kept[AudioId("audio-1")] = bytes(32_000)

        def press() -> None:
            it.ends_play(PlayEnd.KEY, position=0.5)
            it.presses("55*")

        it.presses("9")
        since = RecordedSpeech(audio="audio-1", caption="a message", since=1.0)
        played = await both(it.call.play(since, keys="*"), it.while_it(press))

        assert played == Played(position=1.5, key="*")

    @in_virtual_time
    async def test_does_not_begin_after_a_key_that_came_while_it_was_prepared(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        it = Conversation()
        it.store.audio.kept[AudioId("audio-1")] = bytes(32_000)
        read = it.store.audio.read

        async def read_slowly(audio: AudioId) -> bytes:
            await asyncio.sleep(1)
            return await read(audio)

        monkeypatch.setattr(it.store.audio, "read", read_slowly)
        since = RecordedSpeech(audio="audio-1", caption="a message", since=0.5)
        played = await both(it.call.play(since, keys="*"), it.while_it(partial(it.presses, "5*1")))

        assert played == Played(position=0.5, key="*")
        assert it.sent == []
        assert [line.text for line in it.heard] == ["presses *"]
        assert await it.call.ask(GOODBYE, keys="1", within=1) == "1"


class TestRecording:
    @pytest.mark.parametrize(
        ("engine", "flow"),
        [
            (RecordingEnd.SILENCE, Ended.SILENCE),
            (RecordingEnd.KEY, Ended.KEY),
            (RecordingEnd.LIMIT, Ended.LIMIT),
            (RecordingEnd.STOPPED, Ended.HUNG_UP),
        ],
    )
    @in_virtual_time
    async def test_says_why_it_ended(self, engine: RecordingEnd, flow: Ended) -> None:
        it = Conversation()
        audio = await it.store.audio.create()

        async def engine_acts() -> None:
            await it.while_it(it.ends_play)
            await it.while_it(lambda: it.ends_recording(engine, seconds=3))

        recorded = it.call.record(audio, longest=60, silence=5, keys="#")
        recording = (await asyncio.gather(recorded, engine_acts()))[0]

        assert (recording.ended, recording.duration) == (flow, 3.0)
        assert len(it.store.audio.kept[audio]) == 3 * 16_000

    @in_virtual_time
    async def test_tells_once_that_the_store_does_not_take_it(self) -> None:
        it = Conversation()
        audio = await it.store.audio.create()

        async def engine_acts() -> None:
            await it.while_it(it.ends_play)
            it.store.switch.is_down = True
            await it.while_it(lambda: it.ends_recording(RecordingEnd.KEY, seconds=3))

        recorded = it.call.record(audio, longest=60, silence=5, keys="#")
        with pytest.raises(Unavailable):
            await asyncio.gather(recorded, engine_acts())

        assert it.told.kinds == [catalogue.RECORDING_WAITS]
        assert "caller 1002 says in call call-1" in it.told.sentences[0]


class TestPausing:
    @in_virtual_time
    async def test_lasts_as_long_as_it_was_asked_to(self) -> None:
        it, loop = Conversation(), asyncio.get_running_loop()
        began = loop.time()

        assert await it.call.pause(30) is None
        assert loop.time() - began == pytest.approx(30)

    @in_virtual_time
    async def test_is_ended_by_the_keys_that_count(self) -> None:
        it = Conversation()
        it.presses("19*")

        assert await it.call.pause(30, keys="*") == "*"


class TestATransfer:
    @in_virtual_time
    async def test_that_succeeds_ends_the_call(self) -> None:
        it = Conversation(transfer=200)

        assert await it.call.transfer("1009") is Outcome.TRANSFERRED
        assert it.asked == ["1009"]
        assert it.has_hung_up
        assert it.told.kinds == [catalogue.TRANSFERRING, catalogue.TRANSFERRED]

    @in_virtual_time
    async def test_that_fails_leaves_the_caller_here(self) -> None:
        it = Conversation(transfer=486)

        assert await it.call.transfer("1009") is Outcome.BUSY
        assert not it.has_hung_up
        assert it.told.events[-1].fields["reason"] == "486 as the test has it"

    @in_virtual_time
    async def test_of_somebody_who_is_gone_is_not_asked_for(self) -> None:
        it = Conversation()
        it.line.drop()

        with pytest.raises(HungUp):
            await it.call.transfer("1009")
        assert it.asked == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (202, Outcome.TRANSFERRED),
        (600, Outcome.BUSY),
        (480, Outcome.NO_ANSWER),
        (604, Outcome.NOT_FOUND),
        (603, Outcome.REFUSED),
        (405, Outcome.REFUSED),
        (500, Outcome.FAILED),
        (302, Outcome.FAILED),
    ],
)
def test_a_final_status_means_something_to_the_caller(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome

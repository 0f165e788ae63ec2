"""A media session can be awaited, and nobody waits for a caller who is gone."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.virtual_time import in_virtual_time

from umbel.app.line import REHEARD, Line
from umbel.core.errors import Unavailable
from umbel.media.engine import (
    Close,
    Closed,
    Command,
    KeyPressed,
    Play,
    PlayEnd,
    PlayEnded,
    Record,
    Recorded,
    RecordingEnd,
    RecordingEnded,
    Silence,
    Statistics,
    StopPlaying,
    StopRecording,
)
from umbel.um.call import HungUp

SECOND = bytes(16000)


class Engine:
    """Keeps what it is sent; the test says what it answers."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.line = Line("call-1", self.sent.append)

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.line.receive(KeyPressed(session="call-1", key=key))

    def ends_play(self, play: int, ended: PlayEnd = PlayEnd.FINISHED, at: float = 1.0) -> None:
        self.line.receive(PlayEnded(session="call-1", play=play, ended=ended, position=at))

    def records(self, recording: int, linear: bytes = SECOND) -> None:
        self.line.receive(Recorded(session="call-1", recording=recording, audio=linear))

    def ends_recording(self, recording: int, ended: RecordingEnd, key: str = "") -> None:
        self.line.receive(
            RecordingEnded(
                session="call-1", recording=recording, ended=ended, duration=1.0, key=key
            )
        )


class Store:
    """Takes audio, unless it is told to fail."""

    def __init__(self, failures: int = 0) -> None:
        self.kept = b""
        self.failures = failures

    async def append(self, linear: bytes) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the disk is full")
        self.kept += linear


async def begun(_task: object) -> None:
    """Let what was started run until it waits."""
    for _turn in range(3):
        await asyncio.sleep(0)


class TestPlaying:
    async def test_returns_when_the_engine_says_so(self) -> None:
        engine = Engine()
        playing = asyncio.create_task(engine.line.play((Silence(1.0),), stop_keys="#"))
        await begun(playing)
        engine.ends_play(1, PlayEnd.KEY, at=0.4)

        ended = await playing

        assert (ended.ended, ended.position) == (PlayEnd.KEY, 0.4)
        assert engine.sent == [
            Play(session="call-1", play=1, items=(Silence(1.0),), since=0.0, stop_keys="#")
        ]

    async def test_is_not_ended_by_the_end_of_an_earlier_play(self) -> None:
        engine = Engine()
        first = asyncio.create_task(engine.line.play(()))
        await begun(first)
        engine.ends_play(1)
        await first
        second = asyncio.create_task(engine.line.play(()))
        await begun(second)
        engine.ends_play(1)
        await begun(second)

        assert not second.done()
        engine.ends_play(2)
        assert (await second).play == 2

    async def test_is_stopped_by_a_key_that_the_engine_heard_before_the_command(self) -> None:
        engine = Engine()
        playing = asyncio.create_task(engine.line.play((Silence(1.0),), stop_keys="#"))
        await begun(playing)
        engine.presses("#")
        assert engine.sent[1:] == [StopPlaying(session="call-1")]
        engine.ends_play(1, PlayEnd.STOPPED, at=0.02)

        ended = await playing

        assert (ended.ended, ended.position) == (PlayEnd.KEY, 0.02)
        assert await engine.line.key(0) == "#"

    async def test_goes_on_at_a_key_that_stops_nothing(self) -> None:
        engine = Engine()
        playing = asyncio.create_task(engine.line.play((Silence(1.0),), stop_keys="#"))
        await begun(playing)
        engine.presses("1")
        engine.ends_play(1)

        assert len(engine.sent) == 1
        assert (await playing).ended is PlayEnd.FINISHED

    async def test_raises_when_the_caller_leaves(self) -> None:
        engine = Engine()
        playing = asyncio.create_task(engine.line.play(()))
        await begun(playing)
        engine.line.drop()

        with pytest.raises(HungUp):
            await playing
        with pytest.raises(HungUp):
            await engine.line.play(())

    async def test_is_stopped_when_it_is_cancelled(self) -> None:
        engine = Engine()
        playing = asyncio.create_task(engine.line.play(()))
        await begun(playing)
        playing.cancel()

        with pytest.raises(asyncio.CancelledError):
            await playing
        assert type(engine.sent[-1]).__name__ == "StopPlaying"


class TestKeys:
    async def test_pressed_when_the_time_is_up_is_given(self) -> None:
        engine = Engine()
        waiting = asyncio.create_task(engine.line.key(0))
        await asyncio.sleep(0)  # It waits, and its time is up in the next turn of the loop.
        engine.presses("7")

        assert await waiting == "7"

    async def test_typed_ahead_wait_for_the_question(self) -> None:
        engine = Engine()
        engine.presses("1", "2")

        assert engine.line.has_typed_ahead()
        assert [await engine.line.key(1), await engine.line.key(1)] == ["1", "2"]
        assert not engine.line.has_typed_ahead()

    async def test_come_to_whoever_waits(self) -> None:
        engine = Engine()
        asking = asyncio.create_task(engine.line.key(5))
        await begun(asking)
        engine.presses("7", "8")

        assert await asking == "7"
        assert await engine.line.key(0) == "8"

    async def test_that_nobody_presses_are_none(self) -> None:
        assert await Engine().line.key(0) is None

    async def test_are_not_waited_for_when_the_caller_leaves(self) -> None:
        engine = Engine()
        asking = asyncio.create_task(engine.line.key(5))
        await begun(asking)
        engine.line.drop()
        engine.line.drop()

        with pytest.raises(HungUp):
            await asking


class TestRecording:
    async def test_keeps_every_second_in_order(self) -> None:
        engine, store = Engine(), Store()
        recording = asyncio.create_task(
            engine.line.record(store.append, longest=60, silence=5, stop_keys="#")
        )
        await begun(recording)
        engine.records(1, b"\x01" * 16000)
        await begun(recording)
        engine.records(1, b"\x02" * 8000)
        engine.presses("#")
        engine.ends_recording(1, RecordingEnd.KEY, "#")

        ended = await recording

        assert (ended.ended, ended.key) == (RecordingEnd.KEY, "#")
        assert store.kept == b"\x01" * 16000 + b"\x02" * 8000
        assert not engine.line.has_typed_ahead()
        assert isinstance(engine.sent[0], Record)

    async def test_is_whole_when_the_caller_leaves(self) -> None:
        engine, store = Engine(), Store()
        recording = asyncio.create_task(
            engine.line.record(store.append, longest=60, silence=5, stop_keys="#")
        )
        await begun(recording)
        engine.line.drop()
        engine.records(1)
        engine.ends_recording(1, RecordingEnd.STOPPED)

        assert (await recording).ended is RecordingEnd.STOPPED
        assert store.kept == SECOND
        assert engine.sent[-1] == StopRecording(session="call-1")

    async def test_keeps_what_a_failing_store_did_not_take(self) -> None:
        engine, store = Engine(), Store(failures=1)
        recording = asyncio.create_task(
            engine.line.record(store.append, longest=60, silence=5, stop_keys="#")
        )
        await begun(recording)
        engine.records(1)
        await begun(recording)
        engine.ends_recording(1, RecordingEnd.SILENCE)
        await recording

        assert store.kept == SECOND

    async def test_tells_when_the_store_fails_to_the_end(self) -> None:
        engine, store = Engine(), Store(failures=9)
        recording = asyncio.create_task(
            engine.line.record(store.append, longest=60, silence=5, stop_keys="#")
        )
        await begun(recording)
        engine.records(1)
        engine.ends_recording(1, RecordingEnd.SILENCE)

        with pytest.raises(Unavailable, match="disk is full"):
            await recording

    async def test_ends_with_what_came_when_the_engine_is_lost(self) -> None:
        engine, store = Engine(), Store()
        recording = asyncio.create_task(
            engine.line.record(store.append, longest=60, silence=5, stop_keys="#")
        )
        await begun(recording)
        engine.records(1)
        engine.line.lose()

        ended = await recording

        assert (ended.ended, ended.duration) == (RecordingEnd.STOPPED, 1.0)
        assert store.kept == SECOND


class TestAMoveToAnotherEngine:
    @in_virtual_time
    async def test_plays_on_from_shortly_before_where_it_was(self) -> None:
        engine = Engine()
        playing = asyncio.create_task(engine.line.play((Silence(60.0),), since=10.0))
        await asyncio.sleep(30.0)
        engine.line.suspend()
        await asyncio.sleep(1.0)
        engine.line.reopen()
        engine.line.resume()
        engine.ends_play(1, at=70.0)

        assert (await playing).position == 70.0
        first, second = engine.sent
        assert isinstance(first, Play)
        assert second == replace(first, since=10.0 + 30.0 - REHEARD)

    @in_virtual_time
    async def test_begins_what_was_to_be_played_meanwhile(self) -> None:
        engine = Engine()
        engine.line.suspend()
        playing = asyncio.create_task(engine.line.play((Silence(1.0),)))
        await begun(playing)
        assert engine.sent == []
        engine.line.reopen()
        engine.line.resume()
        engine.ends_play(1)

        await playing
        assert [type(command) for command in engine.sent] == [Play]

    @in_virtual_time
    async def test_records_on_and_counts_all_of_it(self) -> None:
        engine, store = Engine(), Store()
        recording = asyncio.create_task(
            engine.line.record(store.append, longest=60, silence=5, stop_keys="#")
        )
        await begun(recording)
        engine.records(1)
        engine.line.suspend()
        engine.line.reopen()
        engine.line.resume()
        engine.records(1)
        engine.ends_recording(1, RecordingEnd.SILENCE)

        assert (await recording).duration == 2.0
        assert store.kept == 2 * SECOND
        first, second = engine.sent
        assert isinstance(first, Record)
        assert second == replace(first, longest=59)

    @in_virtual_time
    async def test_ends_a_wait_for_a_key_that_may_be_lost(self) -> None:
        engine = Engine()
        asking = asyncio.create_task(engine.line.key(60))
        await begun(asking)
        engine.line.suspend()
        engine.line.resume()

        assert await asking is None
        assert engine.line.moves == 1

    @in_virtual_time
    async def test_does_not_hold_up_a_caller_who_hangs_up(self) -> None:
        engine, store = Engine(), Store()
        recording = asyncio.create_task(
            engine.line.record(store.append, longest=60, silence=5, stop_keys="#")
        )
        await begun(recording)
        engine.records(1)
        engine.line.suspend()
        engine.line.drop()

        assert (await recording).duration == 1.0
        assert await engine.line.close() is None
        assert [type(command) for command in engine.sent] == [Record]

    @in_virtual_time
    async def test_that_is_given_up_closes_what_was_opened_anew(self) -> None:
        engine = Engine()
        engine.line.suspend()
        engine.line.reopen()
        engine.line.abandon()
        closing = asyncio.create_task(engine.line.close())
        await begun(closing)
        engine.line.receive(Closed(session="call-1", statistics=Statistics()))

        assert await closing == Statistics()
        assert engine.sent == [Close(session="call-1")]


class TestClosing:
    async def test_gives_the_statistics(self) -> None:
        engine = Engine()
        closing = asyncio.create_task(engine.line.close())
        await begun(closing)
        engine.line.receive(Closed(session="call-1", statistics=Statistics(packets_sent=5)))

        assert await closing == Statistics(packets_sent=5)
        assert engine.sent == [Close(session="call-1")]

    async def test_does_not_wait_for_an_engine_that_is_lost(self) -> None:
        engine = Engine()
        closing = asyncio.create_task(engine.line.close())
        await begun(closing)
        engine.line.lose()

        assert await closing is None
        assert await engine.line.close() is None
        assert engine.sent == [Close(session="call-1")]

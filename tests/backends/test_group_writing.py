"""Recordings of many calls at once: written by one thread, durable in groups."""

import asyncio
import errno
import os
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog.testing
from tests.support.repeatable_randomness import RepeatableRandomness

from umbel.backends.files import FileAudio, open_files
from umbel.backends.files.durability import sync_directory, sync_file_system
from umbel.backends.files.group_writer import GroupWriter
from umbel.core.errors import Misuse, Unavailable
from umbel.mailbox.message import AudioId

SECOND = bytes(range(250)) * 64


def pattern(call: int, second: int) -> bytes:
    """Give a second that no other call and no other second has."""
    return (call * 1000 + second).to_bytes(4, "little") * 4000


@pytest.fixture
def files(tmp_path: Path) -> FileAudio:
    return FileAudio(tmp_path / "audio", RepeatableRandomness())


async def recorded(files: FileAudio, calls: int, seconds: int) -> list[AudioId]:
    """Have so many calls record at once, each its own pattern."""
    audios = await asyncio.gather(*(files.create() for _ in range(calls)))

    async def record(call: int) -> None:
        for second in range(seconds):
            await files.append(audios[call], pattern(call, second))

    await asyncio.gather(*(record(call) for call in range(calls)))
    return audios


class TestManyRecordingsAtOnce:
    async def test_are_each_exactly_what_was_appended(self, files: FileAudio) -> None:
        audios = await recorded(files, calls=100, seconds=3)

        for call, audio in enumerate(audios):
            spoken = b"".join(pattern(call, second) for second in range(3))
            assert await files.read(audio) == spoken

    async def test_are_whole_where_fewer_files_may_be_open(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(open_files, "MOST_OPEN", 3)
        files = FileAudio(tmp_path / "audio", RepeatableRandomness())
        audios = await recorded(files, calls=20, seconds=2)

        for call, audio in enumerate(audios):
            assert await files.read(audio) == pattern(call, 0) + pattern(call, 1)

    async def test_are_whole_where_the_system_syncs_files_only(
        self, files: FileAudio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(open_files, "sync_file_system", lambda _folder: False)
        (audio, *_others) = await recorded(files, calls=20, seconds=1)

        assert await files.read(audio) == pattern(0, 0)

    async def test_keep_no_file_open_once_they_are_closed(self, files: FileAudio) -> None:
        before = len(os.listdir("/proc/self/fd"))
        (audio, *_others) = await recorded(files, calls=20, seconds=1)
        await files.close()

        assert len(os.listdir("/proc/self/fd")) <= before
        await files.append(audio, SECOND)
        assert await files.read(audio) == pattern(0, 0) + SECOND
        await files.close()

    async def test_are_wav_files_once_they_are_closed(
        self, files: FileAudio, tmp_path: Path
    ) -> None:
        await recorded(files, calls=20, seconds=2)
        await files.close()

        for path in (tmp_path / "audio").rglob("*.wav"):
            with wave.open(str(path)) as file:
                assert file.getnframes() == 16_000

    async def test_go_on_when_one_of_them_was_removed(self, files: FileAudio) -> None:
        removed, *others = await asyncio.gather(*(files.create() for _ in range(20)))
        await files.delete(removed)
        appending = (files.append(audio, SECOND) for audio in (removed, *others))
        refused, *taken = await asyncio.gather(*appending, return_exceptions=True)

        assert isinstance(refused, Unavailable)
        assert taken == [None] * 19


class TestARecording:
    async def test_takes_nothing_more_once_another_process_has_removed_it(
        self, files: FileAudio, tmp_path: Path
    ) -> None:
        audio = await files.create()
        await files.append(audio, SECOND)
        await FileAudio(tmp_path / "audio", RepeatableRandomness()).delete(audio)

        for _time in range(2):
            with pytest.raises(Unavailable, match="no such file"):
                await files.append(audio, SECOND)

    async def test_has_a_second_once_that_was_made_durable_at_the_second_try(
        self, files: FileAudio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        audio = await files.create()
        await files.append(audio, pattern(0, 0))
        with monkeypatch.context() as context:
            context.setattr(os, "fsync", _broken)
            with pytest.raises(Unavailable, match="input/output error"):
                await files.append(audio, pattern(0, 1))

        await files.append(audio, pattern(0, 1) + pattern(0, 2))

        assert await files.read(audio) == pattern(0, 0) + pattern(0, 1) + pattern(0, 2)

    async def test_has_a_second_once_of_which_half_was_written_at_the_first_try(
        self, files: FileAudio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        audio = await files.create()
        write, tries = os.pwrite, iter(range(9))

        def write_half(file: int, octets: bytes, offset: int) -> int:
            if next(tries):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(file, octets[: len(octets) // 2], offset)

        with monkeypatch.context() as context:
            context.setattr(os, "pwrite", write_half)
            with pytest.raises(Unavailable, match="no space"):
                await files.append(audio, SECOND)

        await files.append(audio, SECOND)

        assert await files.read(audio) == SECOND


class TestAGroupThatCannotBeMadeDurable:
    async def test_is_told_to_all_who_wait_and_is_whole_at_the_next_try(
        self, files: FileAudio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        audios = await recorded(files, calls=20, seconds=1)
        with monkeypatch.context() as context:
            context.setattr(os, "fsync", _broken)
            context.setattr(open_files, "sync_file_system", _broken)
            appending = (files.append(audio, SECOND) for audio in audios)
            told = await asyncio.gather(*appending, return_exceptions=True)
        assert all(isinstance(one, Unavailable) for one in told)

        await asyncio.gather(*(files.append(audio, SECOND) for audio in audios))

        for call, audio in enumerate(audios):
            assert await files.read(audio) == pattern(call, 0) + SECOND


class Doubtful:
    """Files that a test has fail, each time with an error of its own."""

    def __init__(
        self, *, at_commit: BaseException | None = None, at_let_go: BaseException | None = None
    ) -> None:
        self._errors = {"commit": at_commit, "let go": at_let_go}

    def commit(self) -> None:
        self._fail("commit")

    def let_go(self, _idle: float) -> bool:
        self._fail("let go")
        return False

    def _fail(self, where: str) -> None:
        error, self._errors[where] = self._errors[where], None
        if error is not None:
            raise error


MakeWriter = Callable[[Doubtful], GroupWriter]


@pytest.fixture
def writers() -> Iterator[MakeWriter]:
    """Give what makes writers; they are closed after the test."""
    made: list[GroupWriter] = []

    def make(files: Doubtful) -> GroupWriter:
        made.append(GroupWriter(files))
        return made[-1]

    yield make
    for writer in made:
        writer.close()


class TestTheWriter:
    async def test_costs_no_recording_a_second_where_another_cannot_be_closed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(open_files, "MOST_OPEN", 1)
        files, close = FileAudio(tmp_path / "audio", RepeatableRandomness()), os.close

        def close_badly(descriptor: int) -> None:
            close(descriptor)
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        first, second = await recorded(files, calls=2, seconds=1)
        with monkeypatch.context() as context, structlog.testing.capture_logs() as logs:
            context.setattr(os, "close", close_badly)
            await files.append(first, SECOND)
            await files.append(second, SECOND)
            await files.delete(second)
            await files.append(first, SECOND)
            await files.close()

        assert {line["event"] for line in logs} == {"a recording was not closed well"}
        assert await files.read(first) == pattern(0, 0) + 2 * SECOND
        assert await files.read(second) == b""

    async def test_goes_on_where_files_are_not_let_go(self, writers: MakeWriter) -> None:
        writer = writers(Doubtful(at_let_go=OSError(errno.EDQUOT, "over quota")))
        with structlog.testing.capture_logs() as logs:
            await asyncio.wait_for(writer.submit(_nothing), 10)

        assert [line["event"] for line in logs] == ["files of recordings were not let go"]

    async def test_tells_each_who_waits_what_went_wrong_with_all(self, writers: MakeWriter) -> None:
        writer = writers(Doubtful(at_commit=ValueError("a fault of ours")))
        with pytest.raises(Misuse, match=r"not made durable: ValueError\('a fault of ours'\)"):
            await asyncio.wait_for(writer.submit(_nothing), 10)

        await asyncio.wait_for(writer.submit(_nothing), 10)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    async def test_is_another_where_the_first_has_died(self, writers: MakeWriter) -> None:
        writer = writers(Doubtful(at_let_go=SystemExit()))
        waiting = writer.submit(_nothing)
        assert writer._thread is not None
        await asyncio.to_thread(writer._thread.join, 10)

        await asyncio.wait_for(writer.submit(_nothing), 10)

        assert waiting.done()


def _nothing() -> None:
    pass


class TestTheFileSystem:
    def test_is_made_durable_where_there_is_a_directory(self, tmp_path: Path) -> None:
        sync_directory(tmp_path)
        with pytest.raises(FileNotFoundError):
            sync_file_system(tmp_path / "missing")


def _broken(_what: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))

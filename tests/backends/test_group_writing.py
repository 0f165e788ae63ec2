"""Recordings of many calls at once: written by one thread, durable in groups."""

import asyncio
import errno
import os
import wave
from pathlib import Path

import pytest
from tests.support.repeatable_randomness import RepeatableRandomness

from umbel.backends.files import FileAudio, open_files
from umbel.backends.files.durability import sync_directory, sync_file_system
from umbel.core.errors import Unavailable
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


class TestTheFileSystem:
    def test_is_made_durable_where_there_is_a_directory(self, tmp_path: Path) -> None:
        sync_directory(tmp_path)
        with pytest.raises(FileNotFoundError):
            sync_file_system(tmp_path / "missing")


def _broken(_what: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))

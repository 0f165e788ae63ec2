"""Recorded audio: in files beside SQLite and in rows of PostgreSQL."""

import asyncio
import os
import shutil
import sys
import wave
from pathlib import Path

import pytest
from tests.support.program import REPOSITORY
from tests.support.repeatable_randomness import RepeatableRandomness

from umbel.backends.files import FileAudio
from umbel.backends.sql import SqlStore
from umbel.core.errors import Misuse, Unavailable
from umbel.mailbox.message import AudioId

SECOND = bytes(range(250)) * 64


class TestAudio:
    async def test_is_empty_at_first(self, store: SqlStore) -> None:
        audio = await store.audio.create()

        assert await store.audio.read(audio) == b""
        assert await store.audio.duration(audio) == 0

    async def test_is_all_that_was_appended_in_order(self, store: SqlStore) -> None:
        audio, other = await store.audio.create(), await store.audio.create()
        for samples in (SECOND, b"", b"\1\2\3\4", SECOND[:160]):
            await store.audio.append(audio, samples)
        await store.audio.append(other, SECOND)

        assert await store.audio.read(audio) == SECOND + b"\1\2\3\4" + SECOND[:160]
        assert await store.audio.duration(audio) == (16000 + 4 + 160) / 16000

    async def test_is_gone_when_deleted(self, store: SqlStore) -> None:
        audio = await store.audio.create()
        await store.audio.append(audio, SECOND)

        for _time in range(2):
            await store.audio.delete(audio)

        assert await store.audio.read(audio) == b""
        assert await store.audio.duration(audio) == 0

    async def test_deleted_while_it_is_recorded_takes_nothing_more(self, store: SqlStore) -> None:
        audio = await store.audio.create()
        await store.audio.delete(audio)

        with pytest.raises(Unavailable):
            await store.audio.append(audio, SECOND)

        assert await store.audio.read(audio) == b""


@pytest.fixture
def files(tmp_path: Path) -> FileAudio:
    return FileAudio(tmp_path / "audio", RepeatableRandomness())


class TestAFile:
    async def test_is_a_wav_file_after_every_append(self, files: FileAudio, tmp_path: Path) -> None:
        audio = await files.create()
        for seconds in range(3):
            with wave.open(str(self.only_file(tmp_path))) as it:
                assert it.getparams()[:4] == (1, 2, 8000, 8000 * seconds)
            await files.append(audio, SECOND)

    async def test_with_a_torn_tail_is_read_and_written_on(
        self, files: FileAudio, tmp_path: Path
    ) -> None:
        """The process was killed in the middle of a write, and of a sample."""
        audio = await files.create()
        await files.append(audio, SECOND)
        with self.only_file(tmp_path).open("ab") as file:
            file.write(b"\7\7\7")

        assert await files.read(audio) == SECOND + b"\7\7"
        assert await files.duration(audio) == 16002 / 16000
        await files.append(audio, b"\1\2")
        assert await files.read(audio) == SECOND + b"\7\7\1\2"
        with wave.open(str(self.only_file(tmp_path))) as it:
            assert it.readframes(99999) == SECOND + b"\7\7\1\2"

    async def test_with_a_torn_header_is_empty_and_written_on(
        self, files: FileAudio, tmp_path: Path
    ) -> None:
        audio = await files.create()
        os.truncate(self.only_file(tmp_path), 20)

        assert await files.read(audio) == b""
        await files.append(audio, SECOND)
        assert await files.read(audio) == SECOND

    async def test_can_be_read_by_nobody_else(self, files: FileAudio, tmp_path: Path) -> None:
        await files.create()

        assert self.only_file(tmp_path).stat().st_mode & 0o777 == 0o600

    def only_file(self, folder: Path) -> Path:
        (file,) = folder.rglob("*.wav")
        return file


class TestAFolder:
    async def test_that_is_a_file_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "audio").write_text("not a folder")

        with pytest.raises(Unavailable, match="audio in "):
            await FileAudio(tmp_path / "audio", RepeatableRandomness()).create()

    async def test_that_may_not_be_written_is_told(
        self, files: FileAudio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As root nothing is forbidden: the refusal is made here."""

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", "audio")

        monkeypatch.setattr(Path, "mkdir", refuse)

        with pytest.raises(Unavailable, match="permission denied"):
            await files.create()

    async def test_on_a_disk_that_is_nearly_full_takes_no_new_audio(self, tmp_path: Path) -> None:
        """What is being recorded goes on: its caller has been told that we listen."""
        everything = shutil.disk_usage(tmp_path).total
        roomy = FileAudio(tmp_path / "audio", RepeatableRandomness())
        audio = await roomy.create()
        full = FileAudio(tmp_path / "audio", RepeatableRandomness(), keep_free=everything)
        await full.append(audio, SECOND)

        with pytest.raises(Unavailable, match=r"only [0-9]+ MB of the disk are free, and [0-9]+"):
            await full.create()
        assert await full.read(audio) == SECOND

    async def test_is_not_left_by_a_crooked_name(self, files: FileAudio) -> None:
        with pytest.raises(Misuse, match="names no audio"):
            await files.read(AudioId("../../etc/passwd"))


RECORDER = """
import asyncio, sys
from tests.backends.conftest import store_of
from umbel.mailbox.message import Caller

async def record(url):
    store = store_of(url)
    await store.open(to_serve=True)
    message = await store.messages.begin("1001", Caller(), "call-1")
    for second in range(1000):
        await store.audio.append(message.audio, bytes([second % 256]) * 16000)
        print(second + 1, flush=True)

asyncio.run(record(sys.argv[1]))
"""


class TestARecordingProcessThatIsKilled:
    async def test_leaves_every_second_that_it_appended(self, url: str, store: SqlStore) -> None:
        recorder = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", RECORDER, url),
            stdout=asyncio.subprocess.PIPE,
            cwd=REPOSITORY,
        )
        assert recorder.stdout is not None
        for _ in range(25):
            await recorder.stdout.readline()
        recorder.kill()
        appended = 25 + len((await recorder.stdout.read()).splitlines())
        await recorder.wait()

        (message,) = await store.messages.unfinished("recorder")
        samples = await store.audio.read(message.audio)

        spoken = b"".join(bytes([second % 256]) * 16000 for second in range(appended + 1))
        assert len(samples) >= 16000 * appended
        assert spoken.startswith(samples)
        assert await store.audio.duration(message.audio) == len(samples) / 16000

"""``mailbox.ports.Audio`` in files beside the database: one WAV file for each stretch."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from umbel.core.errors import Misuse, Unavailable, system_says
from umbel.core.identifiers import Randomness
from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId
from umbel.mailbox.ports import OCTETS_OF_A_SECOND
from umbel.media import wav

from .group_writer import GroupWriter
from .open_files import OpenFiles, path_of, whole_samples

MEGABYTE = 1_000_000

Result = TypeVar("Result")


class FileAudio:
    """
    Recorded audio in a folder.

    What the file holds is told by its size, not by its header. All that changes it goes through
    one thread, which commits in groups; whoever reads sees what was written, durable or not.
    """

    def __init__(self, folder: Path, randomness: Randomness, *, keep_free: int = 0) -> None:
        """Keep audio in *folder*, for as long as *keep_free* octets of its disk are free."""
        self._folder = folder
        self._randomness = randomness
        self._keep_free = keep_free
        self._files = OpenFiles(folder)
        self._writer = GroupWriter(self._files)

    async def create(self) -> AudioId:
        """Reserve a new, empty stretch of audio; ``Unavailable`` on a disk that is nearly full."""
        audio = AudioId(self._randomness.token())
        await self._change(partial(self._create, audio))
        return audio

    async def append(self, audio: AudioId, samples: bytes) -> None:
        """Add samples to the end; durable on return."""
        _check(audio)
        try:
            await self._writer.submit(partial(self._files.append, audio, samples))
        except OSError as error:
            raise self._unavailable(error) from error

    async def read(self, audio: AudioId) -> bytes:
        """Give all samples; empty where there are none."""
        return await self._told(asyncio.to_thread(_read, self._path(audio)))

    async def duration(self, audio: AudioId) -> Duration:
        """Give its length in seconds."""
        octets = await self._told(asyncio.to_thread(_length, self._path(audio)))
        return octets / OCTETS_OF_A_SECOND

    async def delete(self, audio: AudioId) -> None:
        """Remove it; removing what is not there is no error."""
        _check(audio)
        await self._change(partial(self._files.remove, audio))

    async def close(self) -> None:
        """Keep what waits to be kept, and let go of all files."""
        await asyncio.to_thread(self._writer.close)

    def _create(self, audio: AudioId) -> None:
        self._check_space()
        self._files.create(audio)

    def _check_space(self) -> None:
        if not self._keep_free or not self._folder.exists():
            return
        free = shutil.disk_usage(self._folder).free
        if free < self._keep_free:
            raise Unavailable(
                f"audio in {self._folder}: only {free // MEGABYTE} MB of the disk are free, and "
                f"{self._keep_free // MEGABYTE} MB are kept free"
            )

    def _path(self, audio: AudioId) -> Path:
        _check(audio)
        return path_of(self._folder, audio)

    async def _change(self, change: Callable[[], None]) -> None:
        await self._told(self._writer.submit(change))

    async def _told(self, work: Awaitable[Result]) -> Result:
        """Give the result, or have the system's error told as ours."""
        try:
            return await work
        except OSError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: OSError) -> Unavailable:
        return Unavailable(f"audio in {self._folder}: {system_says(error)}")


def _check(audio: AudioId) -> None:
    if not (audio.isascii() and audio.isalnum() and len(audio) > 4):
        raise Misuse(f"{audio!r} names no audio")


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return b""
    return content[wav.HEADER_OCTETS : wav.HEADER_OCTETS + whole_samples(len(content))]


def _length(path: Path) -> int:
    try:
        return whole_samples(path.stat().st_size)
    except FileNotFoundError:
        return 0

"""``mailbox.ports.Audio`` in files beside the database: one WAV file for each stretch."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from umbel.core.errors import Misuse, Unavailable, system_says
from umbel.core.identifiers import Randomness
from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId
from umbel.mailbox.ports import OCTETS_OF_A_SECOND
from umbel.media import wav
from umbel.media.g711 import SAMPLES_PER_SECOND

MEGABYTE = 1_000_000

_OCTETS_OF_A_SAMPLE = 2

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class FileAudio:
    """
    Recorded audio in a folder, two levels deep so that no folder becomes too full to list.

    Samples are written before the header that counts them. So a process that is killed between
    leaves a file that any player plays, and whose uncounted tail is read here nevertheless: what
    the file holds is told by its size, not by its header.
    """

    def __init__(self, folder: Path, randomness: Randomness, *, keep_free: int = 0) -> None:
        """Keep audio in *folder*, for as long as *keep_free* octets of its disk are free."""
        self._folder = folder
        self._randomness = randomness
        self._keep_free = keep_free

    async def create(self) -> AudioId:
        """Reserve a new, empty stretch of audio; ``Unavailable`` on a disk that is nearly full."""
        await self._in_thread(self._check_space)
        audio = AudioId(self._randomness.token())
        await self._in_thread(_create, self._folder, self._path(audio))
        return audio

    async def append(self, audio: AudioId, samples: bytes) -> None:
        """Add samples to the end; durable on return."""
        await self._in_thread(_append, self._path(audio), samples)

    async def read(self, audio: AudioId) -> bytes:
        """Give all samples; empty where there are none."""
        return await self._in_thread(_read, self._path(audio))

    async def duration(self, audio: AudioId) -> Duration:
        """Give its length in seconds."""
        octets = await self._in_thread(_length, self._path(audio))
        return octets / OCTETS_OF_A_SECOND

    async def delete(self, audio: AudioId) -> None:
        """Remove it; removing what is not there is no error."""
        await self._in_thread(self._path(audio).unlink, missing_ok=True)

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
        if not (audio.isascii() and audio.isalnum() and len(audio) > 4):
            raise Misuse(f"{audio!r} names no audio")
        return self._folder / audio[:2] / audio[2:4] / f"{audio}.wav"

    async def _in_thread(
        self,
        work: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except OSError as error:
            raise Unavailable(f"audio in {self._folder}: {system_says(error)}") from error


def _create(folder: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, wav.header(0, SAMPLES_PER_SECOND))
        os.fsync(file)
    finally:
        os.close(file)
    for directory in (path.parent, path.parent.parent, folder, folder.parent):
        _sync_directory(directory)


def _sync_directory(directory: Path) -> None:
    """Make a directory's entries durable: a file without its name is lost."""
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _append(path: Path, samples: bytes) -> None:
    file = os.open(path, os.O_RDWR)
    try:
        octets = _whole_samples(os.fstat(file).st_size)
        _write_all(file, samples, wav.HEADER_OCTETS + octets)
        _write_all(file, wav.header(octets + len(samples), SAMPLES_PER_SECOND), 0)
        os.fsync(file)
    finally:
        os.close(file)


def _write_all(file: int, octets: bytes, offset: int) -> None:
    while octets:
        written = os.pwrite(file, octets, offset)
        octets, offset = octets[written:], offset + written


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return b""
    return content[wav.HEADER_OCTETS : wav.HEADER_OCTETS + _whole_samples(len(content))]


def _length(path: Path) -> int:
    try:
        return _whole_samples(path.stat().st_size)
    except FileNotFoundError:
        return 0


def _whole_samples(size: int) -> int:
    """Give how many octets of a file of *size* are whole samples; a torn last one is left out."""
    return max(0, size - wav.HEADER_OCTETS) // _OCTETS_OF_A_SAMPLE * _OCTETS_OF_A_SAMPLE

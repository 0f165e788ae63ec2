"""The files of recordings, those that are being written held open."""

import errno
import os
import resource
import time
from collections import OrderedDict
from pathlib import Path
from typing import Final

import structlog

from umbel.core.errors import system_says
from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId
from umbel.media import wav
from umbel.media.g711 import SAMPLES_PER_SECOND

from .durability import sync_directory, sync_file_system

_log = structlog.get_logger("umbel.audio")

MOST_OPEN: Final = 4096
"""Files held open, where the limit of the process allows four times as many descriptors."""

COUNT_EVERY: Final[Duration] = 5.0
"""Seconds within which a header is made to say how many samples there are."""

_FEW: Final = 8
"""Files that are made durable one by one; of more, the whole file system at once."""

_OCTETS_OF_A_SAMPLE: Final = 2


class _OpenFile:
    """A file that is being written."""

    __slots__ = ("began", "counted", "descriptor", "retry_at", "used")

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.used = self.counted = 0.0
        """When samples were added last, and when the header counted them."""
        self.began: int | None = None
        """Octets of samples that were durable before the present group."""
        self.retry_at: int | None = None
        """Octets of samples that count: what stands behind them was not made durable."""


class OpenFiles:
    """
    Recordings in a folder, written by one thread.

    Samples are written before the header that counts them, and where many files are written at
    once, the header only every ``COUNT_EVERY`` seconds and in the end. So a process that is killed
    between leaves a file that any player plays, and whose uncounted tail is read nevertheless.
    What could not be made durable is written again at the same place by the next attempt.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: OrderedDict[AudioId, _OpenFile] = OrderedDict()
        """The one written longest ago first."""
        self._changed: dict[int, _OpenFile] = {}
        """Those of the present group, by descriptor."""
        self._grown: dict[Path, None] = {}
        """Directories with new entries."""
        self._failure: OSError | None = None
        """Why a part of the present group is not durable."""
        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most_open = min(MOST_OPEN, soft // 4)

    def create(self, audio: AudioId) -> None:
        """Make a file without samples."""
        path = path_of(self._folder, audio)
        path.parent.mkdir(parents=True, exist_ok=True)
        file = self._hold(audio, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        self._note(file, 0)
        os.write(file.descriptor, wav.header(0, SAMPLES_PER_SECOND))
        directories = (path.parent, path.parent.parent, self._folder, self._folder.parent)
        self._grown.update(dict.fromkeys(directories))

    def append(self, audio: AudioId, samples: bytes) -> None:
        """Add samples to the end of a file."""
        file = self._open.get(audio)
        if file is None:
            file = self._hold(audio, os.open(path_of(self._folder, audio), os.O_RDWR))
        octets = self._octets_of(audio, file)
        self._note(file, octets)
        self._open.move_to_end(audio)
        try:
            _write_all(file.descriptor, samples, wav.HEADER_OCTETS + octets)
            if len(self._changed) <= _FEW or file.used - file.counted >= COUNT_EVERY:
                _count(file, octets + len(samples))
        except OSError:
            file.retry_at = octets
            raise

    def remove(self, audio: AudioId) -> None:
        """Remove a file, if it is there."""
        file = self._open.pop(audio, None)
        if file is not None:
            self._changed.pop(file.descriptor, None)
            _release(file)
        path_of(self._folder, audio).unlink(missing_ok=True)

    def commit(self) -> None:
        """Make all changes since the last time durable; raise ``OSError`` where they are not."""
        self._commit()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def let_go(self, idle: Duration) -> bool:
        """Close what was not used for *idle* seconds; say whether anything is still open."""
        since = time.monotonic() - idle
        while self._open:
            audio, file = next(iter(self._open.items()))
            if file.used > since:
                return True
            del self._open[audio]
            _close(file)
        return False

    def _commit(self) -> None:
        changed = list(self._changed.values())
        try:
            self._sync(changed)
        except OSError as error:
            self._failure = error
            for file in changed:
                file.retry_at = file.began
        for file in changed:
            file.began = None
        self._changed.clear()
        self._grown.clear()

    def _sync(self, changed: list[_OpenFile]) -> None:
        if len(changed) > _FEW and sync_file_system(self._folder):
            return
        for file in changed:
            os.fsync(file.descriptor)
        for directory in self._grown:
            sync_directory(directory)

    def _octets_of(self, audio: AudioId, file: _OpenFile) -> int:
        """Give how many octets of samples are in a file; a torn last sample is written over."""
        status = os.fstat(file.descriptor)
        if not status.st_nlink:  # Another process has removed it: nobody would find the samples.
            self.remove(audio)
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if file.retry_at is not None:
            os.ftruncate(file.descriptor, wav.HEADER_OCTETS + file.retry_at)
            return file.retry_at
        return whole_samples(status.st_size)

    def _note(self, file: _OpenFile, octets: int) -> None:
        """Note that a file of so many octets of samples is about to be changed."""
        file.used = time.monotonic()
        file.retry_at = None
        if file.began is None:
            file.began = octets
            self._changed[file.descriptor] = file

    def _hold(self, audio: AudioId, descriptor: int) -> _OpenFile:
        """Hold a file open, and close the one used longest ago if there are too many."""
        if len(self._open) >= max(1, self._most_open):
            _audio, oldest = self._open.popitem(last=False)
            if oldest.descriptor in self._changed:
                self._commit()
            _close(oldest)
        file = self._open[audio] = _OpenFile(descriptor)
        return file


def path_of(folder: Path, audio: AudioId) -> Path:
    """Say where a stretch of audio is: two levels deep, so that no folder is too full to list."""
    return folder / audio[:2] / audio[2:4] / f"{audio}.wav"


def whole_samples(size: int) -> int:
    """Give how many octets of a file of *size* are whole samples; a torn last one is left out."""
    return max(0, size - wav.HEADER_OCTETS) // _OCTETS_OF_A_SAMPLE * _OCTETS_OF_A_SAMPLE


def _count(file: _OpenFile, octets: int) -> None:
    """Have the header say how many samples there are."""
    _write_all(file.descriptor, wav.header(octets, SAMPLES_PER_SECOND), 0)
    file.counted = file.used


def _close(file: _OpenFile) -> None:
    """Close a file with a header that is right; without one it is read nevertheless."""
    try:
        if file.counted < file.used:
            _count(file, whole_samples(os.fstat(file.descriptor).st_size))
    except OSError as error:
        _log.warning("a header was not written", error=system_says(error))
    finally:
        _release(file)


def _release(file: _OpenFile) -> None:
    """Give a descriptor back. It is gone whatever the system says, and the samples are durable."""
    try:
        os.close(file.descriptor)
    except OSError as error:
        _log.warning("a recording was not closed well", error=system_says(error))


def _write_all(file: int, octets: bytes, offset: int) -> None:
    while octets:
        written = os.pwrite(file, octets, offset)
        octets, offset = octets[written:], offset + written

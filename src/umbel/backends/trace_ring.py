"""The ring of traces on disk: files of records, the oldest removed when there are too many.

A record stands behind a mark, its length and a checksum, so that what a crash left torn is passed
over and nothing behind it is lost. Each node writes files of its own, named by number; a reader
needs no lock. Nothing is synced: the kernel keeps what was written when only the process dies.
"""

import os
import re
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import Final

from umbel.core.errors import Unavailable
from umbel.core.instants import Duration

_MARK: Final = b"\xf1UT\n"
_HEAD: Final = Struct("<4sII")
"""The mark, the length of the record, its CRC-32."""
_FILES: Final = 8
"""The ring's size is divided among so many files; one of them is removed at a time."""
_LARGEST: Final = 1 << 24
"""Bytes; a record that claims to be longer is none."""
_SUFFIX: Final = ".trace"
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class RingLimits:
    """How much is kept."""

    octets: int
    """Of all files of this node together."""
    age: Duration
    """Seconds after which a file that is full is removed, and one that is being written is full."""


class RingWriter:
    """Writes records; for one thread. What cannot be written is ``Unavailable``, and is lost."""

    def __init__(self, folder: Path, node: str, limits: RingLimits, first: bytes) -> None:
        self._folder = folder
        self._stem = _UNFIT.sub("_", node)
        self._limits = limits
        self._first = first
        self._file: int | None = None
        self._size = self._whole = 0
        """Bytes of the file, and those of them that were written without failure."""
        self._began = 0.0

    def append(self, records: Iterable[bytes]) -> None:
        """Write records in their order."""
        octets = b"".join(map(_framed, records))
        try:
            if self._is_full(len(octets)):
                self._begin_file()
            self._write(octets if self._size else _framed(self._first) + octets)
            self._whole = self._size
        except OSError as error:
            self._take_back()
            raise Unavailable(f"{self._folder}: {error.strerror or error}") from error

    def close(self) -> None:
        """Close the file; another ``append`` begins a new one."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _is_full(self, more: int) -> bool:
        if self._file is None or time.time() - self._began > self._limits.age / _FILES:
            return True
        return self._size > 0 and self._size + more > self._limits.octets // _FILES

    def _begin_file(self) -> None:
        self.close()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = files_of(self._folder, self._stem)
        self._remove_old(files)
        number = 1 + (_number(files[-1]) if files else 0)
        path = self._folder / f"{self._stem}-{number:08d}{_SUFFIX}"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._size, self._whole, self._began = 0, 0, time.time()

    def _take_back(self) -> None:
        """Cut off what was written in part; on a full disk no file is left for each attempt."""
        if self._file is None:
            return
        try:
            os.ftruncate(self._file, self._whole)
            self._size = self._whole
        except OSError:
            self.close()  # What follows begins a file of its own, behind nothing torn.

    def _remove_old(self, files: Sequence[Path]) -> None:
        """Make room for one more file, and remove what is too old."""
        oldest = time.time() - self._limits.age
        room = self._limits.octets - self._limits.octets // _FILES
        for path in reversed(files):
            status = path.stat()
            room -= status.st_size
            if room < 0 or status.st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _write(self, octets: bytes) -> None:
        view = memoryview(octets)
        while view and self._file is not None:
            written = os.write(self._file, view)
            view, self._size = view[written:], self._size + written


@dataclass
class RingReader:
    """Reads what is there, and each time after that what has come since."""

    folder: Path
    _read: dict[Path, int] = field(default_factory=dict)
    """How far each file was read."""

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Give each record with the name of its file, every file's in their order."""
        files = files_of(self.folder)
        self._read = {path: at for path, at in self._read.items() if path in files}
        for path in files:
            yield from ((path.name, record) for record in self._read_file(path))

    def _read_file(self, path: Path) -> Iterator[bytes]:
        began = self._read.get(path, 0)
        try:
            with path.open("rb") as file:
                file.seek(began)
                octets = file.read()
        except FileNotFoundError:
            return  # The writer has just removed it.
        except OSError as error:
            raise Unavailable(f"{path}: {error.strerror or error}") from error
        found, rest = records_in(octets)
        self._read[path] = began + rest
        yield from found


def files_of(folder: Path, stem: str = "") -> list[Path]:
    """Give the files of a ring, each node's by their number; *stem*: of one node."""
    pattern = re.compile(rf"{re.escape(stem) or '.*'}-[0-9]{{8,}}{re.escape(_SUFFIX)}")
    found = (path for path in folder.glob(f"*{_SUFFIX}") if pattern.fullmatch(path.name))
    return sorted(found, key=lambda path: (path.name.rpartition("-")[0], _number(path)))


def records_in(octets: bytes) -> tuple[list[bytes], int]:
    """Give the whole records, and where one begins that may still be being written."""
    found: list[bytes] = []
    at = octets.find(_MARK)
    rest = 0 if at < 0 else at
    while at >= 0 and len(octets) >= at + _HEAD.size:
        _, length, checksum = _HEAD.unpack_from(octets, at)
        start, end = at + _HEAD.size, at + _HEAD.size + length
        if length <= _LARGEST and end <= len(octets) and zlib.crc32(octets[start:end]) == checksum:
            found.append(octets[start:end])
            rest = at = end
            if octets[at : at + len(_MARK)] != _MARK:
                at = octets.find(_MARK, at)
        else:
            at = octets.find(_MARK, at + 1)
    return found, rest


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _framed(record: bytes) -> bytes:
    return _HEAD.pack(_MARK, len(record), zlib.crc32(record)) + record

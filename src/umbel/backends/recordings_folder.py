"""The administrator's folder of recordings."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from umbel.core.errors import Mistake
from umbel.core.instants import Duration
from umbel.media import wav

FRESH: Final[Duration] = 1.0
"""Seconds for which it holds what was found: hundreds of callers hear the same in them."""


class RecordingsFolder:
    """Finds WAV files by name, and reads each version of a file once to know that it can be."""

    def __init__(self, folder: Path | None, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._folder = folder and folder.resolve()
        self._readable: dict[Path, tuple[int, int]] = {}
        """By file: time of change and size of the version that was read."""
        self._found: dict[str, tuple[Path | None, float]] = {}
        """By name: what was found, and when; names are those of clips and of the configuration."""

    def find(self, name: str) -> Path | None:
        """
        Find a file by its path in the folder; ``None``: there is none.

        Raises ``Mistake`` for one that cannot be played. No name leads out of the folder.
        """
        if self._folder is None:
            return None
        if self.is_fresh(name):
            return self._found[name][0]
        now = self._now()
        found = self._look_for(name, self._folder)
        self._found[name] = found, now
        return found

    def is_fresh(self, name: str) -> bool:
        """Say whether ``find`` needs no disk for its answer."""
        found = self._found.get(name)
        return found is not None and self._now() - found[1] < FRESH

    def _look_for(self, name: str, folder: Path) -> Path | None:
        path = (folder / name).resolve()
        if not (path.is_relative_to(folder) and path.is_file()):
            return None
        self._check(path, name)
        return path

    def _check(self, path: Path, name: str) -> None:
        try:
            found = path.stat()
            version = (found.st_mtime_ns, found.st_size)
            if self._readable.get(path) == version:
                return
            sound = wav.read(path.read_bytes(), name)
        except OSError as error:
            raise Mistake(error.strerror or "nothing", expected="a file", where=name) from error
        if not sound.samples.size:
            raise Mistake("no samples", expected="audio", where=name)
        self._readable[path] = version

"""The administrator's folder of recordings."""

from pathlib import Path

from umbel.core.errors import Mistake
from umbel.media import wav


class RecordingsFolder:
    """Finds WAV files by name, and reads each version of a file once to know that it can be."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder and folder.resolve()
        self._readable: dict[Path, tuple[int, int]] = {}
        """By file: time of change and size of the version that was read."""

    def find(self, name: str) -> Path | None:
        """
        Find a file by its path in the folder; ``None``: there is none.

        Raises ``Mistake`` for one that cannot be played. No name leads out of the folder.
        """
        if self._folder is None:
            return None
        path = (self._folder / name).resolve()
        if not (path.is_relative_to(self._folder) and path.is_file()):
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

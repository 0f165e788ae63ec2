"""The trace that this machine has kept, for ``umbel trace``."""

from collections.abc import Iterator
from pathlib import Path

from umbel.backends.trace_ring import RingReader
from umbel.core.json_values import Unreadable
from umbel.trace.entry import Kept
from umbel.trace.writing import Origin, read_record

from .settings import Settings


class KeptTrace:
    """Reads what nodes of this machine have kept, and what they keep from then on."""

    def __init__(self, folder: Path) -> None:
        self._ring = RingReader(folder)
        self._origins: dict[str, Origin] = {}

    def news(self) -> list[Kept]:
        """Give what was not given yet, in the order of time; ``Unavailable`` where it cannot be."""
        return sorted(self._read(), key=lambda kept: kept.moment)

    def _read(self) -> Iterator[Kept]:
        for file, record in self._ring.read():
            try:
                found = read_record(record, self._origins.get(file))
            except Unreadable:
                continue  # Whole, but of an Umbel that wrote otherwise: the rest is still worth it.
            if isinstance(found, Origin):
                self._origins[file] = found
            elif found is not None:
                yield found


def kept_trace(settings: Settings) -> KeptTrace:
    """Give the trace of the settings."""
    return KeptTrace(Path(settings.trace.folder))

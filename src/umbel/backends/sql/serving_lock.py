"""SQLite serves one node: a lock file beside the database says which, and keeps others out."""

import fcntl
import os
from pathlib import Path

from umbel.core.errors import Mistake, system_says


class ServingLock:
    """
    Held by ``umbel serve`` for as long as it runs; the kernel lets go when the process ends.

    Commands that only administer do not take it.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def take(self, node: str) -> None:
        """Become the node that serves, or say who is."""
        file = self._opened()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 1000, 0).decode("utf-8", "replace").strip()
            os.close(file)
            raise self._taken(holder) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"node {node} (process {os.getpid()})\n".encode(), 0)
        self._file = file
        # A forked child would hold the lock as well, also when it outlives a killed parent.
        os.register_at_fork(after_in_child=self.release)

    def release(self) -> None:
        """Let another node serve. The file stays: removing it would let two nodes lock two files."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Mistake(
                system_says(error),
                expected="a folder that this user may write to: SQLite keeps several files there",
                where=str(self._path),
                do=f"see whose it is: ls -ld {self._path.parent}",
            ) from error

    def _taken(self, holder: str) -> Mistake:
        return Mistake(
            f"a store locked by {holder or 'another node'}",
            expected="a store that no other node serves: SQLite is for one node",
            where=str(self._path),
            do="stop that node, or give the nodes one PostgreSQL (store, url)",
        )

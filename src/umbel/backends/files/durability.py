"""What makes changes of files outlive a power cut."""

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

_OLDEST_THAT_TELLS: Final = (5, 8)
"""The first Linux whose ``syncfs`` says that something could not be written."""


def sync_directory(directory: Path) -> None:
    """Make a directory's entries durable: a file without its name is lost."""
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sync_file_system(directory: Path) -> bool:
    """
    Make everything durable on the file system of *directory*; raise ``OSError`` where it is not.

    Many files cost a twentieth of what ``fsync`` of each does: they share one commit of the
    file system's journal. ``False``: this system cannot; nothing was done.
    """
    if _syncfs is None:
        return False
    file = os.open(directory, os.O_RDONLY)
    try:
        if _syncfs(file) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(directory))
    finally:
        os.close(file)
    return True


def _find_syncfs() -> "ctypes._NamedFuncPointer | None":
    if sys.platform != "linux" or _release() < _OLDEST_THAT_TELLS:
        return None
    try:
        return ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return None


def _release() -> tuple[int, int]:
    """Give the version of the kernel."""
    major, _, rest = os.uname().release.partition(".")
    minor = "".join(digit for digit in rest.partition(".")[0] if digit.isdigit())
    return int(major or 0), int(minor or 0)


_syncfs: Final = _find_syncfs()

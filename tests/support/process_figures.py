"""What a process holds, as Linux tells it, and which of our objects live in this one."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
MEGABYTE = 1_000_000


def memory(process: int) -> float:
    """Give the resident memory in MB."""
    return int(_read(process, "statm").split()[1]) * PAGE / MEGABYTE


def sockets(process: int) -> int:
    """Count the open sockets."""
    return sum(_is_socket(one) for one in Path(f"/proc/{process}/fd").iterdir())


def child_running(module: str) -> int:
    """Give the number of our child process that runs *module*."""
    for number in children_running(module):
        return number
    raise LookupError(f"no child runs {module}")


def children_running(module: str) -> list[int]:
    """Give the numbers of all our child processes that run *module*."""
    return [
        number
        for number in _children(os.getpid())
        if module in _read(number, "cmdline").split("\0")
    ]


def living_objects() -> Counter[str]:
    """
    Count the objects of our classes in this process, once what is remembered is forgotten.

    That is bounded, and a cache that fills up would look like a leak.
    """
    gc.unfreeze()  # What is frozen is told by nobody.
    for one in gc.get_objects():
        if isinstance(one, _lru_cache_wrapper):
            one.cache_clear()
    gc.collect()
    kinds = map(_kind, gc.get_objects())
    return Counter(kind for kind in kinds if kind.startswith("umbel."))


@contextmanager
def circles() -> Iterator[Counter[str]]:
    """Count, after the block, the objects of our classes that only refer to each other."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found.update(kind for kind in map(_kind, gc.garbage) if kind.startswith("umbel."))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def _kind(one: object) -> str:
    return f"{type(one).__module__}.{type(one).__qualname__}"


def _is_socket(descriptor: Path) -> bool:
    try:
        return os.readlink(descriptor).startswith("socket:")
    except FileNotFoundError:
        return False  # The one that lists them.


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(one) for task in tasks for one in _told_by(task / "children").split()]


def _told_by(file: Path) -> str:
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # A thread that has ended meanwhile.


def _read(process: int, name: str) -> str:
    return Path(f"/proc/{process}/{name}").read_text()

"""The machine that is measured: its cores, who uses them, and what processes cost."""

import os
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from umbel.media.srtp_tags import HashedTags
from umbel.net.media_engine.native_tags import make_tags

_PROC: Final = Path("/proc")
_JIFFY: Final = 1 / os.sysconf("SC_CLK_TCK")
_STEAL: Final = 8
"""The place in a line of /proc/stat of the time that the hypervisor gave to others."""
_NO_PROCESSES: Final = 2
"""Where the kernel's own threads hang."""


@dataclass(frozen=True, slots=True)
class Cores:
    """What runs where."""

    server: int
    """The core of what is measured, which has it alone."""
    load: int
    """The core of the generator and of the bench itself."""


def describe() -> dict[str, str]:
    """Say on what was measured."""
    text = (_PROC / "cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", text)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "SRTP tags": "in Python" if make_tags() is HashedTags else "in C",
    }


def pin(process: int, core: int) -> None:
    """Keep a process, with all its threads, on one core."""
    for thread in _numbers(_PROC / str(process) / "task"):
        try:
            os.sched_setaffinity(thread, {core})
        except ProcessLookupError:
            continue


def families(roots: Iterable[int]) -> set[int]:
    """Give processes with all their descendants."""
    children: dict[int, list[int]] = {}
    for process, parent in _parents():
        children.setdefault(parent, []).append(process)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        process = waiting.pop()
        if process not in found:
            found.add(process)
            waiting += children.get(process, ())
    return found


def cpu_seconds(process: int, *, main_thread: bool = False) -> float:
    """Give the processor time of a process so far, exact to the microsecond."""
    task = _PROC / str(process) / "task"
    threads = (process,) if main_thread else _numbers(task)
    return sum(_on_core(task / str(thread) / "schedstat") for thread in threads)


def memory(processes: Iterable[int]) -> float:
    """Give the resident megabytes of processes; what several share is counted once (PSS)."""
    kilobytes = 0
    for process in processes:
        try:
            text = (_PROC / str(process) / "smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
        kilobytes += int(found[1]) if found else 0
    return kilobytes / 1024


def dropped(processes: Iterable[int]) -> int:
    """Give how many packets the kernel could not put into the queues of their UDP sockets."""
    owned = {inode for process in processes for inode in _sockets(process)}
    lines = [
        line.split()
        for name in ("udp", "udp6")
        for line in (_PROC / "net" / name).read_text().splitlines()[1:]
    ]
    return sum(int(fields[-1]) for fields in lines if fields[9] in owned)


def everything() -> dict[int, float]:
    """Give the processor time of every process that is not the kernel's, roughly."""
    seconds = {}
    for process, parent in _parents():
        if parent != _NO_PROCESSES and process != _NO_PROCESSES:
            fields = _stat(process)
            if fields:
                seconds[process] = (int(fields[11]) + int(fields[12])) * _JIFFY
    return seconds


def stolen() -> float:
    """Give the time in which the hypervisor let others run instead of us."""
    return int((_PROC / "stat").read_text().split("\n", 1)[0].split()[_STEAL]) * _JIFFY


def listeners(port: int) -> set[int]:
    """Give the processes that have a UDP port."""
    lines = [line.split() for line in (_PROC / "net/udp").read_text().splitlines()[1:]]
    inodes = {fields[9] for fields in lines if int(fields[1].rpartition(":")[2], 16) == port}
    return {process for process in _numbers(_PROC) if inodes & set(_sockets(process))}


def _on_core(schedstat: Path) -> float:
    try:
        return int(schedstat.read_text().split()[0]) / 1e9
    except OSError:
        return 0.0  # the thread has just ended


def _numbers(folder: Path) -> list[int]:
    try:
        return [int(name) for name in os.listdir(folder) if name.isdigit()]
    except OSError:
        return []


def _stat(process: int) -> list[str]:
    try:
        text = (_PROC / str(process) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _parents() -> Iterator[tuple[int, int]]:
    for process in _numbers(_PROC):
        fields = _stat(process)
        if fields:
            yield process, int(fields[1])


def _sockets(process: int) -> Iterator[str]:
    folder = _PROC / str(process) / "fd"
    for descriptor in _numbers(folder):
        try:
            target = os.readlink(folder / str(descriptor))
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[8:-1]

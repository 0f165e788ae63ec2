"""Watches what is measured, and all others, while a window lasts."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from .figures import Doubt, use_doubts
from .machine import dropped, everything, families, memory, stolen


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What was used in a stretch of time; shares are seconds of a core in each second."""

    seconds: float
    cpu: float
    memory: float
    dropped: int
    foreign: float
    stolen: float

    def doubts(self) -> list[Doubt]:
        """Say why figures of this time cannot be trusted; empty: they can."""
        return list(use_doubts(self.foreign, self.stolen))


class Watch:
    """Begins when it is made; ``end`` says what was used since."""

    def __init__(self, processes: set[int], cpu: Callable[[], float]) -> None:
        self._processes = processes
        self._cpu = cpu
        self._others = everything()
        self._stolen = stolen()
        self._dropped = dropped(processes)
        self._began = time.monotonic()
        self._cpu_before = cpu()

    def end(self) -> Use:
        """Give what was used."""
        cpu = self._cpu() - self._cpu_before
        seconds = time.monotonic() - self._began
        ours = families({os.getpid()}) | self._processes
        others = sum(
            used - self._others.get(process, 0.0)
            for process, used in everything().items()
            if process not in ours
        )
        return Use(
            seconds=seconds,
            cpu=cpu / seconds,
            memory=memory(self._processes),
            dropped=max(0, dropped(self._processes) - self._dropped),
            foreign=max(0.0, others) / seconds,
            stolen=(stolen() - self._stolen) / seconds,
        )

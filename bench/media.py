"""``script/bench media``: how many calls our engine holds, and how many the C loop does."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from .building import Programs
from .contestants import Contestant, EngineContestant, LoopContestant, prompt_file
from .figures import (
    COSTED,
    Kind,
    Ratio,
    Series,
    Step,
    cost_ratio,
    doubts,
    failures,
    limit_ratio,
)
from .machine import Cores, memory
from .programs import Generator
from .progress import say
from .searching import Plan, search
from .watching import Watch

ROUND: Final = 50
"""Limits are told in steps of so many calls."""
_AGAIN: Final = 2
"""How often a step that failed while its figures were doubtful is tried again."""

RTP_TARGET: Final = 0.9
SRTP_TARGET: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things take; seconds."""

    settle: float
    window: float
    fineness: float
    """Of the search for the limit: 1.05 is 5 %."""


THOROUGH: Final = Pace(settle=1.0, window=3.0, fineness=1.07)
QUICK: Final = Pace(settle=0.8, window=2.0, fineness=1.15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every series needs."""

    programs: Programs
    cores: Cores
    pace: Pace
    most: int
    """Calls, at most."""


def kinds(names: Sequence[str], media: Sequence[str], sockets: Sequence[str]) -> list[Kind]:
    """
    Give the kinds of calls that are asked for, those first that the targets speak of.

    What a port per call costs is shown by the first of *names* alone.
    """
    return [
        Kind(
            plays=name != "recording",
            records=name != "playing",
            is_secure=medium == "srtp",
            has_own_ports=socket == "own",
        )
        for socket in sockets
        for name in (names if socket == "shared" else names[:1])
        for medium in media
    ]


async def measure(bench: Bench, wanted: Sequence[Kind]) -> list[Series]:
    """Measure each kind for the engine and for the C loop, one right after the other."""
    found: list[Series] = []
    for kind in wanted:
        for make in (_engine, _loop):
            series = await _measure_series(bench, kind, make, found)
            found.append(series)
            say(f"{series.contestant}, {kind.name}: holds {series.limit}")
    return found


def ratios(all_series: Sequence[Series]) -> list[Ratio]:
    """Compare the engine with the loop, kind by kind, and with itself."""
    found: list[Ratio] = []
    by_name = {(it.contestant, it.kind): it for it in all_series}
    for (contestant, kind), series in by_name.items():
        if contestant != EngineContestant.name:
            continue
        loop = by_name.get((LoopContestant.name, kind))
        is_both = kind.plays and kind.records and not kind.has_own_ports
        target = (SRTP_TARGET if kind.is_secure else RTP_TARGET) if is_both else None
        if loop is not None:
            found.append(limit_ratio(series, loop, target))
        cost = cost_ratio(series, 200, 2000)
        if cost is not None:
            found.append(cost if is_both else replace(cost, target=None))
    return found


_Make = Callable[[Bench, Kind, set[int]], Contestant]


def _engine(bench: Bench, kind: Kind, not_ours: set[int]) -> Contestant:
    return EngineContestant(kind, bench.cores, prompt_file(), not_ours)


def _loop(bench: Bench, kind: Kind, not_ours: set[int]) -> Contestant:
    return LoopContestant(kind, bench.programs, bench.cores, bench.most)


def _plan(bench: Bench, kind: Kind, before: Sequence[Series]) -> Plan:
    """Begin near what is known already; cost is told for the kind that the targets speak of."""
    steps: tuple[int, ...]
    if kind.plays and kind.records and not kind.has_own_ports:
        steps = COSTED
    else:
        known = [it.limit for it in before if it.kind.is_secure == kind.is_secure and it.limit]
        likely = known[-1] if known else 1000
        steps = (likely // 2, likely)
    return Plan(steps=steps, fineness=bench.pace.fineness, most=bench.most, unit=ROUND)


async def _measure_series(
    bench: Bench, kind: Kind, make: _Make, before: Sequence[Series]
) -> Series:
    climb = _Climb(bench, kind, make)
    progress = search(_plan(bench, kind, before))
    try:
        calls = next(progress)
        while True:
            calls = progress.send(await climb.holds(calls))
    except StopIteration as end:
        climb.series.limit = end.value
    finally:
        await climb.stop()
    return climb.series


class _Climb:
    """One contestant with a generator; both begin anew where calls have to become fewer."""

    def __init__(self, bench: Bench, kind: Kind, make: _Make) -> None:
        self._bench = bench
        self._kind = kind
        self._make = make
        self._contestant: Contestant | None = None
        self._generator: Generator | None = None
        self._asked = 0
        self._up = 0
        self.series = Series(contestant="", kind=kind)

    async def holds(self, calls: int) -> bool:
        """Say whether so many calls hold; where that cannot be trusted, look again."""
        for attempt in range(1 + _AGAIN):
            step = await self._step(calls)
            self.series.steps.append(step)
            wrong, doubtful = list(failures(step, self._kind)), [*map(str, doubts(step))]
            self._tell(step, wrong, doubtful)
            if not wrong:
                return True
            await self.stop()
            if not doubtful or attempt == _AGAIN:
                break
        return False

    def _tell(self, step: Step, wrong: list[str], doubtful: list[str]) -> None:
        window = step.window
        words = "holds" if not wrong else "FAILS: " + ", ".join(wrong)
        doubt = f" [in doubt: {', '.join(doubtful)}]" if doubtful else ""
        late = f"late p50 {window.p50:.1f} p99 {window.p99:.1f} p99.9 {window.p999:.1f} "
        late += f"max {window.worst:.1f} ms, lost {step.lost_share:.2%}, "
        say(
            f"{self.series.contestant:7} {self._kind.name}: {step.calls:5} calls "
            f"{late if self._kind.plays else ''}{step.cpu:4.0%} of the core, "
            f"{step.memory:.0f} MB  {words}{doubt}"
        )

    async def _begin(self) -> None:
        bench = self._bench
        arguments = ["--most", str(bench.most)]
        if self._kind.is_secure:
            arguments += ["--libsrtp", str(bench.programs.libsrtp)]
        self._generator = await Generator.run(bench.programs.load, *arguments)
        not_ours = {self._generator.process.pid}
        self._contestant = self._make(bench, self._kind, not_ours)
        self.series.contestant = self._contestant.name
        await self._contestant.start()
        if not self.series.idle_memory:
            self.series.idle_memory = memory(self._contestant.processes())

    async def stop(self) -> None:
        """End both programs."""
        if self._contestant is not None:
            await self._contestant.stop()
        if self._generator is not None:
            await self._generator.end()
        self._contestant = self._generator = None
        self._asked = self._up = 0

    async def _step(self, calls: int) -> Step:
        if self._asked > calls:
            await self.stop()
        if self._contestant is None or self._generator is None:
            await self._begin()
        assert self._contestant is not None
        assert self._generator is not None
        ports = await self._contestant.calls(calls)
        await self._generator.talk(ports)
        self._asked, self._up = calls, self._up + len(ports)
        # A recording's first second comes after a second: only then as much comes as is spoken.
        await asyncio.sleep(self._bench.pace.settle + (1.0 if self._kind.records else 0.0))
        watch = Watch(self._contestant.processes(), self._contestant.cpu)
        recorded = await self._contestant.recorded()
        window = await self._generator.window(self._bench.pace.window)
        recorded = await self._contestant.recorded() - recorded
        use = watch.end()
        return Step(
            calls=calls,
            up=self._up,
            window=window,
            cpu=use.cpu,
            memory=use.memory,
            dropped=use.dropped,
            recorded=recorded if self._kind.records else None,
            foreign=use.foreign,
            stolen=use.stolen,
        )

"""What was measured, as values; whether a step held, whether it can be trusted; ratios."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Final

ON_TIME_SHARE: Final = 0.99
"""Of a step's packets, so many come within 10 ms of their slot, or it does not hold."""
RECORDED_SHARE: Final = 0.99
DROPPED_SHARE: Final = 0.01
GENERATOR_LATE: Final = 0.01
"""A generator that sends more of its packets 5 ms late is no judge."""
NOISE: Final = 0.10
"""Of a core, used by others than the bench."""
STOLEN: Final = 0.03
"""Of a core, used by other machines of the same host."""

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the calls of a series are."""

    plays: bool
    records: bool
    is_secure: bool = False
    has_own_ports: bool | None = None
    """Whether each call has ports of its own; ``None``: as the server likes."""

    @property
    def name(self) -> str:
        """Give what the kind is called in tables and JSON."""
        does = "playing and recording" if self.plays and self.records else "playing"
        if not self.plays:
            does = "recording"
        media = "SRTP" if self.is_secure else "RTP"
        if self.has_own_ports is None:
            return f"{does}, {media}"
        return f"{does}, {media}, {'a port per call' if self.has_own_ports else 'shared ports'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What the generator saw of all streams for some seconds; lateness in milliseconds."""

    seconds: float
    streams: int
    expected: int
    heard: int
    on_time: int
    silent_streams: int
    sent: int
    sent_late: int
    unverified: int
    p50: float
    p99: float
    p999: float
    worst: float
    ended_by_server: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So many calls, held for a window."""

    calls: int
    up: int
    """Of the calls, those that could be begun."""
    window: Window
    cpu: float
    """Seconds of a core in each second, used by what is measured."""
    memory: float
    """Megabytes."""
    dropped: int
    """Packets that found no room in the queues of what is measured."""
    recorded: float | None
    """Seconds of audio that were handed over in the window, of all calls; ``None``: none wanted."""
    foreign: float
    """Seconds of a core in each second, used by others."""
    stolen: float

    @property
    def lost_share(self) -> float:
        """The share of the expected packets that did not come."""
        return 1 - self.window.heard / self.window.expected if self.window.expected else 0.0


def failures(step: Step, kind: Kind) -> Iterator[str]:
    """Say why a step did not hold; nothing: it did."""
    window = step.window
    if step.up < step.calls:
        yield f"{step.calls - step.up} calls could not be begun"
    if window.ended_by_server:
        yield f"{window.ended_by_server} calls were ended"
    if window.unverified:
        yield f"{window.unverified} packets were not authentic"
    if kind.plays and window.silent_streams:
        yield f"{window.silent_streams} calls fell silent"
    on_time = window.on_time / window.expected if window.expected else 0.0
    if kind.plays and on_time < ON_TIME_SHARE:
        yield f"{on_time:.1%} of the packets on time"
    recorded = _recorded_share(step)
    if kind.records and recorded is not None and recorded < RECORDED_SHARE:
        yield f"{recorded:.1%} recorded"
    dropped = step.dropped / window.sent if window.sent else 0.0
    if dropped >= DROPPED_SHARE:
        yield f"{dropped:.1%} dropped at its sockets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A reason not to trust a figure, and how strong it is."""

    what: str
    share: float | None = None
    """Where it can be told as a number, how much."""

    def __str__(self) -> str:
        return self.what if self.share is None else f"{self.what} {self.share:.0%}"


def doubts(step: Step) -> Iterator[Doubt]:
    """Say why the figures of a step cannot be trusted; nothing: they can."""
    late = step.window.sent_late / step.window.sent if step.window.sent else 0.0
    if late > GENERATOR_LATE:
        yield Doubt(what="packets that the generator sent late:", share=late)
    yield from use_doubts(step.foreign, step.stolen)


def use_doubts(foreign: float, stolen: float) -> Iterator[Doubt]:
    """Say why figures taken beside others cannot be trusted; both in seconds of a core a second."""
    if foreign > NOISE:
        yield Doubt(what="of a core used by others:", share=foreign)
    if stolen > STOLEN:
        yield Doubt(what="of a core taken by the host:", share=stolen)


def worst(several: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """Give the strongest doubt of each sort."""
    found: dict[str, Doubt] = {}
    for doubt in several:
        stronger = found.setdefault(doubt.what, doubt)
        if (doubt.share or 0.0) > (stronger.share or 0.0):
            found[doubt.what] = doubt
    return tuple(found.values())


def _recorded_share(step: Step) -> float | None:
    if step.recorded is None or not step.up:
        return None
    return step.recorded / (step.up * step.window.seconds)


@dataclass(slots=True, kw_only=True)
class Series:
    """All steps of one contestant with calls of one kind."""

    contestant: str
    kind: Kind
    steps: list[Step] = field(default_factory=list)
    limit: int = 0
    """The most calls that held."""
    idle_memory: float = 0.0

    def held(self) -> list[Step]:
        """Give the steps that held, the smallest first."""
        good = (step for step in self.steps if not any(failures(step, self.kind)))
        return sorted(good, key=lambda step: step.calls)

    def cost_per_100(self) -> dict[int, float]:
        """Give, for each number of calls that held, the per cent of a core for each 100 calls."""
        return {step.calls: 100 * step.cpu / step.calls * 100 for step in self.held()}

    def memory_per_100(self) -> float | None:
        """Give the megabytes that 100 more calls take; ``None``: no two steps tell."""
        held = self.held()
        if not held or held[-1].calls < 2 * held[0].calls:
            return None
        first, last = held[0], held[-1]
        return 100 * (last.memory - first.memory) / (last.calls - first.calls)

    def doubts(self) -> tuple[Doubt, ...]:
        """
        Give why the limit may be higher in truth; nothing: it is what was measured.

        What held in spite of others held; what failed beside others may hold alone.
        """
        failed = [step for step in self.steps if step.calls > self.limit]
        if not failed:
            return (Doubt(what=f"{self.contestant} may hold more: nothing failed"),)
        least = min(step.calls for step in failed)
        tries = [tuple(doubts(step)) for step in failed if step.calls == least]
        return worst(chain.from_iterable(tries)) if all(tries) else ()

    def to_json(self) -> Json:
        """Give everything, for programs."""
        return {
            "contestant": self.contestant,
            "kind": self.kind.name,
            "limit": self.limit,
            "cost_per_100": {str(calls): round(it, 3) for calls, it in self.cost_per_100().items()},
            "memory_per_100": self.memory_per_100(),
            "idle_memory": round(self.idle_memory, 1),
            "doubts": [str(it) for it in self.doubts()],
            "steps": [
                {
                    **asdict(step),
                    "failures": list(failures(step, self.kind)),
                    "doubts": [str(it) for it in doubts(step)],
                }
                for step in self.steps
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How much a server does in a second, and how long each took; delays in milliseconds."""

    what: str
    contestant: str
    value: float
    cpu: float
    p50: float
    p99: float
    failed: int
    doubts: tuple[Doubt, ...] = ()

    def to_json(self) -> Json:
        """Give it for programs."""
        return {**asdict(self), "doubts": [str(it) for it in self.doubts]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One figure of ours against the same of another, taken side by side."""

    what: str
    ours: float
    theirs: float
    against: str
    target: float | None = None
    """What the ratio is to be at least; ``None``: it is only told."""
    doubts: tuple[Doubt, ...] = ()

    @property
    def value(self) -> float | None:
        """Give ours for one of theirs; ``None`` where theirs is nothing."""
        return self.ours / self.theirs if self.theirs else None

    @property
    def is_met(self) -> bool | None:
        """Say whether the target is met; ``None``: there is no target, or nothing to compare."""
        if self.target is None or self.value is None:
            return None
        return self.value >= self.target

    def to_json(self) -> Json:
        """Give it for programs."""
        told = [str(it) for it in self.doubts]
        return {**asdict(self), "doubts": told, "value": self.value, "met": self.is_met}


def limit_ratio(ours: Series, theirs: Series, target: float | None = None) -> Ratio:
    """Compare how many calls two contestants held."""
    return Ratio(
        what=f"calls held {ours.kind.name}",
        ours=ours.limit,
        theirs=theirs.limit,
        against=theirs.contestant,
        target=target,
        doubts=worst((*ours.doubts(), *theirs.doubts())),
    )


def rate_ratio(ours: Rate, theirs: Rate, target: float | None = None) -> Ratio:
    """Compare what two servers do in a second."""
    return Ratio(
        what=ours.what,
        ours=ours.value,
        theirs=theirs.value,
        against=theirs.contestant,
        target=target,
        doubts=worst((*ours.doubts, *theirs.doubts)),
    )


def cost_ratio(series: Series, few: int, many: int) -> Ratio | None:
    """Compare what 100 calls cost among few with what they cost among many; at least 1 is good."""
    costs = series.cost_per_100()
    if few not in costs or many not in costs:
        return None
    compared = [step for step in series.held() if step.calls in (few, many)]
    return Ratio(
        what=f"cost per 100 calls at {few} : at {many}, {series.kind.name}",
        ours=costs[few],
        theirs=costs[many],
        against="itself",
        target=1.0,
        doubts=worst(doubt for step in compared for doubt in doubts(step)),
    )


def ratio_lines(ratios: Sequence[Ratio]) -> Iterator[str]:
    """Give the ratios as a table in Markdown."""
    yield "| what | ours | theirs | against | ratio | target | |"
    yield "|---|--:|--:|---|--:|--:|---|"
    for it in ratios:
        value = "–" if it.value is None else f"{it.value:.2f}"
        target = "" if it.target is None else f"≥ {it.target:g}"
        verdict = {True: "met", False: "**missed**", None: ""}[it.is_met]
        if it.doubts:
            verdict = f"in doubt ({'; '.join(map(str, it.doubts))})"
        yield (
            f"| {it.what} | {it.ours:,.6g} | {it.theirs:,.6g} | {it.against} | {value} | "
            f"{target} | {verdict} |"
        )


def rate_lines(rates: Sequence[Rate]) -> Iterator[str]:
    """Give the rates as a table in Markdown."""
    yield "| what | who | a second | p50 ms | p99 ms | % of the core | |"
    yield "|---|---|--:|--:|--:|--:|---|"
    for it in rates:
        doubtful = f"in doubt ({'; '.join(map(str, it.doubts))})" if it.doubts else ""
        yield (
            f"| {it.what} | {it.contestant} | {it.value:,.0f} | {it.p50:.1f} | {it.p99:.1f} | "
            f"{100 * it.cpu:.0f} | {doubtful} |"
        )


def series_lines(all_series: Sequence[Series]) -> Iterator[str]:
    """Give the limits and costs as a table in Markdown."""
    counts = sorted({calls for it in all_series for calls in it.cost_per_100()})
    shown = [calls for calls in counts if calls in COSTED]
    yield (
        "| calls | who | most held | p99 late there, ms | MB per 100 | "
        + " | ".join(f"% at {calls}" for calls in shown)
        + " |"
    )
    yield "|---|---|--:|--:|--:|" + "--:|" * len(shown)
    for it in all_series:
        costs, memory, held = it.cost_per_100(), it.memory_per_100(), it.held()
        late = f"{held[-1].window.p99:.1f}" if held and it.kind.plays else "–"
        cells = [f"{costs[calls]:.2f}" if calls in costs else "" for calls in shown]
        megabytes = "–" if memory is None else f"{memory:.1f}"
        first = f"| {it.kind.name} | {it.contestant} | {it.limit:,} | {late} | {megabytes} | "
        yield first + " | ".join(cells) + " |"


COSTED: Final = (10, 100, 200, 500, 1000, 1500, 2000, 3000)
"""The numbers of calls at which cost is told."""


def window_from(answer: Mapping[str, object]) -> Window:
    """Read the generator's answer to ``window``."""
    return Window(**{name: answer[name] for name in Window.__slots__})  # type: ignore[arg-type]

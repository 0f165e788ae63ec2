"""``script/bench signalling`` and ``script/bench asterisk``: which measurements, in which order."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from . import signalling
from .asterisk import AsteriskServer
from .figures import Kind, Rate, Ratio, Series, limit_ratio, rate_ratio, worst
from .progress import say
from .servers import AnswerServer, UmbelServer
from .signalling import Bench, Measured

HOLDS_PLAYING: Final = 8.0
HOLDS_RECORDING: Final = 2.5
CALLS_PER_SECOND: Final = 2.0
OPTIONS_PER_SECOND: Final = 1.0

_FULL: Final = 0.9
"""Of the calls that are held at most: then the media is full, and not yet too full."""


@dataclass(slots=True, kw_only=True)
class Results:
    """All that one run brought."""

    series: list[Series] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)

    def add(self, other: "Results") -> None:
        """Put beside it what another part of the run has brought."""
        self.series += other.series
        self.rates += other.rates
        self.ratios += other.ratios


async def signal(bench: Bench, media: Sequence[str]) -> Results:
    """Measure the signalling of a node, and its delay while the media is full."""
    results, umbel = Results(), Measured(bench, UmbelServer())
    limit = Measured(bench, AnswerServer(bench.programs.answer))
    try:
        await _compare_requests((umbel, limit), results, None)
        for medium in media:
            is_secure = medium == "srtp"
            results.rates.append(await signalling.calls_per_second(umbel, is_secure=is_secure))
        held = await signalling.calls_held(umbel, Kind(plays=True, records=False))
        results.series.append(held)
        idle, full = await signalling.delays(umbel, int(held.limit * _FULL))
        results.rates += [idle, full]
        results.ratios.append(_delay_ratio(idle, full))
    finally:
        await limit.stop()
        await umbel.stop()
    return results


def _delay_ratio(idle: Rate, full: Rate) -> Ratio:
    return Ratio(
        what="delay of an OPTIONS (p99, ms): media full, and idle",
        ours=full.p99,
        theirs=idle.p99,
        against="itself",
        doubts=worst((*idle.doubts, *full.doubts)),
    )


async def against_asterisk(bench: Bench, media: Sequence[str]) -> Results:
    """Measure a node and Asterisk, each test of one right after the same of the other."""
    asterisk = AsteriskServer()
    asterisk.fetch()
    say(f"Beside {asterisk.version()}")
    both = (Measured(bench, UmbelServer()), Measured(bench, asterisk))
    results = Results()
    try:
        await _compare_requests(both, results, OPTIONS_PER_SECOND)
        for medium in media:
            await _compare_rates(both, medium == "srtp", results)
        for medium in media:
            await _compare_held(both, medium == "srtp", results)
    finally:
        for measured in both:
            await measured.stop()
    return results


_Both = tuple[Measured, Measured]
_Measure = Callable[[Measured], Awaitable[list[Rate]]]


async def _compare_requests(both: _Both, results: Results, wanted: float | None) -> None:
    for measure, target in (
        (signalling.options, wanted),
        (signalling.handshakes, None),
    ):
        ours, theirs = [await _alone(measure, measured) for measured in both]
        results.rates += [*ours, *theirs]
        for one, other in zip(ours, theirs, strict=True):
            results.ratios.append(rate_ratio(one, other, target))


async def _alone(measure: _Measure, measured: Measured) -> list[Rate]:
    """Measure with no other server running: an idle one takes its share of the core as well."""
    try:
        return await measure(measured)
    finally:
        await measured.stop()


async def _compare_rates(both: _Both, is_secure: bool, results: Results) -> None:
    found = []
    for measured in both:
        found.append(await signalling.calls_per_second(measured, is_secure=is_secure))
        await measured.stop()
    results.rates += found
    results.ratios.append(rate_ratio(found[0], found[1], CALLS_PER_SECOND))


async def _compare_held(both: _Both, is_secure: bool, results: Results) -> None:
    for plays, target in ((True, HOLDS_PLAYING), (False, HOLDS_RECORDING)):
        kind = Kind(plays=plays, records=not plays, is_secure=is_secure)
        ours, theirs = [await signalling.calls_held(measured, kind) for measured in both]
        results.series += [ours, theirs]
        ratio = limit_ratio(ours, theirs, target)
        results.ratios.append(replace(ratio, what=f"{ratio.what}, with signalling"))

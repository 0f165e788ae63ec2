"""Whole servers: calls and requests a second, calls held with signalling, delay under load."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from . import site
from .building import Programs
from .figures import Doubt, Kind, Rate, Series, Step, doubts, failures
from .machine import Cores, memory
from .programs import Generator, Tally
from .progress import say
from .searching import Plan, search
from .servers import Running, Server
from .watching import Use, Watch

FAILED_SHARE: Final = 0.001
SETUP_LIMIT: Final = 500.0
"""Milliseconds that 95 % of the calls are answered in."""
PACKETS_OF_A_CALL: Final = 45
"""Of the 50 that a second of prompt has."""
PROMPT_SECONDS: Final = 1.0

_ROUND: Final = 50
_RECORDING_WINDOW: Final = 2
"""Times the window of playing: files grow by pieces of seconds."""
_GENERATOR_LIMIT: Final = 0.95
"""Of its core; where the generator needs more it may be the limit itself."""
_BUSY: Final = 0.8
"""Of its core; a server that uses less of it while all wait for it may well do more."""
_TRANSPORTS: Final = ("udp", "tcp", "tls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things take, in seconds, and how fine the searches are."""

    window: float
    settle: float
    fineness: float
    outstanding: tuple[int, ...]


THOROUGH: Final = Pace(window=5.0, settle=2.0, fineness=1.08, outstanding=(16, 128))
QUICK: Final = Pace(window=3.0, settle=1.0, fineness=1.25, outstanding=(64,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every measurement needs."""

    programs: Programs
    cores: Cores
    pace: Pace
    most: int
    """Calls, at most."""
    ramp: float = 80.0
    """New calls a second while a staircase goes up."""


class Measured:
    """A server that is being measured; starts anew where the last test left it in pieces."""

    def __init__(self, bench: Bench, server: Server) -> None:
        self.bench = bench
        self.server = server
        self._running = Running(server, bench.cores.server)
        self._is_up = False

    async def fresh(self) -> None:
        """Have it started anew."""
        await self.stop()
        await self._running.start()
        self._is_up = True

    async def stop(self) -> None:
        """End it."""
        if self._is_up:
            await self._running.stop()
        self._is_up = False

    @asynccontextmanager
    async def generator(
        self, transport: str, *, is_secure: bool = False, most: int = 100
    ) -> AsyncIterator[Generator]:
        """Run a generator that calls the server, which is started where it is not up."""
        if not self._is_up:
            await self.fresh()
        port = self.server.port + (transport == "tls")
        arguments = ["--most", str(most), "--server", f"127.0.0.1:{port}", "--transport", transport]
        arguments += ["--from", site.SECURE_CALLER if is_secure else site.PLAIN_CALLER]
        if is_secure:
            arguments += ["--libsrtp", str(self.bench.programs.libsrtp)]
        generator = await Generator.run(self.bench.programs.load, *arguments)
        try:
            yield generator
        finally:
            await generator.end()

    def watch(self) -> Watch:
        """Begin to watch what it uses."""
        return Watch(self._running.processes(), self._running.cpu)

    def memory(self) -> float:
        """Give its memory now."""
        return memory(self._running.processes())


# --- requests and handshakes -----------------------------------------------------------------


async def options(measured: Measured) -> list[Rate]:
    """Measure OPTIONS answered each second over every transport, the best of some loads."""
    found = []
    for transport in _TRANSPORTS:
        tries = [
            await _closed_loop(
                measured, transport, f"options {outstanding}", f"OPTIONS/s {transport.upper()}"
            )
            for outstanding in measured.bench.pace.outstanding
        ]
        found.append(_best(tries))
    return found


async def handshakes(measured: Measured) -> list[Rate]:
    """Measure full TLS handshakes each second, each from another address."""
    tries = [await _closed_loop(measured, "tls", "handshakes 16", "full TLS handshakes/s")]
    return [_best(tries)]


async def _closed_loop(measured: Measured, transport: str, command: str, what: str) -> Rate:
    seconds = measured.bench.pace.window
    async with measured.generator(transport) as generator:
        watch = measured.watch()
        tally = await generator.run_calls(f"{command} {seconds}", seconds + 2)
        use = watch.end()
    doubtful = _doubts(use, tally)
    if use.cpu < _BUSY:
        doubtful += (Doubt(what="it was not busy; of the core it used only", share=use.cpu),)
    delay = tally.handshakes if command.startswith("handshakes") else tally.options
    return _told(
        Rate(
            what=what,
            contestant=measured.server.name,
            value=tally.answered / tally.seconds,
            cpu=use.cpu,
            p50=delay.p50,
            p99=delay.p99,
            failed=tally.refused + tally.timed_out,
            doubts=doubtful,
        )
    )


def _best(tries: Sequence[Rate]) -> Rate:
    return max(tries, key=lambda rate: rate.value)


# --- calls a second --------------------------------------------------------------------------


async def calls_per_second(measured: Measured, *, is_secure: bool) -> Rate:
    """Search for the most calls a second that are all served, with a second of prompt each."""
    media = "TLS and SRTP" if is_secure else "UDP and RTP"
    best: Rate | None = None
    plan = Plan(
        steps=(20, 50, 100, 200, 400),
        fineness=measured.bench.pace.fineness,
        most=2000,
        unit=5,
    )

    async def holds(rate: int) -> bool:
        nonlocal best
        tally, use = await _one_rate(measured, rate, is_secure=is_secure)
        wrong = _wrong_with(tally, rate)
        tried = Rate(
            what=f"calls/s, {media}",
            contestant=measured.server.name,
            value=0.0 if wrong else rate,
            cpu=use.cpu,
            p50=tally.setup.p50,
            p99=tally.setup.p99,
            failed=tally.failed,
            doubts=_doubts(use, tally),
        )
        _told(tried, f"{rate:.0f}/s {'FAILS: ' + wrong if wrong else 'holds'}")
        if wrong:
            await measured.stop()
        elif best is None or best.value < rate:
            best = tried
        if best is None:
            best = tried
        return not wrong

    await _search(plan, holds)
    assert best is not None, "a search tries at least once"
    return best


async def _one_rate(measured: Measured, rate: float, *, is_secure: bool) -> tuple[Tally, Use]:
    seconds = measured.bench.pace.window
    most = int(rate * 12) + 100
    transport = "tls" if is_secure else "udp"
    async with measured.generator(transport, is_secure=is_secure, most=most) as generator:
        watch = measured.watch()
        command = f"rate {rate} {seconds} {PROMPT_SECONDS} {measured.server.play}"
        tally = await generator.run_calls(command, seconds + 12)
        use = watch.end()
    await asyncio.sleep(0.5)
    return tally, use


def _wrong_with(tally: Tally, rate: float) -> str:
    """Say what was wrong with calls at a rate; empty: nothing."""
    if tally.failed > FAILED_SHARE * max(1, tally.tried):
        return f"{tally.failed} of {tally.tried} calls failed"
    if tally.setup.p95 > SETUP_LIMIT:
        return f"95 % answered within {tally.setup.p95:.0f} ms"
    packets = tally.packets / max(1, tally.answered)
    if packets < PACKETS_OF_A_CALL:
        return f"{packets:.0f} packets a call"
    if tally.tried / tally.seconds < 0.95 * rate:
        return f"only {tally.tried / tally.seconds:.0f}/s could be offered"
    return ""


# --- calls held ------------------------------------------------------------------------------


async def calls_held(measured: Measured, kind: Kind) -> Series:
    """Search for the most calls that a whole server holds, all with signalling."""
    series = Series(contestant=measured.server.name, kind=kind)
    climb = _Climb(measured, series)
    steps = (100, 200, 400, 800, 1200, 1600, 2000, 2500, 3000)
    pace = measured.bench.pace
    plan = Plan(steps=steps, fineness=pace.fineness, most=measured.bench.most, unit=_ROUND)
    try:
        series.limit = await _search(plan, climb.holds)
    finally:
        await climb.stop()
        await measured.stop()
    return series


class _Climb:
    """One staircase of calls."""

    def __init__(self, measured: Measured, series: Series) -> None:
        self._measured = measured
        self._series = series
        self._generator: Generator | None = None
        self._leaving: Callable[[], Awaitable[None]] | None = None
        self._up = 0

    async def holds(self, calls: int) -> bool:
        """Say whether so many calls hold; what failed in doubt is tried once more."""
        for is_last in (False, True):
            step = await self._step(calls)
            self._series.steps.append(step)
            wrong = list(failures(step, self._series.kind))
            _tell_step(self._series, step, wrong)
            if not wrong:
                return True
            await self.stop()
            await self._measured.stop()
            if is_last or not any(doubts(step)):
                break
        return False

    async def stop(self) -> None:
        """End all calls."""
        if self._leaving is not None:
            await self._leaving()
        self._generator, self._leaving, self._up = None, None, 0

    async def _begin(self) -> Generator:
        measured, kind = self._measured, self._series.kind
        await measured.fresh()
        self._series.idle_memory = measured.memory()
        transport = "tls" if kind.is_secure else "udp"
        context = measured.generator(transport, is_secure=kind.is_secure, most=measured.bench.most)
        self._generator = await context.__aenter__()

        async def leave() -> None:
            await context.__aexit__(None, None, None)

        self._leaving = leave
        return self._generator

    async def _step(self, calls: int) -> Step:
        if self._up > calls:
            await self.stop()
        generator = self._generator or await self._begin()
        measured, kind, pace = self._measured, self._series.kind, self._measured.bench.pace
        user = measured.server.play if kind.plays else measured.server.voice_mail
        command = f"calls {calls} {measured.bench.ramp} {user}"
        tally = await generator.run_calls(command, calls / measured.bench.ramp + 30)
        self._up = tally.up
        await asyncio.sleep(pace.settle + (3.0 if kind.records else 0.0))
        watch = measured.watch()
        before = measured.server.recorded()
        window = await generator.window(pace.window * (_RECORDING_WINDOW if kind.records else 1))
        recorded = measured.server.recorded() - before
        # Files grow by pieces: what is spoken may still wait in the server for the next one.
        recorded = min(recorded + self._up * measured.server.piece, self._up * window.seconds)
        use = watch.end()
        return Step(
            calls=calls,
            up=tally.up,
            window=window,
            cpu=use.cpu,
            memory=use.memory,
            dropped=use.dropped,
            recorded=recorded if kind.records else None,
            foreign=use.foreign,
            stolen=use.stolen,
        )


def _tell_step(series: Series, step: Step, wrong: Sequence[str]) -> None:
    doubtful = "; ".join(map(str, doubts(step)))
    words = "FAILS: " + ", ".join(wrong) if wrong else "holds"
    late = f"late p99 {step.window.p99:.1f} ms, lost {step.lost_share:.2%}, "
    say(
        f"{series.contestant:8} {series.kind.name}: {step.calls:5} calls "
        f"{late if series.kind.plays else ''}{step.cpu:4.0%} of the core, {step.memory:.0f} MB  "
        f"{words}{f' [in doubt: {doubtful}]' if doubtful else ''}"
    )


# --- delay -----------------------------------------------------------------------------------


async def delays(measured: Measured, held: int) -> list[Rate]:
    """Measure how long an OPTIONS takes while nothing goes on, and while so many calls are held."""
    found = []
    seconds = measured.bench.pace.window
    await measured.fresh()
    async with measured.generator("udp", most=max(held, 1)) as generator:
        for calls in (0, held):
            if calls:
                command = f"calls {calls} {measured.bench.ramp} {measured.server.play}"
                await generator.run_calls(command, calls / measured.bench.ramp + 30)
            watch = measured.watch()
            tally = await generator.run_calls(f"options 1 {seconds}", seconds + 2)
            use = watch.end()
            found.append(
                _told(
                    Rate(
                        what=f"OPTIONS one after the other, {calls} calls held: /s",
                        contestant=measured.server.name,
                        value=tally.answered / tally.seconds,
                        cpu=use.cpu,
                        p50=tally.options.p50,
                        p99=tally.options.p99,
                        failed=tally.timed_out + tally.refused,
                        doubts=_doubts(use, tally),
                    )
                )
            )
    await measured.stop()
    return found


# --- what all have in common -----------------------------------------------------------------


async def _search(plan: Plan, holds: Callable[[int], Awaitable[bool]]) -> int:
    progress = search(plan)
    try:
        target = next(progress)
        while True:
            target = progress.send(await holds(target))
    except StopIteration as end:
        found: int = end.value
        return found


def _doubts(use: Use, tally: Tally) -> tuple[Doubt, ...]:
    found = use.doubts()
    if tally.generator_cpu > _GENERATOR_LIMIT:
        found.append(Doubt(what="of its core used by the generator:", share=tally.generator_cpu))
    return tuple(found)


def _told(rate: Rate, words: str = "") -> Rate:
    doubtful = "; ".join(map(str, rate.doubts))
    say(
        f"{rate.contestant:8} {rate.what}: {words or f'{rate.value:,.0f}'}  "
        f"p50 {rate.p50:.1f} p99 {rate.p99:.1f} ms, {rate.cpu:.0%} of the core"
        f"{f', {rate.failed} failed' if rate.failed else ''}"
        f"{f' [in doubt: {doubtful}]' if doubtful else ''}"
    )
    return rate

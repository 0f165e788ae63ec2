"""Metrics of a node, as Prometheus and whoever reads OpenMetrics fetch them by HTTP.

What is told is gathered in the event loop, where it changes; the server of the library runs in a
thread of its own and asks for it there.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from umbel.core.errors import Mistake, system_says
from umbel.core.events import Event

from .capacity import Capacity
from .settings import MetricsSettings

_PATIENCE: Final = 5.0
"""Seconds that a scrape waits for a node that is busy."""


class NodeMetrics:
    """All figures of one node, and what they mean."""

    def __init__(
        self, node: str, capacity: Capacity, live_things: Callable[[], Mapping[str, int]]
    ) -> None:
        """*live_things* gives how many of each kind of thing live now."""
        self._node = node
        self._capacity = capacity
        self._live_things = live_things
        self._events: Counter[tuple[int, str]] = Counter()

    def count(self, event: Event) -> None:
        """Count an event that was told."""
        self._events[event.kind.number, event.kind.level.value] += 1

    def gather(self) -> list[Metric]:
        """Give all metrics as they are now."""
        return [*self._of_the_node(), *self._of_the_engines()]

    def _of_the_node(self) -> Iterable[Metric]:
        about = {"version": version("umbel"), "node": self._node}
        yield InfoMetricFamily("umbel", "Which node this is.", about)
        capacity = self._capacity
        yield GaugeMetricFamily("umbel_calls", "Calls that live.", capacity.calls)
        yield GaugeMetricFamily(
            "umbel_full", "Whether new calls are refused because of the load.", capacity.is_full
        )
        yield CounterMetricFamily(
            "umbel_calls_refused", "Calls refused because of the load.", capacity.refused
        )
        things = GaugeMetricFamily(
            "umbel_live_things", "What lives on the node; a node at rest has none.", labels=["kind"]
        )
        for kind, count in self._live_things().items():
            things.add_metric([kind.replace(" ", "_")], count)
        yield things
        events = CounterMetricFamily(
            "umbel_events",
            "Events told, by number: umbel events explain NUMBER.",
            labels=["number", "level"],
        )
        for (number, level), count in sorted(self._events.items()):
            events.add_metric([str(number), level], count)
        yield events

    def _of_the_engines(self) -> Iterable[Metric]:
        loads = self._capacity.by_engine()
        running = {engine: load for engine, load in loads.items() if load is not None}
        sessions = self._capacity.sessions
        yield _gauge("sessions", "Streams of audio that are open.", dict(enumerate(sessions)))
        for name, text, figures in (
            ("busy_ratio", "Share of the time that goes into ticks.", {e: one.busy for e, one in running.items()}),
            ("latest_seconds", "How late the worst tick of the last second began.", {e: one.latest for e, one in running.items()}),
            ("late_seconds", "95 % of the ticks of the last second began no later.", {e: one.late for e, one in running.items()}),
            ("tick_seconds", "95 % of the ticks of the last second took no longer.", {e: one.tick for e, one in running.items()}),
            ("niceness", "The priority that the system granted; below 0 is higher.", {e: one.niceness for e, one in running.items()}),
            ("core", "The processor that it is pinned to; -1: to none.", {e: -1 if one.core is None else one.core for e, one in running.items()}),
        ):  # fmt: skip
            yield _gauge(name, text, figures)
        yield _counter("ticks", "Ticks of 20 ms that were due.", self._capacity.ticks)
        yield _counter("skipped_ticks", "Ticks that were left out.", self._capacity.skipped)


class _Scraped(Collector):
    """Fetches the metrics from the event loop whenever somebody scrapes them."""

    def __init__(self, metrics: NodeMetrics, loop: asyncio.AbstractEventLoop) -> None:
        self._metrics = metrics
        self._loop = loop

    def collect(self) -> Iterable[Metric]:
        async def gather() -> list[Metric]:
            return self._metrics.gather()

        return asyncio.run_coroutine_threadsafe(gather(), self._loop).result(_PATIENCE)


@asynccontextmanager
async def running_metrics(settings: MetricsSettings, metrics: NodeMetrics) -> AsyncIterator[None]:
    """Let the metrics be fetched for as long as the block, if a port is set for that."""
    if settings.port is None:
        yield
        return
    registry = CollectorRegistry()
    registry.register(_Scraped(metrics, asyncio.get_running_loop()))
    try:
        server, thread = start_http_server(settings.port, settings.address, registry)
    except OSError as error:
        raise Mistake(
            f"{settings.address} port {settings.port}: {system_says(error)}",
            expected="a free TCP port of this machine",
            where="[metrics]",
        ) from error
    try:
        yield
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        await asyncio.to_thread(thread.join)


def _gauge(name: str, text: str, figures: Mapping[int, float]) -> Metric:
    family = GaugeMetricFamily(f"umbel_media_engine_{name}", text, labels=["engine"])
    for engine, figure in figures.items():
        family.add_metric([str(engine)], figure)
    return family


def _counter(name: str, text: str, figures: Mapping[int, float]) -> Metric:
    family = CounterMetricFamily(f"umbel_media_engine_{name}", text, labels=["engine"])
    for engine, figure in figures.items():
        family.add_metric([str(engine)], figure)
    return family

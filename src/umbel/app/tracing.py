"""Keeps what passes on the wire: redacted, in batches, in a thread of its own.

A message costs the event loop one place in a list. What the disk does not take is lost and told
once; no call ever waits for it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from umbel.backends.trace_ring import RingLimits, RingWriter
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Unavailable
from umbel.core.events import Events
from umbel.core.instants import Clock, Duration
from umbel.net.local_address import local_address_towards
from umbel.net.signalling import Signalling
from umbel.trace.entry import Entry, Passage, Secrets
from umbel.trace.redaction import redact_many
from umbel.trace.writing import Origin, write_entry, write_origin

from .background import in_background, repeat
from .faults import Faults
from .offers import is_unspecified
from .settings import Settings, TraceSettings

KEEP_EVERY: Duration = 0.2
"""Seconds between two batches: the most that is lost when the process is killed."""

MOST_WAITING: Final = 20_000
"""Entries that wait for a slow disk; what comes when there are more is not kept."""

_TOGETHER: Final = 64
"""Entries that are looked through for secrets at once."""

_DAY: Final = 86_400
_MEGABYTE: Final = 1_000_000


class Tracer:
    """Takes entries from the event loop, and has them written."""

    def __init__(self, ring: RingWriter, node: str, events: Events) -> None:
        self._ring = ring
        self._node = node
        self._events = events
        self._waiting: list[Entry] = []
        self._lost = 0
        self._is_failing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trace")

    def take(self, entry: Entry) -> None:
        """Keep an entry with the next batch."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(entry)
        else:
            self._lost += 1

    async def flush(self) -> None:
        """Write what waits, and tell when that begins or ceases to fail."""
        waiting, self._waiting = self._waiting, []
        lost, self._lost = self._lost, 0
        if not waiting:
            return
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, write_all, self._ring, waiting)
        except Unavailable as error:
            self._tell_failure(str(error))
        else:
            self._tell_success(lost)

    async def close(self) -> None:
        """Write the rest and let go of the file."""
        await self.flush()
        self._thread.shutdown()
        self._ring.close()

    def _tell_failure(self, reason: str) -> None:
        if not self._is_failing:
            self._is_failing = True
            self._events.tell(catalogue.TRACE_UNAVAILABLE, node=self._node, reason=reason)

    def _tell_success(self, lost: int) -> None:
        if lost and not self._is_failing:
            self._is_failing = True
            self._events.tell(
                catalogue.TRACE_UNAVAILABLE,
                node=self._node,
                reason=f"the disk is too slow: {lost} messages were not kept",
            )
        elif self._is_failing and not lost:
            self._is_failing = False
            self._events.tell(catalogue.TRACE_AVAILABLE, node=self._node)


@asynccontextmanager
async def running_trace(
    settings: Settings, clock: Clock, events: Events, faults: Faults
) -> AsyncIterator[Callable[[Entry], None]]:
    """Keep a trace for as long as the block; gives what takes its entries."""
    if not settings.trace.enabled:
        yield _ignore
        return
    name = settings.node.name
    tracer = Tracer(ring_of(settings.trace, name, clock), name, events)
    chore = repeat("keeping the trace", tracer.flush, every=KEEP_EVERY, faults=faults)
    try:
        async with in_background(chore):
            yield tracer.take
    finally:
        await tracer.close()


def trace_traffic(
    settings: TraceSettings,
    signalling: Signalling,
    clock: Clock,
    take: Callable[[Entry], None],
    log: Callable[[Entry], None],
) -> None:
    """Have all that passes told to *take* and *log*, the TLS secrets only where they are wanted."""

    def both(entry: Entry) -> None:
        take(entry)
        log(entry)

    signalling.watch_traffic(both)
    if not settings.enabled:
        return
    if settings.secrets:
        signalling.watch_secrets(
            lambda connection, lines: take(
                Secrets(at=clock.wall(), connection=connection, lines=lines.decode("ascii"))
            )
        )


def ring_of(settings: TraceSettings, node: str, clock: Clock) -> RingWriter:
    """Make the ring that the settings describe."""
    limits = RingLimits(octets=settings.megabytes * _MEGABYTE, age=settings.days * _DAY)
    origin = Origin(node=node, run=clock.wall().isoformat())
    return RingWriter(Path(settings.folder), node, limits, write_origin(origin))


def write_all(ring: RingWriter, entries: Sequence[Entry]) -> None:
    """Redact and write entries; in the thread."""
    ring.append([write_entry(entry) for entry in made_presentable(entries)])


def made_presentable(entries: Iterable[Entry]) -> Iterable[Entry]:
    """Take the secrets out of messages, and put in the address that a wildcard socket has used."""
    ours: dict[str, str] = {}
    left = iter(entries)
    while some := list(islice(left, _TOGETHER)):
        redacted = iter(redact_many([one.octets for one in some if isinstance(one, Passage)]))
        for entry in some:
            if isinstance(entry, Passage):
                yield _presentable(entry, next(redacted), ours)
            else:
                yield entry


def _presentable(entry: Passage, octets: bytes, ours: dict[str, str]) -> Passage:
    (local, port), remote = entry.local, entry.remote[0]
    if local and is_unspecified(local):
        if remote not in ours:
            ours[remote] = local_address_towards(remote)
        local = ours[remote]
    if octets == entry.octets and local == entry.local[0]:
        return entry
    return replace(entry, octets=octets, local=(local, port))


def _ignore(_entry: Entry) -> None:
    """Keep nothing."""

"""The log of a running node: events, steps and messages, as far as its levels let them through."""

from collections.abc import Callable
from typing import Protocol

import structlog

from umbel.core.call_filter import CallFilter
from umbel.core.errors import Mistake
from umbel.core.events import Category, Event, Field
from umbel.core.log_levels import NEEDED, LogLevel, LogLevels
from umbel.directory.peers import Resolved, names_at
from umbel.directory.ports import Configuration
from umbel.directory.records import CallRecord
from umbel.sip.host import write_host
from umbel.trace.close_look import CloseLook
from umbel.trace.entry import ConnectionEnd, Entry, Handshake, Passage
from umbel.trace.glance import glance
from umbel.trace.redaction import redact
from umbel.trace.visible import visible, visible_lines

from .log import log_event
from .snapshot import Snapshot


class Steps(Protocol):
    """Where each step is told that only level high shows."""

    def step(self, category: Category, text: str, **fields: Field) -> None:
        """Tell of a step."""
        ...


class NodeLog:
    """Levels and filter come from the node's object in the store and may change at any time."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._levels = LogLevels()
        self._look: CloseLook | None = None
        """``None`` while no category is at level expert."""
        self._passed: dict[str, int] = {}
        """By call: how many of its milestones were told."""

    async def follow(self, snapshot: Snapshot, resolved: Callable[[], Resolved]) -> None:
        """Take the levels and the filter of the configuration, now and whenever it changes."""

        async def take(configuration: Configuration) -> None:
            self.take(configuration, resolved)

        await snapshot.add_listener(take)

    def take(self, configuration: Configuration, resolved: Callable[[], Resolved]) -> None:
        """Take the levels and the filter of a configuration."""
        node, gateways = configuration.node(self._node), configuration.gateways
        try:
            self._levels = LogLevels.parse(node.event_level, "event_level")
            wanted = CallFilter.parse(node.event_filter, "event_filter")
        except Mistake as mistake:  # Another version of Umbel wrote it.
            structlog.get_logger("umbel").warning("log levels cannot be read", why=str(mistake))
            return
        self._look = None
        if any(self._tells(one, LogLevel.EXPERT) for one in (Category.SIP, Category.TLS)):
            self._look = CloseLook(wanted, lambda at: names_at(at, gateways, resolved()))

    def event(self, event: Event) -> None:
        """Log an event, if its category is told of at its level."""
        if self._tells(event.kind.category, NEEDED[event.kind.level]):
            log_event(event)

    def step(self, category: Category, text: str, **fields: Field) -> None:
        """Log a step, at level high."""
        if self._tells(category, LogLevel.HIGH):
            self._write(category, text, **fields)

    def with_milestones(self, put: Callable[[CallRecord], None]) -> Callable[[CallRecord], None]:
        """Give what keeps a record by *put* and logs what is new in it."""

        def keep(record: CallRecord) -> None:
            put(record)
            self.record(record)

        return keep

    def record(self, record: CallRecord) -> None:
        """Log the milestones that a call has passed since it was last told of, at level high."""
        if self._tells(Category.CALL, LogLevel.HIGH):
            for milestone in record.milestones[self._passed.get(record.id, 0) :]:
                self._write(Category.CALL, milestone.name, call=record.id, **milestone.fields)
            self._passed[record.id] = len(record.milestones)
        if not record.is_live:
            self._passed.pop(record.id, None)

    def entry(self, entry: Entry) -> None:
        """Log what passes on the wire: handshakes at level high, the rest at level expert."""
        if self._look is None and isinstance(entry, Passage):
            return  # As usual, thousands of times a second.
        if isinstance(entry, Handshake) and not self._tells(Category.TLS, LogLevel.EXPERT):
            self.step(Category.TLS, _outcome(entry), **_connection(entry))
        for one in self._look.take(entry) if self._look is not None else ():
            self._show(one)

    def _show(self, entry: Entry) -> None:
        match entry:
            case Passage() if self._tells(Category.SIP, LogLevel.EXPERT):
                self._write(Category.SIP, _message(entry), connection=entry.connection)
            case Handshake() if self._tells(Category.TLS, LogLevel.EXPERT):
                self._write(Category.TLS, _outcome(entry), **_connection(entry))
                for step in entry.report.steps:
                    who = "we sent" if step.sent_by_us else "the peer sent"
                    text = f"after {step.after * 1000:.1f} ms {who} {step.message}"
                    self._write(Category.TLS, text, connection=entry.connection)
            case ConnectionEnd() if self._tells(Category.SIP, LogLevel.EXPERT):
                text = f"the connection with {write_host(*entry.remote)} ended: {entry.detail}"
                self._write(Category.SIP, text, connection=entry.connection)
            case _:
                pass

    def _tells(self, category: Category, needed: LogLevel) -> bool:
        return self._levels.tells(category, needed)

    def _write(self, category: Category, text: str, **fields: Field) -> None:
        structlog.get_logger("umbel").info(text, category=category.value, node=self._node, **fields)


def _message(passage: Passage) -> str:
    """Give a message without its secrets, under a line that says where it goes."""
    way = "to" if passage.sent_by_us else "from"
    peer = f"{passage.transport} {write_host(*passage.remote)}"
    problem = f" ({passage.problem})" if passage.problem else ""
    title = visible(f"{glance(passage.octets).title} {way} {peer}{problem}")
    return "\n".join((title, *visible_lines(redact(passage.octets))))


def _outcome(entry: Handshake) -> str:
    report = entry.report
    peer = write_host(*report.remote)
    detail = f" ({report.detail})" if report.detail else ""
    return f"TLS handshake with {peer} {report.ending.value}{detail}"


def _connection(entry: Handshake) -> dict[str, Field]:
    report = entry.report
    return {
        "connection": entry.connection,
        "role": report.role.value,
        "version": report.version,
        "cipher": report.cipher,
        "milliseconds": round(report.took * 1000, 1),
    }

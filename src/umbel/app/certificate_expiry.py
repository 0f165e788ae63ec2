"""The end of the node's certificate, told in time: each step once, also after a restart."""

from collections.abc import Callable

from umbel.core import event_catalogue as catalogue
from umbel.core.events import Events
from umbel.core.instants import Clock, Duration
from umbel.directory.repositories import EventLog
from umbel.identity.certificate_facts import CertificateFacts
from umbel.identity.lifetime import expiry_step, steps_told_with

LOOK_EVERY: Duration = 60.0
"""Seconds between two looks at the calendar."""


class CertificateExpiry:
    """Tells 30, 14, 7 and 1 days before the end. What was told stands in the log of events."""

    def __init__(
        self,
        facts: Callable[[], CertificateFacts | None],
        *,
        node: str,
        log: EventLog,
        events: Events,
        clock: Clock,
    ) -> None:
        self._facts = facts
        self._node = node
        self._log = log
        self._events = events
        self._clock = clock
        self._told: dict[str, set[int]] = {}

    async def look(self) -> None:
        """Tell the step that was reached, if nobody has told it."""
        facts = self._facts()
        step = expiry_step(facts.begins, facts.ends, self._clock.wall()) if facts else None
        if facts is None or step is None:
            return
        told = self._told.get(facts.serial)
        if told is None:
            told = self._told[facts.serial] = await self._told_before(facts)
        if step not in told:
            told.update(steps_told_with(step))
            self._tell(facts, step)

    def _tell(self, facts: CertificateFacts, step: int) -> None:
        left = max(facts.ends - self._clock.wall(), facts.ends - facts.ends)
        self._events.tell(
            catalogue.CERTIFICATE_EXPIRES,
            node=self._node,
            subject=facts.subject,
            serial=facts.serial,
            ends=f"{facts.ends:%F %R} UTC",
            left=f"{left.days} days" if left.days else f"{left.seconds // 3600} hours",
            step=step,
        )

    async def _told_before(self, facts: CertificateFacts) -> set[int]:
        """Read from the log what this node, perhaps before a restart, has told."""
        found = await self._log.query(
            number=catalogue.CERTIFICATE_EXPIRES.number, since=facts.begins, limit=1000
        )
        return {
            days
            for event in found
            if event.node == self._node and event.fields.get("serial") == facts.serial
            for days in steps_told_with(_step(event.fields.get("step")))
        }


def _step(content: object) -> int:
    return content if isinstance(content, int) else 0

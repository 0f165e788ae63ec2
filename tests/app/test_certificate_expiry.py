"""The end of a certificate: each step told once, also by a node that was started again."""

from datetime import datetime, timedelta

import pytest
from tests.support.certificates import NOW, authority, leaf
from tests.support.prompts import RememberedEvents
from tests.support.still_clock import StillClock

from umbel.app.certificate_expiry import CertificateExpiry
from umbel.core.events import Event, Level
from umbel.identity.certificate_facts import CertificateFacts, certificate_facts

NODE = "node01.domain.local"
YEARLING = certificate_facts(
    leaf(issuer=authority(), begins=NOW - timedelta(days=345), ends=NOW + timedelta(days=20)).der
)


class Log(RememberedEvents):
    """A log that a restart does not touch."""

    def __init__(self, clock: StillClock) -> None:
        super().__init__()
        self.clock = clock

    def append(self, event: Event) -> None:
        raise NotImplementedError

    async def query(
        self,
        *,
        number: int | None = None,
        level: Level | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Event]:
        """Give what was told, as the store does."""
        return [
            Event(kind=kind, at=self.clock.wall(), node=str(fields["node"]), fields=fields)
            for kind, fields in self.told
            if kind.number == number
        ]

    def steps(self) -> list[object]:
        return [fields["step"] for _, fields in self.told]


def started(log: Log, facts: object = YEARLING) -> CertificateExpiry:
    """Start a node's look at the calendar."""
    known = facts if isinstance(facts, CertificateFacts) else None
    return CertificateExpiry(lambda: known, node=NODE, log=log, events=log, clock=log.clock)


@pytest.fixture
def log() -> Log:
    """Give a log, twenty days before the end."""
    return Log(StillClock(NOW))


class TestTheEnd:
    async def test_is_told_at_each_step_once(self, log: Log) -> None:
        expiry = started(log)
        for _ in range(50):
            await expiry.look()
            log.clock.go_on(12 * 3600)

        assert log.steps() == [30, 14, 7, 1]

    async def test_is_not_told_again_after_a_restart(self, log: Log) -> None:
        await started(log).look()
        await started(log).look()

        assert log.steps() == [30]

    async def test_names_what_is_left(self, log: Log) -> None:
        log.clock.go_on(timedelta(days=19, hours=12).total_seconds())
        await started(log).look()
        ((_, fields),) = log.told

        assert (fields["step"], fields["left"]) == (1, "12 hours")

    async def test_is_not_told_of_no_certificate(self, log: Log) -> None:
        await started(log, None).look()

        assert log.told == []

"""Renewal by itself: when it is time, from where the settings say, and told when it fails."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.certificates import NOW, authority, leaf
from tests.support.enrolments import MemoryEnrolments
from tests.support.prompts import RememberedEvents
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.still_clock import StillClock

from umbel.admin.certificates import Installed
from umbel.app.certificate_renewal import (
    AuthorityElsewhere,
    AuthorityHere,
    CertificateRenewal,
    renewal_source,
)
from umbel.app.certificates import certificates_of, issuing
from umbel.app.enrolments import EnrolmentOffice
from umbel.app.settings import NodeSettings, Renewal, Settings, TlsSettings
from umbel.backends.authority import Authority
from umbel.core.errors import Unavailable
from umbel.core.findings import Finding, Severity
from umbel.identity.certificate_facts import CertificateFacts, certificate_facts
from umbel.identity.certificate_request import KeyKind, RequestedNames
from umbel.identity.enrolment import Enrolment, Stage

NODE = "node01.domain.local"
DAY = timedelta(days=1)


@dataclass
class Source:
    """An authority that does as the test says."""

    fails: bool = False
    refuses: bool = False
    title: str = "the authority of the test"
    asked: list[tuple[RequestedNames, KeyKind]] = field(default_factory=list)

    async def renew(self, names: RequestedNames, kind: KeyKind) -> Installed:
        """Note what was asked for."""
        self.asked.append((names, kind))
        if self.fails:
            raise Unavailable("it is away")
        found = Finding(code="x", severity=Severity.ERROR, seen="it is odd", means="", do="")
        findings = (found,) if self.refuses else ()
        return Installed(findings=findings, old=None, new=None if self.refuses else facts())


@dataclass
class Pending(Source):
    """An authority that takes its time."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def renew(self, names: RequestedNames, kind: KeyKind) -> Installed:
        """Answer when the test lets it."""
        self.begun.set()
        await self.may_end.wait()
        return await super().renew(names, kind)


def facts() -> CertificateFacts:
    """Give a certificate of ninety days that is new."""
    made = leaf(NODE, issuer=authority(), begins=NOW, ends=NOW + 90 * DAY)
    found = certificate_facts(made.der)
    assert isinstance(found, CertificateFacts)
    return found


class Renewed:
    """A node's renewal under a clock of the test."""

    def __init__(self, folder: Path, source: Source | None) -> None:
        self.clock = StillClock(NOW)
        self.events = RememberedEvents()
        self.office = office(folder, clock=self.clock, events=self.events)
        self.facts: CertificateFacts | None = facts()
        self.renewal = CertificateRenewal(
            lambda: self.facts,
            source,
            self.office.enrolling(patience=0.01),
            node=NODE,
            events=self.events,
            clock=self.clock,
        )

    async def look_after(self, time: timedelta) -> None:
        self.clock.go_on(time.total_seconds())
        await self.renewal.look()

    @property
    def told(self) -> list[object]:
        return [fields["reason"] for _, fields in self.events.told]


def office(
    folder: Path,
    *,
    clock: StillClock,
    events: RememberedEvents,
    renew: Renewal = Renewal.AUTHORITY,
    authority: str = "",
) -> EnrolmentOffice:
    tls = TlsSettings(
        certificate=str(folder / "node.pem"),
        key=str(folder / "node.key"),
        trust=str(folder / "trust.pem"),
        authority=authority,
        renew=renew,
    )
    return EnrolmentOffice(
        settings=Settings(node=NodeSettings(name=NODE), tls=tls),
        enrolments=MemoryEnrolments(),
        events=events,
        clock=clock,
        randomness=RepeatableRandomness(),
    )


class TestACertificate:
    async def test_is_renewed_when_two_thirds_have_passed(self, tmp_path: Path) -> None:
        source = Source()
        renewed = Renewed(tmp_path, source)
        await renewed.look_after(59 * DAY)
        assert source.asked == []
        await renewed.look_after(DAY)

        assert source.asked == [(RequestedNames.of_node(NODE), KeyKind.EC_P256)]
        assert renewed.told == []

    async def test_is_left_alone_where_nobody_renews_or_nothing_is_there(
        self, tmp_path: Path
    ) -> None:
        source = Source()
        nobody, nothing = Renewed(tmp_path, None), Renewed(tmp_path, source)
        nothing.facts = None
        await nobody.look_after(80 * DAY)
        await nothing.look_after(80 * DAY)

        assert (source.asked, nobody.told) == ([], [])

    @pytest.mark.parametrize(
        ("source", "reason"),
        [(Source(fails=True), "it is away"), (Source(refuses=True), "it is odd")],
    )
    async def test_that_cannot_be_renewed_is_told_and_tried_after_a_pause(
        self, tmp_path: Path, source: Source, reason: str
    ) -> None:
        renewed = Renewed(tmp_path, source)
        for time in (60 * DAY, timedelta(hours=5), timedelta(hours=2)):
            await renewed.look_after(time)

        assert len(source.asked) == 2
        assert renewed.told == [reason, reason]

    async def test_is_tried_the_more_often_the_nearer_its_end(self, tmp_path: Path) -> None:
        source = Source(fails=True)
        renewed = Renewed(tmp_path, source)
        for time in (90 * DAY - timedelta(minutes=6), timedelta(minutes=1), timedelta(minutes=1)):
            await renewed.look_after(time)

        assert len(source.asked) == 3


class TestAnInvitation:
    async def test_that_nobody_answers_is_told_once(self, tmp_path: Path) -> None:
        renewed = Renewed(tmp_path, None)
        folder = tmp_path / "authority"
        Authority(folder, NOW).issue_with_key(RequestedNames.of_node(NODE), folder=tmp_path)
        (tmp_path / f"{NODE}.pem").rename(tmp_path / "node.pem")
        (tmp_path / f"{NODE}.key").rename(tmp_path / "node.key")
        await renewed.renewal.follow_invitation()
        wanted = Enrolment(id="1", node=NODE, stage=Stage.WANTED, at=NOW)
        await renewed.office.enrolments.put(wanted)
        await renewed.renewal.follow_invitation()
        await renewed.office.enrolments.put(wanted)
        await renewed.renewal.follow_invitation()

        (reason,) = renewed.told
        assert "no answer within" in str(reason)


class TestARenewalThatIsUnderWay:
    async def test_lets_no_other_make_a_key(self, tmp_path: Path) -> None:
        source = Pending()
        renewed = Renewed(tmp_path, source)
        renewed.clock.go_on((60 * DAY).total_seconds())
        first = asyncio.create_task(renewed.renewal.look())
        await source.begun.wait()
        wanted = Enrolment(id="1", node=NODE, stage=Stage.WANTED, at=NOW)
        await renewed.office.enrolments.put(wanted)
        await renewed.renewal.look()
        await renewed.renewal.follow_invitation()
        source.may_end.set()
        await first

        assert len(source.asked) == 1
        assert renewed.told == []
        assert await renewed.office.enrolments.get("1") == wanted


class TestTheSource:
    CLOCK, EVENTS = StillClock(NOW), RememberedEvents()

    def test_is_nobody_by_default(self, tmp_path: Path) -> None:
        by_hand = office(tmp_path, clock=self.CLOCK, events=self.EVENTS, renew=Renewal.BY_HAND)

        assert renewal_source(by_hand) is None
        bare = replace(by_hand, settings=Settings())
        assert renewal_source(bare) is None

    def test_is_the_authority_elsewhere_unless_it_is_here(self, tmp_path: Path) -> None:
        folder = tmp_path / "authority"
        Authority(folder, NOW)
        here = office(tmp_path, clock=self.CLOCK, events=self.EVENTS, authority=str(folder))
        elsewhere = office(tmp_path, clock=self.CLOCK, events=self.EVENTS)

        assert isinstance(renewal_source(here), AuthorityHere)
        assert isinstance(renewal_source(elsewhere), AuthorityElsewhere)

    async def test_here_signs_at_once(self, tmp_path: Path) -> None:
        folder = tmp_path / "authority"
        here = office(tmp_path, clock=self.CLOCK, events=self.EVENTS, authority=str(folder))
        work = issuing(
            folder, certificates_of(here.settings), for_nodes=[NODE], key=KeyKind.EC_P256
        )
        names = RequestedNames.of_node(NODE)
        first = work.issue_here(names, KeyKind.EC_P256)
        source = renewal_source(here)
        assert source is not None
        second = await source.renew(names, KeyKind.EC_P256)

        assert first.new is not None
        assert second.old == first.new

"""The two sides of enrolments over a node's settings and store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from umbel.admin.enrolling import PATIENCE, Enrolling
from umbel.admin.enrolment_desk import EnrolmentDesk
from umbel.backends.authority import Authority
from umbel.backends.token_folder import TokenFolder
from umbel.core.events import Events
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Duration
from umbel.identity.enrolment import Enrolments
from umbel.net.clock import SystemClock
from umbel.net.randomness import SystemRandomness

from .certificates import certificates_of
from .settings import Settings
from .stores import open_store
from .teller import Teller


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentOffice:
    """What both sides of enrolments work with."""

    settings: Settings
    enrolments: Enrolments
    events: Events
    clock: Clock
    randomness: Randomness

    def enrolling(self, patience: Duration = PATIENCE) -> Enrolling:
        """Give the node's side."""
        return Enrolling(
            certificates_of(self.settings),
            self.enrolments,
            node=self.settings.node.name,
            clock=self.clock,
            randomness=self.randomness,
            patience=patience,
        )

    def desk(self, folder: Path) -> EnrolmentDesk:
        """Give the authority's side, where the authority's folder is."""
        return EnrolmentDesk(
            lambda: Authority(folder, self.clock.wall()),
            TokenFolder(folder / "tokens"),
            self.enrolments,
            events=self.events,
            clock=self.clock,
        )


@asynccontextmanager
async def open_enrolments(settings: Settings) -> AsyncIterator[EnrolmentOffice]:
    """Open the store for enrolments, whether or not a node serves meanwhile."""
    clock, randomness = SystemClock(), SystemRandomness()
    async with open_store(settings, clock=clock, randomness=randomness) as store:
        teller = Teller(settings.node.name, clock)
        teller.add_listener(store.events.append)
        yield EnrolmentOffice(
            settings=settings,
            enrolments=store.enrolments,
            events=teller,
            clock=clock,
            randomness=randomness,
        )

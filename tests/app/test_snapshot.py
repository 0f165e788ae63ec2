"""A running node sees a configuration soon after it was changed, and never half of one."""

from collections.abc import Sequence
from dataclasses import replace

from tests.support.memory_store import Switch
from tests.support.organisation import ANTONIO, PLAN, organisation

from umbel.app.snapshot import Snapshot
from umbel.directory.objects import Configured
from umbel.directory.ports import Configuration
from umbel.directory.repositories import Change


class Configurations:
    """``directory.repositories.Configurations`` that a test changes."""

    def __init__(self) -> None:
        self.switch = Switch()
        self.loads = 0
        self._kept = Configuration()

    def become(self, *things: Configured) -> None:
        """Have everything of the organisation, and *things*."""
        self._kept = replace(organisation(*things), revision=self._kept.revision + 1)

    async def load(self) -> Configuration:
        self.switch.check()
        self.loads += 1
        return self._kept

    async def revision(self) -> int:
        self.switch.check()
        return self._kept.revision

    async def apply(self, changes: Sequence[Change], *, expected: int | None = None) -> int:
        raise NotImplementedError


class Watched:
    """A snapshot, and the configurations that it told of."""

    def __init__(self) -> None:
        self.store = Configurations()
        self.told: list[Configuration] = []
        self.snapshot = Snapshot(self.store, self._take)

    async def _take(self, configuration: Configuration) -> None:
        # Whoever is told may read the new one already.
        assert self.snapshot.configuration is configuration
        self.told.append(configuration)


async def test_a_change_is_seen_at_the_next_look() -> None:
    watched = Watched()
    await watched.snapshot.load()
    watched.store.become(replace(ANTONIO, name="Innocenzo Manzetti"))
    await watched.snapshot.look()

    found = watched.snapshot.directory.mailbox("1001", PLAN)
    assert found is not None
    assert found.name == "Innocenzo Manzetti"
    assert [configuration.revision for configuration in watched.told] == [0, 1]


async def test_without_a_change_nothing_is_read() -> None:
    watched = Watched()
    await watched.snapshot.load()
    for _look in range(5):
        await watched.snapshot.look()

    assert watched.store.loads == 1
    assert len(watched.told) == 1


async def test_while_the_store_is_down_the_last_one_counts() -> None:
    watched = Watched()
    watched.store.become()
    await watched.snapshot.load()
    watched.store.become(replace(ANTONIO, name="Innocenzo Manzetti"))
    with watched.store.switch.down():
        await watched.snapshot.look()

    assert watched.snapshot.configuration.revision == 1
    await watched.snapshot.look()
    assert watched.snapshot.configuration.revision == 2


async def test_names_can_be_dialled_at_once() -> None:
    watched = Watched()
    watched.store.become()
    await watched.snapshot.load()

    directory = watched.snapshot.directory
    assert directory.names(PLAN) is directory.names(PLAN)

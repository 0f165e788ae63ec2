"""The store of each test of this folder: once on SQLite, once on PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from tests.support.postgresql import PostgreSql, running_postgresql
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.still_clock import StillClock

from umbel.backends.sql import SqlStore

MakeStore = Callable[..., SqlStore]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSql]:
    """One server for all tests, with a database that has all tables."""
    with running_postgresql() as server:
        server.execute("CREATE DATABASE migrated")
        _migrate(server.url("migrated"))
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an SQLite database that has all tables."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty store of either kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "umbel.db")
        return f"sqlite:///{tmp_path}/umbel.db"
    server: PostgreSql = request.getfixturevalue("postgresql")
    return server.url(server.fresh("migrated"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/umbel.db"
    server: PostgreSql = request.getfixturevalue("postgresql")
    return server.url(server.fresh())


@pytest.fixture
def clock() -> StillClock:
    """Give a clock that stands still."""
    return StillClock()


@pytest.fixture
def make_store(url: str, clock: StillClock) -> MakeStore:
    """Give a function that makes a store, as each of several processes has one."""
    randomness = RepeatableRandomness()

    def make(node: str = "node01.example.org") -> SqlStore:
        return SqlStore(url, clock=clock, randomness=randomness, node=node)

    return make


@pytest.fixture
async def store(make_store: MakeStore) -> AsyncIterator[SqlStore]:
    """Give an open store."""
    store = make_store()
    await store.open()
    yield store
    await store.close()


def store_of(url: str, node: str = "recorder") -> SqlStore:
    """Give a store as another process has it."""
    return SqlStore(url, clock=StillClock(), randomness=RepeatableRandomness(), node=node)


def _migrate(url: str) -> None:
    async def open_and_close() -> None:
        store = store_of(url)
        await store.open()
        await store.close()

    asyncio.run(open_and_close())

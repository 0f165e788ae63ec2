"""Opening, sharing, migrating and losing a store."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest
import structlog.testing
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, text
from tests.backends.conftest import MakeStore, store_of
from tests.support.postgresql import PostgreSql
from tests.support.program import REPOSITORY
from tests.support.still_clock import PIONEERS_DAY

from umbel.backends.sql import SqlStore, schema
from umbel.backends.sql.database import Database
from umbel.backends.sql.serving_lock import ServingLock
from umbel.core import event_catalogue
from umbel.core.errors import Mistake, Misuse, Unavailable
from umbel.core.events import Event
from umbel.directory.objects import DialPlan
from umbel.directory.repositories import Put
from umbel.mailbox.message import AudioId, Caller, MessageState
from umbel.mailbox.pin import PinState

EVENT = Event(
    kind=event_catalogue.SERVICE_STOPPED,
    at=PIONEERS_DAY,
    node="node01",
    fields={"node": "node01", "reason": "it was told to"},
)


class TestAUrl:
    @pytest.mark.parametrize(
        ("url", "found"),
        [
            ("umbel.db", '"umbel.db"'),
            ("mysql://host/umbel", '"mysql:"'),
            ("sqlite://", "names no file"),
            ("sqlite:///:memory:", "names no file"),
        ],
    )
    def test_that_names_no_store_is_told(self, url: str, found: str) -> None:
        with pytest.raises(Mistake, match="sqlite:///file or postgresql://") as mistake:
            store_of(url)

        assert found in mistake.value.found

    def test_is_shown_without_its_password(self) -> None:
        store = store_of("postgresql://umbel:secret@db.example.org/umbel")

        assert store.url == "postgresql://umbel:***@db.example.org/umbel"


class TestOpening:
    async def test_makes_the_tables_that_the_statements_expect(self, fresh_url: str) -> None:
        """Migrations and schema are written apart; here they meet."""
        store = store_of(fresh_url)
        await store.open()

        def difference(connection: Connection) -> object:
            return compare_metadata(MigrationContext.configure(connection), schema.metadata)

        assert await store._database.read(difference) == []
        await store.close()

    async def test_works_for_two_processes_at_once(self, fresh_url: str) -> None:
        """Both find no tables; one of them makes them."""
        stores = [store_of(fresh_url), store_of(fresh_url)]

        await asyncio.gather(*(store.open() for store in stores))

        assert [await store.configuration.revision() for store in stores] == [0, 0]
        for store in stores:
            await store.close()

    async def test_refuses_tables_of_a_newer_umbel(self, make_store: MakeStore) -> None:
        store = make_store()
        await store.open()
        newer = text("UPDATE alembic_version SET version_num = '9999'")
        await store._database.write(lambda connection: connection.execute(newer))
        await store.close()

        with pytest.raises(Mistake, match="revision 9999, which a newer Umbel made") as mistake:
            await store.open()

        assert "install the Umbel that made them" in str(mistake.value)

    async def test_again_finds_everything(self, make_store: MakeStore) -> None:
        store = make_store()
        await store.open()
        await store.configuration.apply([Put(DialPlan(name="HQ"))])
        await store.close()
        await store.open()

        assert (await store.configuration.load()).dial_plans == {"HQ": DialPlan(name="HQ")}
        await store.close()

    async def test_is_needed_first(self, make_store: MakeStore) -> None:
        store = make_store()

        with pytest.raises(Misuse, match="not open"):
            await store.configuration.revision()
        with pytest.raises(Misuse, match="not open"):
            store.events.append(EVENT)

    async def test_removes_audio_that_a_killed_process_was_about_to_remove(
        self, make_store: MakeStore
    ) -> None:
        store = make_store()
        await store.open()
        audio = await store.audio.create()
        await store.audio.append(audio, bytes(160))
        doomed = insert(schema.doomed_audio).values(audio=audio)
        await store._database.write(lambda connection: connection.execute(doomed))
        await store.close()

        await store.open(to_serve=True)

        assert await store.audio.read(audio) == b""
        await store.close()


class TestClosing:
    async def test_keeps_what_waits_to_be_kept(self, make_store: MakeStore) -> None:
        store = make_store()
        await store.open()
        for _ in range(500):
            store.events.append(EVENT)
        await store.close()

        await store.open()

        assert len(await store.events.query(limit=1000)) == 500
        await store.close()

    async def test_twice_is_no_harm(self, make_store: MakeStore) -> None:
        store = make_store()
        await store.open()

        await store.close()
        await store.close()


class TestASqliteFile:
    async def test_in_no_folder_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(Mistake, match="No such file or directory"):
            await store_of(f"sqlite:///{tmp_path}/nowhere/umbel.db").open()

    async def test_that_may_not_be_written_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "umbel.db").touch()
        monkeypatch.setattr("os.access", lambda *_: False)  # Tests may run as root, who may all.

        with pytest.raises(Mistake, match="Permission denied, expected a file that can be written"):
            await store_of(f"sqlite:///{tmp_path}/umbel.db").open()

    async def test_that_is_empty_is_taken(self, tmp_path: Path) -> None:
        """Somebody made it with the rights that they want."""
        (tmp_path / "umbel.db").touch()
        store = store_of(f"sqlite:///{tmp_path}/umbel.db")
        await store.open()

        assert await store.configuration.revision() == 0
        await store.close()

    async def test_is_all_that_is_made(self, tmp_path: Path) -> None:
        store = store_of(f"sqlite:///{tmp_path}/umbel.db")
        await store.open()
        await store.close()

        assert [file.name for file in tmp_path.iterdir()] == ["umbel.db"]

    async def test_that_is_none_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "umbel.db").write_text("Mr Watson, come here. " * 100)

        with pytest.raises(Mistake, match="no SQLite database"):
            await store_of(f"sqlite:///{tmp_path}/umbel.db").open()

    async def test_can_be_read_by_nobody_else(self, tmp_path: Path) -> None:
        """It holds hashes of PINs and passwords of gateways."""
        store = store_of(f"sqlite:///{tmp_path}/umbel.db")
        await store.open()

        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("umbel.db*")}

        assert modes == {0o600}
        await store.close()

    async def test_survives_a_power_cut(self, tmp_path: Path) -> None:
        store = store_of(f"sqlite:///{tmp_path}/umbel.db")
        await store.open()

        def pragmas(connection: Connection) -> list[object]:
            names = ("journal_mode", "synchronous")
            return [connection.exec_driver_sql(f"PRAGMA {it}").scalar() for it in names]

        assert await store._database.read(pragmas) == ["wal", 2]
        await store.close()

    async def test_locked_for_too_long_is_unavailable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("umbel.backends.sql.engine._BUSY_SECONDS", 0.05)
        store = store_of(f"sqlite:///{tmp_path}/umbel.db")
        await store.open()
        other = sqlite3.connect(tmp_path / "umbel.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(Unavailable, match="database is locked"):
            await store.configuration.apply([Put(DialPlan(name="HQ"))])

        other.close()
        assert await store.configuration.apply([Put(DialPlan(name="HQ"))]) == 1
        await store.close()


FORKING_NODE = """
import os, sys
from pathlib import Path
from umbel.backends.sql.serving_lock import ServingLock

ServingLock(Path(sys.argv[1])).take("node01")
if os.fork() == 0:
    print("forked", flush=True)
sys.stdin.read()  # Until the test is over.
"""


class TestServing:
    async def test_in_a_folder_that_may_not_be_written_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As root nothing is forbidden: the refusal is made here."""

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        store = store_of(f"sqlite:///{tmp_path}/umbel.db")
        monkeypatch.setattr("os.open", refuse)

        with pytest.raises(Mistake, match="permission denied, expected a folder that this user"):
            await store.open(to_serve=True)

    async def test_a_second_node_is_told_who_the_first_is(self, tmp_path: Path) -> None:
        first = store_of(f"sqlite:///{tmp_path}/umbel.db", node="node01.example.org")
        await first.open(to_serve=True)

        with pytest.raises(Mistake, match="PostgreSQL") as mistake:
            await store_of(f"sqlite:///{tmp_path}/umbel.db", node="node02").open(to_serve=True)

        holder = f"node node01.example.org (process {os.getpid()})"
        assert mistake.value.found == f"a store locked by {holder}"
        await first.close()

    async def test_can_be_taken_up_by_another_node_afterwards(self, tmp_path: Path) -> None:
        first = store_of(f"sqlite:///{tmp_path}/umbel.db", node="a-node-with-a-long-name")
        second = store_of(f"sqlite:///{tmp_path}/umbel.db", node="b")
        await first.open(to_serve=True)
        await first.close()

        await second.open(to_serve=True)

        lock = tmp_path / "umbel.db.lock"
        assert lock.read_text() == f"node b (process {os.getpid()})\n"
        await second.close()

    async def test_does_not_keep_administrators_out(self, tmp_path: Path) -> None:
        node, administrator = (store_of(f"sqlite:///{tmp_path}/umbel.db") for _ in range(2))
        await node.open(to_serve=True)
        await administrator.open()

        await administrator.configuration.apply([Put(DialPlan(name="HQ"))])

        assert await node.configuration.revision() == 1
        await administrator.close()
        await node.close()

    def test_ends_with_the_process_although_its_child_lives_on(self, tmp_path: Path) -> None:
        """The node was killed; a process that it had forked has not noticed yet."""
        database = tmp_path / "umbel.db"
        with subprocess.Popen(
            [sys.executable, "-c", FORKING_NODE, str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
        ) as node:
            assert node.stdout is not None
            assert node.stdout.readline() == b"forked\n"
            node.kill()
            node.wait()
            lock = ServingLock(database)

            lock.take("node02")

            lock.release()

    async def test_lets_go_when_the_store_cannot_be_opened(self, tmp_path: Path) -> None:
        (tmp_path / "umbel.db").write_text("no database " * 100)
        with pytest.raises(Mistake, match="no SQLite"):
            await store_of(f"sqlite:///{tmp_path}/umbel.db").open(to_serve=True)
        (tmp_path / "umbel.db").unlink()

        store = store_of(f"sqlite:///{tmp_path}/umbel.db")
        await store.open(to_serve=True)
        await store.close()

    @pytest.mark.peer
    async def test_many_nodes_share_a_postgresql(self, postgresql: PostgreSql) -> None:
        url = postgresql.url(postgresql.fresh("migrated"))
        nodes = [store_of(url, node=name) for name in ("node01", "node02")]
        for node in nodes:
            await node.open(to_serve=True)

        message = await nodes[0].messages.begin("1001", Caller(), "call-1")
        await nodes[0].audio.append(message.audio, b"ab")

        assert await nodes[1].messages.unfinished("node01") == [message]
        assert await nodes[1].audio.read(message.audio) == b"ab"
        for node in nodes:
            await node.close()


class TestPostgresqlThatIsGone:
    async def test_at_the_start_is_unavailable(self, tmp_path: Path) -> None:
        store = store_of(f"postgresql://umbel:secret@/umbel?host={tmp_path}")

        with pytest.raises(Unavailable, match="store postgresql://") as unavailable:
            await store.open()

        assert "secret" not in str(unavailable.value)
        assert "see that it runs and lets you in: psql postgresql://" in str(unavailable.value)

    @pytest.mark.peer
    async def test_and_comes_back_is_used_again(self, postgresql: PostgreSql) -> None:
        """Its connections were cut, as by a restart: the next statement opens new ones."""
        name = postgresql.fresh("migrated")
        store = store_of(postgresql.url(name))
        await store.open()
        await store.configuration.apply([Put(DialPlan(name="HQ"))])
        postgresql.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )

        assert await store.configuration.apply([Put(DialPlan(name="branch"))]) == 2
        assert set((await store.configuration.load()).dial_plans) == {"HQ", "branch"}
        await store.close()

    @pytest.mark.peer
    async def test_in_the_middle_of_a_write_is_unavailable(self, postgresql: PostgreSql) -> None:
        store = store_of(postgresql.url(postgresql.fresh("migrated")))
        await store.open()

        def cut(connection: Connection) -> None:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        with pytest.raises(Unavailable):
            await store._database.write(cut)

        await store.close()


class Hold:
    """A write that keeps the writer busy until others wait behind it."""

    def __init__(self) -> None:
        self._begun, self._ended = threading.Event(), threading.Event()

    async def begin(self, database: Database) -> "asyncio.Future[bool]":
        """Give the write once the writer is in it."""
        held = asyncio.ensure_future(database.write(self._change))
        assert await asyncio.to_thread(self._begun.wait, 10)
        return held

    def end(self) -> None:
        """Let the writer go on."""
        self._ended.set()

    def _change(self, _: Connection) -> bool:
        self._begun.set()
        return self._ended.wait(10)


class TestWritesOfOneGroup:
    """The writer commits what waits together; here a first write holds it until others wait."""

    async def test_that_go_wrong_take_no_other_with_them(self, store: SqlStore) -> None:
        database, hold = store._database, Hold()
        held = await hold.begin(database)
        bad = database.write(lambda it: it.execute(text("INSERT INTO revision VALUES (1, 0)")))
        writes = [
            asyncio.ensure_future(write)
            for write in (
                store.greetings.set_greeting("1001", AudioId("greeting")),
                bad,
                database.write(_divide_by_zero),
                store.greetings.set_greeting("1002", AudioId("greeting")),
            )
        ]
        await asyncio.sleep(0)
        hold.end()

        outcomes = await asyncio.gather(*writes, return_exceptions=True)

        assert [type(outcome) for outcome in outcomes] == [
            *(type(None), Misuse, ZeroDivisionError, type(None))
        ]
        assert await held
        assert await store.greetings.greeting("1001") == "greeting"
        assert await store.greetings.greeting("1002") == "greeting"

    async def test_that_nobody_waits_for_any_more_are_not_made(self, store: SqlStore) -> None:
        hold = Hold()
        held = await hold.begin(store._database)
        cancelled = asyncio.ensure_future(store.configuration.apply([Put(DialPlan(name="HQ"))]))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        await asyncio.sleep(0)  # Only now does the writer's future know of it.
        hold.end()
        await held

        assert await store.configuration.revision() == 0

    async def test_that_are_lost_are_told_in_the_log(self, store: SqlStore) -> None:
        with structlog.testing.capture_logs() as logs:
            store._database.write_soon(_divide_by_zero, "event 2000")
            await store._database.write(lambda _: None)

        (line,) = logs
        assert (line["what"], line["log_level"]) == ("event 2000", "error")
        assert "division by zero" in line["error"]

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    async def test_are_made_by_another_thread_where_the_first_has_died(
        self, store: SqlStore
    ) -> None:
        store._database.submit(_end_the_thread)
        writer = store._database._writer
        assert writer is not None
        await asyncio.to_thread(writer._thread.join, 10)

        assert await store.configuration.apply([Put(DialPlan(name="HQ"))]) == 1


def _divide_by_zero(_: Connection) -> float:
    return 1 / 0


def _end_the_thread(_: Connection) -> None:
    raise SystemExit


class TestAMoment:
    async def test_without_time_zone_is_refused(self, store: SqlStore) -> None:
        """Nobody could tell when it was."""
        with pytest.raises(Misuse, match="no time zone"):
            await store.events.query(since=PIONEERS_DAY.replace(tzinfo=None))

    async def test_of_another_time_zone_is_the_same_moment(self, store: SqlStore) -> None:
        vienna = PIONEERS_DAY.astimezone(timezone(timedelta(hours=1)))
        await store.pins.replace("1001", PinState(), PinState(hashed="hash", set_at=vienna))

        state = await store.pins.state("1001")

        assert state.set_at == PIONEERS_DAY
        assert state.set_at.tzinfo is UTC


class TestARecordingOfAKilledProcess:
    async def test_is_found_by_the_next(self, make_store: MakeStore) -> None:
        lost, found = make_store(), make_store()
        await lost.open()
        message = await lost.messages.begin("1001", Caller(number="1002"), "call-1")
        await lost.audio.append(message.audio, bytes(16000))
        await lost.close()

        await found.open()
        (unfinished,) = await found.messages.unfinished("node01.example.org")
        duration = await found.audio.duration(unfinished.audio)
        delivered = await found.messages.deliver_interrupted(unfinished.id, duration)

        assert await found.messages.of_mailbox("1001", MessageState.NEW) == [delivered]
        assert (delivered.duration, delivered.was_interrupted) == (1.0, True)
        await found.close()

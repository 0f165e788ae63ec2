"""A database behind an asynchronous face: one thread writes, a few read."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from umbel.core.errors import Misuse

from .engine import READERS, border, database_file, make_engine
from .migrate import migrate
from .writer import Writer

Result = TypeVar("Result")

_log = structlog.get_logger("umbel.store")


class Database:
    """Runs functions of a connection. They run in threads: they may touch nothing but it."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine: Engine | None = None
        self._writer: Writer | None = None
        self._readers: ThreadPoolExecutor | None = None

    @property
    def is_sqlite(self) -> bool:
        """Say whether it is SQLite, where one node has everything to itself."""
        return database_file(self.url) is not None

    async def open(self) -> None:
        """Connect, and bring the tables up to date."""
        self._engine = await asyncio.to_thread(self._connect)
        self._writer = Writer(self._engine, self.url)
        self._readers = ThreadPoolExecutor(READERS, "umbel-store-reader")

    async def close(self) -> None:
        """Make all changes that wait, then disconnect."""
        writer, readers, engine = self._writer, self._readers, self._engine
        self._writer = self._readers = self._engine = None
        if writer and readers and engine:
            await asyncio.to_thread(writer.close)
            await asyncio.to_thread(readers.shutdown)
            engine.dispose()

    async def read(self, query: Callable[[Connection], Result]) -> Result:
        """Run *query*, which sees one moment of the database."""
        if self._readers is None:
            raise Misuse("the store is not open")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._query, query)

    async def write(self, change: Callable[[Connection], Result]) -> Result:
        """Make *change*, which is durable on return. It does nothing but execute statements."""
        return await asyncio.wrap_future(self.submit(change))

    def write_soon(self, change: Callable[[Connection], object], what: str) -> None:
        """Make *change* without anybody waiting; if it fails, the log says that *what* is lost."""

        def tell(done: "Future[object]") -> None:
            if error := done.exception():
                _log.error("not kept in the store", what=what, error=str(error))

        self.submit(change).add_done_callback(tell)

    def submit(
        self, change: Callable[[Connection], Result], *, may_linger: bool = False
    ) -> "Future[Result]":
        """Queue *change*; the future has its result once it is durable; *may_linger*: a bit later."""
        if self._writer is None:
            raise Misuse("the store is not open")
        return self._writer.submit(change, may_linger=may_linger)

    def _connect(self) -> Engine:
        engine = make_engine(self.url)
        try:
            with border(self.url):
                migrate(engine, self.url)
        except BaseException:
            engine.dispose()
            raise
        return engine

    def _query(self, query: Callable[[Connection], Result]) -> Result:
        if self._engine is None:
            raise Misuse("the store is not open")
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with border(self.url), self._engine.execution_options(**options).connect() as connection:
            return query(connection)

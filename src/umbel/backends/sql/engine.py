"""Engines for both databases, and the border where their errors become ours."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from umbel.core.errors import Mistake, Misuse, Unavailable

READERS = 4
"""Threads that read at the same time."""

_BUSY_SECONDS = 10
"""How long one process waits for another's write to SQLite."""

_EXPECTED = "sqlite:///file or postgresql://user@host/database"

_OURS = (DataError, IntegrityError, ProgrammingError)
"""Errors of a statement, not of the database."""


def read_url(text: str) -> URL:
    """Take a store's URL as a person writes it; PostgreSQL is spoken to by psycopg."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise Mistake(f'"{text}"', expected=_EXPECTED, where="store, url") from error
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise Mistake(f'"{url.drivername}:"', expected=_EXPECTED, where="store, url")
    if url.database in (None, "", ":memory:"):
        raise Mistake(f'"{text}", which names no file', expected=_EXPECTED, where="store, url")
    return url.set(drivername="sqlite+pysqlite")


def shown(url: URL) -> str:
    """Give the URL as it may be shown: without its password and our driver's name."""
    plain = url.set(drivername=url.get_backend_name())
    return plain.render_as_string(hide_password=True)


def database_file(url: URL) -> Path | None:
    """Give SQLite's file; ``None`` for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def make_engine(url: URL) -> Engine:
    """Make an engine; nothing is opened yet."""
    if (file := database_file(url)) is not None:
        _create(file)
        return _sqlite_engine(url)
    return create_engine(
        url,
        pool_size=READERS + 1,
        pool_pre_ping=True,  # The database may have been restarted since the last statement.
        connect_args={"connect_timeout": 5},
    )


@contextmanager
def border(url: URL) -> Iterator[None]:
    """Turn the errors of the database into ours; all statements run inside."""
    try:
        yield
    except _OURS as error:
        raise Misuse(f"store {shown(url)}: {error}") from error
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise Unavailable(f"store {shown(url)}: {_cause(error)}") from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and "not a database" in str(error.orig):
            raise Mistake(
                f"{url.database}, which is no SQLite database", expected=_EXPECTED, where="store"
            ) from error
        raise Unavailable(f"store {shown(url)}: {_cause(error)}") from error
    except SQLAlchemyError as error:
        raise Misuse(f"store {shown(url)}: {error}") from error


def _cause(error: SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split())


def _create(file: Path) -> None:
    """
    Make the file before SQLite does, so that only we may read PINs' hashes and passwords.

    Two processes that begin at once cannot both switch a file to WAL: SQLite does not wait there.
    A file that is there is not opened: closing it would let go of SQLite's locks on it.
    """
    try:
        if not file.exists():
            _make_in_wal_mode(file)
        elif not os.access(file, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise Mistake(
            f"{file}: {error.strerror}",
            expected="a file that can be written, in a folder that exists",
            where="store, url",
        ) from error


def _make_in_wal_mode(file: Path) -> None:
    """Make it under another name, so that it appears whole; another process may be quicker."""
    with NamedTemporaryFile(dir=file.parent, prefix=f"{file.name}-") as beginning:
        with closing(sqlite3.connect(beginning.name)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        with suppress(FileExistsError):
            os.link(beginning.name, file)


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url, pool_size=READERS + 1, connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: "_SqliteConnection", _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # What was delivered outlives a power cut.

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        # A reader that turns into a writer would meet SQLITE_BUSY without waiting.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class _SqliteConnection(Protocol):
    """As much of a ``sqlite3.Connection`` as the listener needs."""

    def execute(self, statement: str, /) -> object: ...

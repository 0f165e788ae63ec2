"""A PostgreSQL of our own for the tests: started once, a fresh database for each test."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

_OLDEST = 15
_SECONDS_TO_START = 30


class PostgreSql:
    """A running server that listens on a Unix socket only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    def url(self, database: str) -> str:
        """Give the URL of a database, as a person writes it."""
        return f"postgresql://umbel@/{database}?host={self._folder}"

    def fresh(self, template: str = "template1") -> str:
        """Create a database like *template* and give its name."""
        name = f"{template}_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def execute(self, statement: str) -> None:
        """Run one statement as the owner of everything."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def accepts(self) -> bool:
        """Say whether it is ready."""
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running_postgresql() -> Iterator[PostgreSql]:
    """Start a server in a folder of its own; both are gone after the block."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="umbel-pg-"))  # Short: a socket's path has 107 characters
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        with _server(binaries, folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server(binaries: Path, folder: Path) -> Iterator[PostgreSql]:
    log, data = folder / "log", folder / "data"
    _initialise(binaries, data)
    with log.open("wb") as output:
        process = subprocess.Popen(
            _as_postgres(
                *(binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="),
                # Nobody needs these databases after a power cut.
                *("-c", "fsync=off", "-c", "full_page_writes=off"),
            ),
            stdout=output,
            stderr=output,
            cwd=folder,
        )
        server = PostgreSql(folder)
        try:
            _wait_for(server, process, log)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # "Immediate shutdown", in PostgreSQL's words.
            process.wait()


def _wait_for(server: PostgreSql, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while not server.accepts():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"PostgreSQL did not start:\n{log.read_text()}")
        time.sleep(0.05)


def _binaries() -> Path:
    """Find the newest installed server, or skip the test."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    found = [path for path in found if int(path.parent.name) >= _OLDEST]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    if (postgres := shutil.which("postgres")) and shutil.which("initdb"):
        return Path(postgres).parent
    pytest.skip(
        f"PostgreSQL {_OLDEST} or later is not installed (as root: apt-get install postgresql)"
    )


def _initialise(binaries: Path, data: Path) -> None:
    command = _as_postgres(binaries / "initdb", "-D", data, "-U", "umbel", "-A", "trust", "-N")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        raise AssertionError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _as_postgres(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user that its package made."""
    arguments = [str(part) for part in command]
    if os.geteuid() != 0:
        return arguments
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *arguments]

"""Brings a database's tables up to date when a store is opened."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL

from umbel.core.errors import Mistake

from .engine import shown

_ADVISORY_LOCK = 0x756D62656C
"""Any number that only Umbel uses: nodes that start together migrate one after the other."""


def migrate(engine: Engine, url: URL) -> None:
    """Run the migrations that the database has not seen, all or none."""
    config = Config()
    config.set_main_option("script_location", "umbel.backends.sql:migrations")
    known = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        if _present(connection) == known.get_current_head():
            return
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        _refuse_unknown(_present(connection), known, url)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _present(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(present: str | None, known: ScriptDirectory, url: URL) -> None:
    revisions = [script.revision for script in known.walk_revisions()]
    if present is not None and present not in revisions:
        raise Mistake(
            f"tables of revision {present}, which a newer Umbel made",
            expected=f"at most {revisions[0]}",
            where=f"store {shown(url)}",
            do="install the Umbel that made them, or name another store",
        )

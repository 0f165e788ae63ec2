"""Writing a row that may or may not be there already."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert


def put_row(connection: Connection, table: Table, row: Mapping[str, object]) -> None:
    """Insert the row, or replace the one with the same primary key."""
    connection.execute(_replacing(connection.dialect.name, table, tuple(row)), row)


def put_rows(connection: Connection, table: Table, rows: list[Mapping[str, object]]) -> None:
    """Insert rows of the same columns, each in place of the one with its primary key."""
    connection.execute(_replacing(connection.dialect.name, table, tuple(rows[0])), rows)


def add_row(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert the row unless one with the same primary key is there; say whether it was inserted."""
    statement = _sparing(connection.dialect.name, table)
    return connection.execute(statement, row).first() is not None


# Statements are made once: to make and to hash one costs as much as SQLite takes to execute it.


@cache
def _replacing(
    dialect: str, table: Table, names: tuple[str, ...]
) -> sqlite.Insert | postgresql.Insert:
    """Give the statement that writes the columns *names*."""
    insert = _insert(dialect, table)
    rest = {name: insert.excluded[name] for name in names if not table.columns[name].primary_key}
    return insert.on_conflict_do_update(index_elements=table.primary_key, set_=rest)


@cache
def _sparing(dialect: str, table: Table) -> ReturningInsert[tuple[object, ...]]:
    return _insert(dialect, table).on_conflict_do_nothing().returning(*table.primary_key)


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Both databases know ``ON CONFLICT``, but SQLAlchemy has it in their dialects only."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)

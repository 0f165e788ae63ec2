"""Writing a row that may or may not be there already."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def put_row(connection: Connection, table: Table, row: Mapping[str, object]) -> None:
    """Insert the row, or replace the one with the same primary key."""
    rest = {name: value for name, value in row.items() if not table.columns[name].primary_key}
    insert = _insert(connection, table).values(row)
    connection.execute(insert.on_conflict_do_update(index_elements=table.primary_key, set_=rest))


def add_row(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert the row unless one with the same primary key is there; say whether it was inserted."""
    insert = _insert(connection, table).values(row).on_conflict_do_nothing()
    return connection.execute(insert.returning(*table.primary_key)).first() is not None


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Both databases know ``ON CONFLICT``, but SQLAlchemy has it in their dialects only."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)

"""``directory.repositories.Nodes`` in a table."""

from dataclasses import asdict

from sqlalchemy import select

from umbel.directory.records import NodeLoad, NodeRecord

from .database import Database
from .rows import put_row
from .schema import nodes


class SqlNodes:
    """Which nodes there are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, node: NodeRecord) -> None:
        """Record that *node* lives."""
        row = {
            "name": node.name,
            "version": node.version,
            "started": node.started,
            "heartbeat": node.heartbeat,
            "listeners": list(node.listeners),
            "load": None if node.load is None else asdict(node.load),
        }
        await self._database.write(lambda connection: put_row(connection, nodes, row))

    async def all(self) -> list[NodeRecord]:
        """Give all nodes by name."""
        query = select(nodes).order_by(nodes.c.name)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [
            NodeRecord(
                name=row.name,
                version=row.version,
                started=row.started,
                heartbeat=row.heartbeat,
                listeners=tuple(row.listeners),
                load=None if row.load is None else NodeLoad(**row.load),
            )
            for row in rows
        ]

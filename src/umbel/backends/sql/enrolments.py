"""``identity.enrolment.Enrolments`` in a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from umbel.identity.enrolment import Enrolment, Stage

from .database import Database
from .rows import put_row
from .schema import enrolments


class SqlEnrolments:
    """Requests for certificates, and their answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, enrolment: Enrolment, *, unless: Sequence[Stage] = ()) -> bool:
        """Keep it, in place of the one with the same id unless that is at a stage of *unless*."""
        row = _row_of(enrolment)
        present = select(enrolments.c.stage).where(enrolments.c.id == enrolment.id)

        def change(connection: Connection) -> bool:
            stage = connection.execute(present.with_for_update()).scalar()
            if stage in [one.value for one in unless]:
                return False
            put_row(connection, enrolments, row)
            return True

        return await self._database.write(change)

    async def get(self, id: str) -> Enrolment | None:
        """Find one."""
        query = select(enrolments).where(enrolments.c.id == id)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else _enrolment_of(row)

    async def at_stage(self, stage: Stage, node: str = "") -> list[Enrolment]:
        """Give those at a stage, oldest first, of one node if named."""
        query = select(enrolments).where(enrolments.c.stage == stage.value)
        if node:
            query = query.where(enrolments.c.node == node)
        query = query.order_by(enrolments.c.at)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_enrolment_of(row) for row in rows]

    async def forget_before(self, moment: datetime) -> None:
        """Forget what has not moved since *moment*."""
        old = delete(enrolments).where(enrolments.c.at < moment)
        await self._database.write(lambda connection: connection.execute(old))


def _row_of(enrolment: Enrolment) -> dict[str, Any]:
    return {
        "id": enrolment.id,
        "node": enrolment.node,
        "stage": enrolment.stage.value,
        "at": enrolment.at,
        "names": list(enrolment.names),
        "request": enrolment.request,
        "certificate": enrolment.certificate,
        "proof": enrolment.proof,
        "chain": enrolment.chain,
        "root": enrolment.root,
        "reason": enrolment.reason,
    }


def _enrolment_of(row: "Row[*tuple[Any, ...]]") -> Enrolment:
    return Enrolment(
        id=row.id,
        node=row.node,
        stage=Stage(row.stage),
        at=row.at,
        names=tuple(row.names),
        request=row.request,
        certificate=row.certificate,
        proof=row.proof,
        chain=row.chain,
        root=row.root,
        reason=row.reason,
    )

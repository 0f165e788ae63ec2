"""``diagnosis.ports.Observations`` in a table."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import structlog
from sqlalchemy import Row, delete, select

from umbel.core.json_values import Unreadable, from_json, to_json
from umbel.diagnosis.attempt import Attempt
from umbel.diagnosis.observation import Direction, Observation, PeeringState
from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Transport

from .database import Database
from .rows import put_row
from .schema import observations


class SqlObservations:
    """What each node saw last of each gateway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, observation: Observation) -> None:
        """Keep *observation* soon, in place of the one before."""
        row = _row_of(observation)
        self._database.write_soon(
            lambda connection: put_row(connection, observations, row),
            f"observation of gateway {observation.gateway}",
        )

    async def all(self) -> list[Observation]:
        """Give those of every node, by node, gateway and direction."""
        columns = observations.c
        query = select(observations).order_by(
            columns.node, columns.gateway, columns.direction.desc(), columns.transport
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return list(_readable(rows))

    async def keep_only(self, node: str, gateways: Collection[str]) -> None:
        """Forget what *node* saw of other gateways than these."""
        gone = delete(observations).where(
            observations.c.node == node, observations.c.gateway.not_in(gateways)
        )
        await self._database.write(lambda connection: connection.execute(gone))


def _readable(rows: "Sequence[Row[*tuple[Any, ...]]]") -> Iterator[Observation]:
    """Read over what a newer node wrote: the others are worth to be seen."""
    for row in rows:
        try:
            yield _observation_of(row)
        except (Unreadable, ValueError) as error:
            structlog.get_logger("umbel").warning(
                "an observation cannot be read", node=row.node, gateway=row.gateway, why=str(error)
            )


def _row_of(observation: Observation) -> dict[str, Any]:
    attempt, handshake = observation.attempt, observation.handshake
    return {
        "node": observation.node,
        "gateway": observation.gateway,
        "transport": observation.transport.value,
        "direction": observation.direction.value,
        "state": observation.state.value,
        "since": observation.since,
        "at": observation.at,
        "attempt": None if attempt is None else to_json(attempt),
        "handshake": None if handshake is None else to_json(handshake),
    }


def _observation_of(row: "Row[*tuple[Any, ...]]") -> Observation:
    return Observation(
        node=row.node,
        gateway=row.gateway,
        transport=Transport(row.transport),
        direction=Direction(row.direction),
        state=PeeringState(row.state),
        since=row.since,
        at=row.at,
        attempt=None if row.attempt is None else from_json(Attempt, row.attempt),
        handshake=None if row.handshake is None else from_json(HandshakeReport, row.handshake),
    )

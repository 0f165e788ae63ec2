"""``mailbox.ports.Pins`` in a table."""

import json
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from umbel.mailbox.pin import PinState

from .database import Database
from .rows import add_row
from .schema import pins

_NEVER_SET = PinState()


class SqlPins:
    """PIN state of all mailboxes, shared by every node."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def state(self, mailbox: str) -> PinState:
        """Give the present state; a mailbox that never had a PIN has an empty one."""
        query = select(pins).where(pins.c.mailbox == mailbox)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            return _NEVER_SET
        return PinState(
            hashed=row.hashed,
            set_at=row.set_at,
            must_change=row.must_change,
            failures=row.failures,
            is_locked_out=row.is_locked_out,
            needs_reset=row.needs_reset,
            history=tuple(json.loads(row.history)),
        )

    async def replace(self, mailbox: str, expected: PinState, new: PinState) -> bool:
        """Store *new* if the state is still *expected*; say whether it was."""
        still = [
            pins.c[name].is_not_distinct_from(value) for name, value in _fields_of(expected).items()
        ]
        change = update(pins).where(pins.c.mailbox == mailbox, *still).values(_fields_of(new))

        def make(connection: Connection) -> bool:
            if connection.execute(change).rowcount == 1:
                return True
            row = {"mailbox": mailbox} | _fields_of(new)
            return expected == _NEVER_SET and add_row(connection, pins, row)

        return await self._database.write(make)


def remove_pin_of(connection: Connection, mailbox: str) -> None:
    """Remove the PIN with its mailbox."""
    connection.execute(delete(pins).where(pins.c.mailbox == mailbox))


def _fields_of(state: PinState) -> dict[str, str | int | bool | datetime | None]:
    return {
        "hashed": state.hashed,
        "set_at": state.set_at,
        "must_change": state.must_change,
        "failures": state.failures,
        "is_locked_out": state.is_locked_out,
        "needs_reset": state.needs_reset,
        "history": json.dumps(state.history),
    }

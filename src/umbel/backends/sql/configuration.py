"""``directory.repositories.Configurations`` in a table: one row for each object."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Connection, delete, select, update

from umbel.core.errors import Mistake, Misuse
from umbel.core.tables import plain, read_table
from umbel.directory.objects import (
    AutoAttendant,
    Configured,
    DialPlan,
    Gateway,
    HuntGroup,
    Mailbox,
    MailboxPolicy,
    Node,
)
from umbel.directory.ports import Configuration
from umbel.directory.repositories import Change, Put, Remove

from .database import Database
from .doomed_audio import Undertaker
from .greetings import remove_greetings_of
from .messages import remove_messages_of
from .pins import remove_pin_of
from .rows import put_row
from .schema import configured, greetings, messages, pins, revision

_Fields = dict[str, Any]

_KINDS: dict[str, type[Configured]] = {
    "node": Node,
    "dial-plan": DialPlan,
    "gateway": Gateway,
    "hunt-group": HuntGroup,
    "attendant": AutoAttendant,
    "policy": MailboxPolicy,
    "mailbox": Mailbox,
}
"""By the word in the table, which must never change."""

_WORDS = {kind: word for word, kind in _KINDS.items()}


class SqlConfigurations:
    """The configured objects."""

    def __init__(self, database: Database, undertaker: Undertaker) -> None:
        self._database = database
        self._undertaker = undertaker

    async def load(self) -> Configuration:
        """Give everything as it is now."""
        return await self._database.read(_load)

    async def revision(self) -> int:
        """Give the number that every change raises."""
        return await self._database.read(_revision)

    async def apply(self, changes: Sequence[Change], *, expected: int | None = None) -> int:
        """Make all changes or none, and give the new revision."""

        def make(connection: Connection) -> int:
            now = _raise_revision(connection)
            if expected is not None and now != expected + 1:
                raise _changed_meanwhile(expected, now - 1)
            for change in changes:
                _make(connection, change)
            return now

        if not changes:
            return await self.revision()
        made = await self._database.write(make)
        if any(isinstance(change, Remove) for change in changes):
            await self._undertaker.bury()
        return made

    async def forget_the_removed(self) -> None:
        """
        Remove what calls kept for mailboxes that were removed meanwhile.

        A subscriber may be recording a greeting, or a caller a message, when the mailbox goes.
        """
        await self._database.write(_forget_the_removed)


def _load(connection: Connection) -> Configuration:
    found: dict[type[Configured], dict[str, Any]] = {kind: {} for kind in _WORDS}
    for row in connection.execute(select(configured)):
        kind = _KINDS.get(row.kind)
        if kind is None:
            raise Misuse(f"store, table configured: unknown kind {row.kind}")
        found[kind][row.name] = _object_of(kind, row.fields, f"store, {row.kind} {row.name}")
    return Configuration(
        revision=_revision(connection),
        dial_plans=found[DialPlan],
        gateways=found[Gateway],
        hunt_groups=found[HuntGroup],
        attendants=found[AutoAttendant],
        policies=found[MailboxPolicy],
        mailboxes=found[Mailbox],
        nodes=found[Node],
    )


def _revision(connection: Connection) -> int:
    number: int = connection.scalars(select(revision.c.number)).one()
    return number


def _raise_revision(connection: Connection) -> int:
    """Give the next revision; until the commit nobody else gets one."""
    raised = update(revision).values(number=revision.c.number + 1).returning(revision.c.number)
    number: int = connection.scalars(raised).one()
    return number


def _changed_meanwhile(expected: int, found: int) -> Mistake:
    return Mistake(
        f"configuration revision {found}: somebody changed it meanwhile",
        expected=f"revision {expected}, which the changes were planned for",
        where="store",
        do="run the command again",
    )


def _make(connection: Connection, change: Change) -> None:
    word, name = _WORDS[type(change.thing)], _name_of(change.thing)
    match change:
        case Put(thing):
            row = {"kind": word, "name": name, "fields": _fields_of(thing)}
            if isinstance(thing, Mailbox) and not _is_there(connection, word, name):
                _remove_contents(connection, name)
            put_row(connection, configured, row)
        case Remove(thing):
            gone = delete(configured).where(configured.c.kind == word, configured.c.name == name)
            if connection.execute(gone).rowcount == 0:
                raise Mistake(f"no {word} {name}", expected="one that is there", where="store")
            if isinstance(thing, Mailbox):
                _remove_contents(connection, name)


def _is_there(connection: Connection, word: str, name: str) -> bool:
    found = select(configured.c.name).where(configured.c.kind == word, configured.c.name == name)
    return connection.scalar(found) is not None


def _forget_the_removed(connection: Connection) -> None:
    mailboxes = select(configured.c.name).where(configured.c.kind == _WORDS[Mailbox])
    for table in (messages, greetings, pins):
        left = select(table.c.mailbox).where(table.c.mailbox.not_in(mailboxes)).distinct()
        for mailbox in connection.scalars(left).all():
            _remove_contents(connection, mailbox)


def _remove_contents(connection: Connection, mailbox: str) -> None:
    """Remove what is personal: the extension may be given to somebody else tomorrow."""
    remove_messages_of(connection, mailbox)
    remove_greetings_of(connection, mailbox)
    remove_pin_of(connection, mailbox)


def _name_of(thing: Configured) -> str:
    return thing.extension if isinstance(thing, Mailbox) else thing.name


def _fields_of(thing: Configured) -> _Fields:
    """Give every field, also those at their default: a later default changes no stored object."""
    return {field.name: plain(getattr(thing, field.name)) for field in fields(thing)}


def _object_of(kind: type[Configured], stored: _Fields, where: str) -> Configured:
    given = {name: value for name, value in stored.items() if value is not None}
    thing = read_table(kind, given, where)
    nulls: _Fields = dict.fromkeys(stored.keys() - given.keys())
    return replace(thing, **nulls)

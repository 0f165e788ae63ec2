"""``mailbox.ports.Greetings`` in a table."""

from sqlalchemy import Column, Connection, delete, select

from umbel.mailbox.message import AudioId

from .database import Database
from .doomed_audio import Undertaker, doom
from .rows import put_row
from .schema import greetings


class SqlGreetings:
    """The recordings that subscribers make of themselves."""

    def __init__(self, database: Database, undertaker: Undertaker) -> None:
        self._database = database
        self._undertaker = undertaker

    async def greeting(self, mailbox: str) -> AudioId | None:
        """Give the personal greeting."""
        return await self._get(mailbox, greetings.c.greeting)

    async def set_greeting(self, mailbox: str, audio: AudioId | None) -> None:
        """Replace or remove it. The audio replaced is deleted."""
        await self._set(mailbox, greetings.c.greeting, audio)

    async def spoken_name(self, mailbox: str) -> AudioId | None:
        """Give the recorded name."""
        return await self._get(mailbox, greetings.c.spoken_name)

    async def set_spoken_name(self, mailbox: str, audio: AudioId | None) -> None:
        """Replace or remove it. The audio replaced is deleted."""
        await self._set(mailbox, greetings.c.spoken_name, audio)

    async def _get(self, mailbox: str, column: "Column[str]") -> AudioId | None:
        query = select(column).where(greetings.c.mailbox == mailbox)
        audio = await self._database.read(lambda connection: connection.scalar(query))
        return None if audio is None else AudioId(audio)

    async def _set(self, mailbox: str, column: "Column[str]", audio: AudioId | None) -> None:
        query = select(column).where(greetings.c.mailbox == mailbox).with_for_update()

        def change(connection: Connection) -> None:
            replaced = connection.scalar(query)
            put_row(connection, greetings, {"mailbox": mailbox, column.name: audio})
            doom(connection, {replaced} - {audio})

        await self._database.write(change)
        await self._undertaker.bury()


def remove_greetings_of(connection: Connection, mailbox: str) -> None:
    """Remove what a subscriber recorded, with their mailbox."""
    gone = delete(greetings).where(greetings.c.mailbox == mailbox)
    for row in connection.execute(gone.returning(greetings.c.greeting, greetings.c.spoken_name)):
        doom(connection, row)

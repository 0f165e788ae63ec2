"""Removing audio whose message or greeting was removed, also when the process stops between."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from umbel.mailbox.message import AudioId
from umbel.mailbox.ports import Audio

from .database import Database
from .rows import add_row
from .schema import doomed_audio


def doom(connection: Connection, audios: Iterable[str | None]) -> None:
    """Note, in the transaction that removes the last reference, what is to be removed."""
    for audio in audios:
        if audio is not None:
            add_row(connection, doomed_audio, {"audio": audio})


class Undertaker:
    """Removes what is doomed. Done twice, or by two nodes at once, it does no harm."""

    def __init__(self, database: Database, audio: Audio) -> None:
        self._database = database
        self._audio = audio

    async def bury(self) -> None:
        """Remove all doomed audio; also what an earlier process left."""
        doomed = await self._database.read(
            lambda connection: list(connection.scalars(select(doomed_audio.c.audio)))
        )
        for audio in doomed:
            await self._audio.delete(AudioId(audio))
        if doomed:
            gone = delete(doomed_audio).where(doomed_audio.c.audio.in_(doomed))
            await self._database.write(lambda connection: connection.execute(gone))

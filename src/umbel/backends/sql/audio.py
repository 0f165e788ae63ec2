"""``mailbox.ports.Audio`` in rows, so that all nodes of a cluster reach it."""

from sqlalchemy import Connection, LargeBinary, delete, func, insert, literal, select

from umbel.core.errors import Unavailable
from umbel.core.identifiers import Randomness
from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId
from umbel.mailbox.ports import OCTETS_OF_A_SECOND

from .database import Database
from .schema import audio as audios
from .schema import audio_chunks as chunks


class SqlAudio:
    """Recorded audio, a row for each piece that was appended."""

    def __init__(self, database: Database, randomness: Randomness) -> None:
        self._database = database
        self._randomness = randomness

    async def create(self) -> AudioId:
        """Reserve a new, empty stretch of audio."""
        audio = AudioId(self._randomness.token())
        row = {"id": audio}
        await self._database.write(lambda connection: connection.execute(insert(audios), row))
        return audio

    async def append(self, audio: AudioId, samples: bytes) -> None:
        """Add samples to the end; durable on return."""
        last = select(func.max(chunks.c.number)).where(chunks.c.audio == audio).scalar_subquery()
        # Locked, so that nobody removes the audio and leaves this piece of it.
        piece = (
            select(audios.c.id, func.coalesce(last, 0) + 1, literal(samples, LargeBinary))
            .where(audios.c.id == audio)
            .with_for_update()
        )
        add = insert(chunks).from_select(["audio", "number", "samples"], piece)
        change = add.returning(chunks.c.number)
        if await self._database.write(lambda connection: connection.scalar(change)) is None:
            raise Unavailable(f"audio {audio} was removed while it was being recorded")

    async def read(self, audio: AudioId) -> bytes:
        """Give all samples; empty where there are none."""
        query = select(chunks.c.samples).where(chunks.c.audio == audio).order_by(chunks.c.number)
        return await self._database.read(lambda connection: b"".join(connection.scalars(query)))

    async def duration(self, audio: AudioId) -> Duration:
        """Give its length in seconds."""
        query = select(func.sum(func.length(chunks.c.samples))).where(chunks.c.audio == audio)
        octets = await self._database.read(lambda connection: connection.scalar(query))
        return int(octets or 0) / OCTETS_OF_A_SECOND

    async def delete(self, audio: AudioId) -> None:
        """Remove it; removing what is not there is no error."""

        def change(connection: Connection) -> None:
            connection.execute(delete(chunks).where(chunks.c.audio == audio))
            connection.execute(delete(audios).where(audios.c.id == audio))

        await self._database.write(change)

"""The whole store, opened and closed as one."""

import asyncio
from pathlib import Path

from umbel.backends.files import FileAudio
from umbel.core.errors import Mistake, Unavailable
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock
from umbel.mailbox.ports import Audio

from .audio import SqlAudio
from .calls import SqlCallRecords
from .configuration import SqlConfigurations
from .database import Database
from .doomed_audio import Undertaker
from .engine import database_file, read_url, shown
from .enrolments import SqlEnrolments
from .events import SqlEventLog
from .greetings import SqlGreetings
from .messages import SqlMessages
from .nodes import SqlNodes
from .observations import SqlObservations
from .pins import SqlPins
from .serving_lock import ServingLock


class SqlStore:
    """Everything that Umbel keeps, behind the ports of ``mailbox``, ``directory`` and ``diagnosis``."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        randomness: Randomness,
        node: str,
        audio_folder: Path | None = None,
        keep_free: int = 0,
    ) -> None:
        """
        Name a store; nothing is opened yet.

        *audio_folder* is where recordings are kept beside SQLite, ``audio`` next to the database
        if not given; they leave *keep_free* octets of its disk free. PostgreSQL keeps them itself.
        """
        self._node = node
        self._database = database = Database(read_url(url))
        file = database_file(database.url)
        self._lock = ServingLock(file) if file else None
        self._files = (
            FileAudio(audio_folder or file.parent / "audio", randomness, keep_free=keep_free)
            if file
            else None
        )
        self.audio: Audio = self._files or SqlAudio(database, randomness)
        self._undertaker = Undertaker(database, self.audio)
        self.messages = SqlMessages(
            database,
            self.audio,
            self._undertaker,
            clock=clock,
            randomness=randomness,
            node=node,
        )
        self.greetings = SqlGreetings(database, self._undertaker)
        self.pins = SqlPins(database)
        self.configuration = SqlConfigurations(database, self._undertaker)
        self.events = SqlEventLog(database)
        self.calls = SqlCallRecords(database)
        self.nodes = SqlNodes(database)
        self.enrolments = SqlEnrolments(database)
        self.observations = SqlObservations(database)

    @property
    def url(self) -> str:
        """Give the URL as it may be shown, without a password."""
        return shown(self._database.url)

    async def open(self, *, to_serve: bool = False) -> None:
        """
        Connect, and bring the tables up to date.

        *to_serve*: take calls on it. With SQLite only one node may, and a ``Mistake`` names it.
        """
        if to_serve and self._lock:
            await asyncio.to_thread(self._lock.take, self._node)
        try:
            await self._connect()
            if to_serve:
                await self.configuration.forget_the_removed()
                await self._undertaker.bury()
                await self._try_audio()
        except BaseException:
            await self.close()
            raise

    async def _connect(self) -> None:
        try:
            await self._database.open()
        except Unavailable as error:
            raise Unavailable(f"{error}; {self._cure()}") from error

    def _cure(self) -> str:
        if self._lock:
            return "see to its file and its folder, or name another in [store] url"
        return f"see that it runs and lets you in: psql {self.url} – or correct [store] url"

    async def _try_audio(self) -> None:
        """Find out now, not from the first caller, whether recordings can be kept."""
        try:
            await self.audio.delete(await self.audio.create())
        except Unavailable as error:
            raise Mistake(
                str(error), expected="a place that Umbel may write to", where="store, audio"
            ) from error

    async def close(self) -> None:
        """Keep what waits to be kept, disconnect, and let another node serve."""
        if self._files:
            await self._files.close()
        await self._database.close()
        if self._lock:
            self._lock.release()

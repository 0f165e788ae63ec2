"""What callers hear, per language: captions, and what the media engine plays."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from umbel.backends.prompts import PromptLibrary, Recordings, load_language
from umbel.backends.text_to_speech import KeptSpeech, find_synthesiser
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.core.events import Events
from umbel.mailbox.ports import Audio
from umbel.media.engine import Playable
from umbel.speech.phrase import Spoken

from .settings import Settings

DEFAULT_LANGUAGE = "en-US"
"""What callers hear when the language that is configured is none that Umbel speaks."""


class Voice:
    """One language, at the present time of day."""

    def __init__(self, library: PromptLibrary, now: Callable[[], datetime]) -> None:
        self._library = library
        self._now = now

    def caption(self, spoken: tuple[Spoken, ...]) -> str:
        """Give what is said as a line of text."""
        return self._library.caption(spoken, self._now())

    async def playables(self, spoken: tuple[Spoken, ...]) -> tuple[Playable, ...]:
        """Give what the engine plays for it."""
        return tuple(await self._library.playables(spoken, self._now()))


class Voices:
    """All languages of a node, each loaded once; the default one at the start."""

    def __init__(
        self, settings: Settings, *, audio: Audio, events: Events, wall: Callable[[], datetime]
    ) -> None:
        self._folder = _folder_named(settings.prompts.folder)
        self._kept = Path(settings.store.audio).parent / "speech"
        self._zone = read_zone(settings.prompts.time_zone)
        self._audio = audio
        self._events = events
        self._wall = wall
        self._default = self._load(DEFAULT_LANGUAGE)
        self._voices = {DEFAULT_LANGUAGE: self._default}

    def of(self, language: str) -> Voice:
        """Give the voice of a language; where Umbel does not speak it, it tells so, and another."""
        if language not in self._voices:
            self._voices[language] = self._load_or_replace(language)
        return self._voices[language]

    def _load_or_replace(self, tag: str) -> Voice:
        try:
            return self._load(tag)
        except Mistake as mistake:
            self._events.tell(
                catalogue.LANGUAGE_MISSING,
                language=tag,
                instead=DEFAULT_LANGUAGE,
                reason=str(mistake),
            )
            return self._default

    def _load(self, tag: str) -> Voice:
        synthesiser = find_synthesiser(tag)
        recordings = Recordings(
            audio=self._audio,
            folder=self._folder,
            speech=KeptSpeech(synthesiser, self._kept) if synthesiser else None,
        )
        return Voice(PromptLibrary(load_language(tag), recordings, self._events), self._now)

    def _now(self) -> datetime:
        return self._wall().astimezone(self._zone)


def _folder_named(name: str) -> Path | None:
    if not name:
        return None
    folder = Path(name)
    if not folder.is_dir():
        raise Mistake(
            f"no folder {folder}",
            expected="the folder of your recordings, or none",
            where="prompts, folder",
            do=f"mkdir -p {folder}, correct the name, or leave it out of [prompts]",
        )
    return folder


def read_zone(name: str) -> tzinfo | None:
    """Give the time zone of that name; ``None`` for the machine's own."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Mistake(
            f'"{name}"',
            expected="a time zone such as Europe/Vienna, or nothing for the machine's own",
            where="prompts, time_zone",
        ) from None

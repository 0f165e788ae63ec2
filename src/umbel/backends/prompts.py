"""Prompts as files: the package's clips, the administrator's recordings, and kept speech."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import assert_never

import numpy as np
import soxr

from umbel.core import event_catalogue as catalogue
from umbel.core.errors import Mistake
from umbel.core.events import Events
from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId
from umbel.mailbox.ports import Audio
from umbel.media import wav
from umbel.media.engine import Clip, Playable, Samples, Silence, Tone
from umbel.media.g711 import SAMPLES_PER_SECOND
from umbel.speech import (
    BeepPiece,
    ClipPiece,
    Language,
    PausePiece,
    Piece,
    RecordedPiece,
    Sayings,
    SpeakPiece,
    Spoken,
    levelling,
    parse_language,
)

from .recordings_folder import RecordingsFolder
from .text_to_speech import KeptSpeech

BEEP = Tone(1000, 0.4)

_SHORT = 4 * 2 * SAMPLES_PER_SECOND
"""Octets of a recording that is made louder between two other things."""
"""The tone after which the caller speaks; no part of any telephone key's."""


def package_folder(tag: str) -> Path:
    """Give the folder of a language in the package: ``phrases.toml`` and ``clips/``."""
    if tag not in (spoken := languages_spoken()):
        known = ", ".join(spoken)
        raise Mistake(tag, expected=f"a language that Umbel speaks ({known})", where="language")
    return _languages() / tag


def languages_spoken() -> tuple[str, ...]:
    """Give the tags of the languages that the package has."""
    return tuple(sorted(path.parent.name for path in _languages().glob("*/phrases.toml")))


def _languages() -> Path:
    return Path(str(resources.files("umbel.speech"))) / "languages"


def load_language(tag: str) -> Language:
    """Read the sentences of a language; raises ``Mistake`` for one that Umbel does not speak."""
    return parse_language((package_folder(tag) / "phrases.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """Where audio comes from that is not the package's."""

    audio: Audio
    """What subscribers and callers recorded."""
    folder: Path | None = None
    """
    The administrator's: ``NAME.wav`` for what attendants name, and ``en-US/phrase/NAME.wav``
    instead of the package's clip of that name.
    """
    speech: KeptSpeech | None = None
    """``None``: no synthesiser, names and texts are spelled."""


class PromptLibrary:
    """Turns what flows say in one language into what the media engine plays."""

    def __init__(self, language: Language, recordings: Recordings, events: Events) -> None:
        self._language = language
        self._sayings = Sayings(language)
        self._recordings = recordings
        self._events = events
        self._folder = RecordingsFolder(recordings.folder)
        self._package = package_folder(language.tag) / "clips"
        self._clips: dict[str, Clip] = {}
        """The package's, by their keys."""

    @property
    def language(self) -> Language:
        """The language that it speaks."""
        return self._language

    def caption(self, spoken: Sequence[Spoken], now: datetime) -> str:
        """Give what is said as a line of text; *now* carries the time zone that times are said in."""
        return self._sayings.caption(spoken, now)

    async def playables(self, spoken: Sequence[Spoken], now: datetime) -> list[Playable]:
        """
        Give what is played for it, each item whole; *now* as for ``caption``.

        What cannot be found is told as an event and said in other words, never left silent.
        Raises ``Unavailable`` where the audio store does.
        """
        items: list[Playable] = []
        for piece in self._sayings.pieces(spoken, now):
            if isinstance(piece, ClipPiece):  # Nearly all are: they need not wait for anything.
                items.append(self._clip(piece.key))
            else:
                items += [item async for item in self._piece(piece)]
        return items

    async def _piece(self, piece: Piece) -> AsyncIterator[Playable]:
        match piece:
            case ClipPiece(key):
                yield self._clip(key)
            case SpeakPiece(text):
                for item in await self._speak(text):
                    yield item
            case RecordedPiece():
                for item in await self._recorded(piece):
                    yield item
            case BeepPiece():
                yield BEEP
            case PausePiece(seconds):
                yield Silence(seconds)
            case _:
                assert_never(piece)

    def _clip(self, key: str) -> Clip:
        name = f"{self._language.tag}/{key}.wav"
        try:
            own = self._folder.find(name)
        except Mistake as mistake:
            self._tell(name, str(mistake), instead="the prompt of the package")
            own = None
        return self._package_clip(key) if own is None else Clip(str(own))

    def _package_clip(self, key: str) -> Clip:
        clip = self._clips.get(key)
        if clip is None:
            clip = self._clips[key] = Clip(str(self._package / f"{key}.wav"))
        return clip

    async def _speak(self, text: str) -> list[Playable]:
        if self._recordings.speech is not None:
            file = await self._recordings.speech.spoken(text, self._language.tag)
            if file is not None:
                return [Clip(str(file))]
        spelled = self._language.wording.spelling(text)
        return [item for piece in spelled async for item in self._piece(piece)]

    async def _recorded(self, piece: RecordedPiece) -> list[Playable]:
        try:
            return [await self._find(piece)]
        except Mistake as mistake:
            self._tell(piece.audio, str(mistake), instead=piece.otherwise)
            return await self._speak(piece.otherwise)

    async def _find(self, piece: RecordedPiece) -> Clip | Samples:
        if piece.audio.endswith(".wav"):
            if not piece.since and self._folder.is_fresh(piece.audio):
                return self._find_file(piece.audio, piece.since)
            return await asyncio.to_thread(self._find_file, piece.audio, piece.since)
        linear = await self._recordings.audio.read(AudioId(piece.audio))
        if not linear:
            raise Mistake("nothing", expected="audio", where=piece.audio)
        if len(linear) <= _SHORT:
            louder = _raised(linear)
        else:  # It takes a while, and others are waiting for this loop.
            louder = await asyncio.to_thread(_raised, linear)
        return Samples(louder[int(piece.since * SAMPLES_PER_SECOND) * 2 :])

    def _find_file(self, name: str, since: Duration) -> Clip | Samples:
        path = self._folder.find(name)
        if path is None:
            raise Mistake("no such file", expected="a recording", where=name)
        return Samples(_linear(path, since)) if since else Clip(str(path))

    def _tell(self, recording: str, reason: str, *, instead: str) -> None:
        told = {"recording": recording, "reason": reason, "instead": instead}
        self._events.tell(catalogue.RECORDING_MISSING, **told)


def _raised(linear: bytes) -> bytes:
    """Make what a quiet caller recorded louder; everything else stays as it is, to the bit."""
    samples = np.frombuffer(linear, "<i2", len(linear) // 2)
    raised = levelling.raised(samples, SAMPLES_PER_SECOND)
    return linear if raised is samples else raised.astype("<i2").tobytes()


def _linear(path: Path, since: Duration) -> bytes:
    """Read a WAV file from *since* on as ``Samples`` have it."""
    sound = wav.read(path.read_bytes(), str(path))
    rest = sound.samples[int(since * sound.rate) :]
    return bytes(soxr.resample(rest, sound.rate, SAMPLES_PER_SECOND).astype("<i2").tobytes())

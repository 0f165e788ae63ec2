"""Speech synthesisers that are programs of their own: flite and espeak-ng, when present.

Text comes from administrators and, as names of callers, from strangers: it is made harmless
before it reaches a program, no shell is between, and a program that hangs is killed.
"""

import asyncio
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from umbel.core.errors import Mistake, Unavailable, system_says
from umbel.core.instants import Duration
from umbel.media import wav
from umbel.speech import levelling
from umbel.speech.ports import Synthesiser

_log = structlog.get_logger("umbel.speech")

LONGEST_TEXT = 2000
"""Characters; what is beyond is not spoken (more than two minutes)."""

PATIENCE: Duration = 10.0
"""How long a program may take."""

MOST_KEPT = 2000
"""Files of kept speech, some hundred megabytes at the very most."""

_MARK_EVERY: Duration = 10.0
"""Seconds within which a file is marked once as used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechProgram:
    """One way to turn text into a WAV file on standard output."""

    name: str
    voice: str
    languages: tuple[str, ...]
    """Primary language subtags that it speaks (``en``); empty: whatever it is asked for."""
    command: Callable[[str, str], tuple[str, ...]]
    """Gives the arguments for a text and a language tag."""

    def speaks(self, language: str) -> bool:
        """Say whether *language* can be asked of it."""
        return not self.languages or language.partition("-")[0].lower() in self.languages


def _flite(text: str, _language: str) -> tuple[str, ...]:
    return ("-voice", "slt", "-t", text, "-o", "/dev/stdout")


def _espeak(text: str, language: str) -> tuple[str, ...]:
    return ("-v", language.lower(), "--stdout", "--", text)


FLITE = SpeechProgram(name="flite", voice="slt", languages=("en",), command=_flite)
ESPEAK_NG = SpeechProgram(name="espeak-ng", voice="", languages=(), command=_espeak)

PROGRAMS = (FLITE, ESPEAK_NG)
"""Best first."""


class ProgramSynthesiser:
    """A ``speech.ports.Synthesiser`` that runs a program for each text."""

    def __init__(
        self, program: SpeechProgram, path: str, *, at_once: int = 2, patience: Duration = PATIENCE
    ) -> None:
        self._program = program
        self._path = path
        self._patience = patience
        self._turn = asyncio.Semaphore(at_once)

    @property
    def voice(self) -> str:
        """Name program and voice."""
        return f"{self._program.name} {self._program.voice}".strip()

    async def speak(self, text: str, language: str) -> bytes | None:
        """Give *text* as a WAV file at the loudness of prompts; ``None``: it cannot be spoken."""
        text = _harmless(text)
        if not text or not self._program.speaks(language):
            return None
        async with self._turn:
            try:
                said = await self._run(self._program.command(text, language))
            except (Unavailable, TimeoutError):
                return None
        return await asyncio.to_thread(_levelled, said)

    async def _run(self, arguments: tuple[str, ...]) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                self._path,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be run: {system_says(error)}") from error
        try:
            said, _ = await asyncio.wait_for(process.communicate(), self._patience)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise Unavailable(f"{self._path} ended with {process.returncode}")
        return said


def find_synthesiser(language: str) -> Synthesiser | None:
    """Give the best program of this machine for *language*; ``None``: there is none."""
    for program in PROGRAMS:
        path = shutil.which(program.name)
        if path is not None and program.speaks(language):
            return ProgramSynthesiser(program, path)
    return None


class KeptSpeech:
    """Synthesised speech as WAV files in a folder, so that each text is synthesised once."""

    def __init__(self, synthesiser: Synthesiser, folder: Path, *, most: int = MOST_KEPT) -> None:
        self._synthesiser = synthesiser
        self._folder = folder
        self._most = most
        self._used: dict[tuple[str, str], tuple[Path, float]] = {}
        """By text and language: the file, and when it was last found and marked as used."""
        self._turns: dict[str, asyncio.Lock] = {}
        """By file that is being made."""

    async def spoken(self, text: str, language: str) -> Path | None:
        """Give the file in which *text* is spoken; ``None``: it is to be spelled."""
        now = time.monotonic()
        used = self._used.get((text, language))
        if used is not None and now - used[1] < _MARK_EVERY and used[0].exists():
            return used[0]  # No thread is worth its while for every caller who hears it.
        name = self._name(text, language)
        kept = self._folder / name
        if await asyncio.to_thread(_use, kept):
            self._note_use(text, language, kept, now)
            return kept
        # Of many callers who hear a new text at once, one has it spoken.
        async with self._turns.setdefault(name, asyncio.Lock()):
            try:
                return kept if kept.exists() else await self._made(kept, text, language)
            finally:
                self._turns.pop(name, None)

    async def _made(self, kept: Path, text: str, language: str) -> Path | None:
        said = await self._synthesiser.speak(text, language)
        if said is None:
            return None
        try:
            await asyncio.to_thread(self._keep, kept, said)
        except OSError as error:
            _log.warning(
                "speech cannot be kept, so it is spelled", file=str(kept), error=system_says(error)
            )
            return None
        return kept

    def _note_use(self, text: str, language: str, kept: Path, now: float) -> None:
        if len(self._used) >= self._most:
            self._used.clear()
        self._used[text, language] = kept, now

    def _name(self, text: str, language: str) -> str:
        key = "\0".join((self._synthesiser.voice, language, text))
        return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32] + ".wav"

    def _keep(self, path: Path, said: bytes) -> None:
        """Write under another name first: whoever finds the file finds all of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as part:
            part.write(said)
        Path(part.name).replace(path)
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        ages = []
        for path in self._folder.glob("*.wav"):
            with suppress(FileNotFoundError):  # Another process keeps its speech here as well.
                ages.append((path.stat().st_mtime_ns, path))
        for _, path in sorted(ages)[: -self._most]:
            path.unlink(missing_ok=True)


def _use(path: Path) -> bool:
    """Say whether there is such a file, and note that it was used."""
    try:
        os.utime(path)
    except OSError:
        return False
    return True


def _harmless(text: str) -> str:
    """Leave out what is no text, and all that is too long."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:LONGEST_TEXT]


def _levelled(said: bytes) -> bytes | None:
    """Trim and level a program's WAV; ``None``: there is nothing to hear in it."""
    try:
        sound = wav.read(said)
    except Mistake:
        return None
    levelled = levelling.level(levelling.from_linear(sound.samples), sound.rate)
    if not levelled.size:
        return None
    return wav.write(wav.Sound(rate=sound.rate, samples=levelling.to_linear(levelled)))

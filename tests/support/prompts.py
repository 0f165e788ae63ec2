"""Doubles of what prompts need: events that are remembered, audio and speech that are made up."""

from dataclasses import dataclass, field

from umbel.core.events import EventKind, Field
from umbel.core.instants import Duration
from umbel.mailbox.message import AudioId


@dataclass
class RememberedEvents:
    """``core.events.Events`` that keeps what it is told."""

    told: list[tuple[EventKind, dict[str, Field]]] = field(default_factory=list)

    def tell(self, kind: EventKind, **fields: Field) -> None:
        """Keep it, once it can be said."""
        kind.sentence.format_map(fields)
        self.told.append((kind, fields))


@dataclass
class AudioInMemory:
    """``mailbox.ports.Audio`` without a store."""

    kept: dict[AudioId, bytes] = field(default_factory=dict)

    async def create(self) -> AudioId:
        """Reserve an empty stretch."""
        audio = AudioId(f"audio-{len(self.kept)}")
        self.kept[audio] = b""
        return audio

    async def append(self, audio: AudioId, samples: bytes) -> None:
        """Add to it."""
        self.kept[audio] += samples

    async def read(self, audio: AudioId) -> bytes:
        """Give all of it."""
        return self.kept.get(audio, b"")

    async def duration(self, audio: AudioId) -> Duration:
        """Give its length."""
        return len(self.kept.get(audio, b"")) / 16000

    async def delete(self, audio: AudioId) -> None:
        """Remove it."""
        self.kept.pop(audio, None)


@dataclass
class EchoSynthesiser:
    """``speech.ports.Synthesiser`` that "speaks" a text as its own octets."""

    voice: str = "echo"
    mute: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def speak(self, text: str, language: str) -> bytes | None:
        """Give the text, or nothing while it is mute."""
        self.asked.append((text, language))
        return None if self.mute else text.encode()

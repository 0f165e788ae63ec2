"""Doubles of what prompts need: events that are remembered, speech that is made up."""

from dataclasses import dataclass, field

from umbel.core.events import EventKind, Field


@dataclass
class RememberedEvents:
    """``core.events.Events`` that keeps what it is told."""

    told: list[tuple[EventKind, dict[str, Field]]] = field(default_factory=list)

    def tell(self, kind: EventKind, **fields: Field) -> None:
        """Keep it, once it can be said."""
        kind.sentence.format_map(fields)
        self.told.append((kind, fields))


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

"""What the speech room asks of the outside. Backends implement it; ``app`` chooses."""

from typing import Protocol


class Synthesiser(Protocol):
    """Turns text that no clip exists for (names, an administrator's words) into speech."""

    @property
    def voice(self) -> str:
        """Name program and voice, so that kept speech of another voice is not mixed in."""
        ...

    async def speak(self, text: str, language: str) -> bytes | None:
        """
        Give *text* as a WAV file, mono, 16-bit; *language* is a tag as ``en-US``.

        ``None``: it cannot be spoken now, and is to be spelled. Never raises for the text.
        """
        ...

"""What a sentence becomes before it is sound: clips, recordings, and text to be synthesised."""

from dataclasses import dataclass

from umbel.core.instants import Duration


@dataclass(frozen=True, slots=True)
class ClipPiece:
    """A rendered clip of the language, or the administrator's recording of the same name."""

    key: str
    """Its path in the folder of clips, without ``.wav``: ``number/7``."""


@dataclass(frozen=True, slots=True)
class SpeakPiece:
    """Text to be synthesised; without a synthesiser it is spelled."""

    text: str


@dataclass(frozen=True, slots=True)
class RecordedPiece:
    """Audio that somebody recorded."""

    audio: str
    """An audio id, or a file name that ends in ``.wav``."""
    since: Duration
    """Where to begin, in seconds."""
    otherwise: str
    """The text to speak when the audio is not there: a caller never hears silence instead."""


@dataclass(frozen=True, slots=True)
class BeepPiece:
    """The tone after which the caller speaks."""


@dataclass(frozen=True, slots=True)
class PausePiece:
    """Nothing, for a while."""

    seconds: Duration


Piece = ClipPiece | SpeakPiece | RecordedPiece | BeepPiece | PausePiece
"""One stretch of what the caller hears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing said, as text and as sound."""

    caption: str
    pieces: tuple[Piece, ...]

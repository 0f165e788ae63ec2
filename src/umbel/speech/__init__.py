"""What Umbel says: phrases with slots as data per language, and how numbers, dates and names sound."""

from .language import Language, parse_language
from .phrase import Beep, FreeText, Name, Phrase, Recorded, SlotValue, Spoken
from .pieces import BeepPiece, ClipPiece, PausePiece, Piece, RecordedPiece, Said, SpeakPiece
from .ports import Synthesiser
from .rendering import caption, render, said
from .sayings import Sayings

__all__ = [
    "Beep",
    "BeepPiece",
    "ClipPiece",
    "FreeText",
    "Language",
    "Name",
    "PausePiece",
    "Phrase",
    "Piece",
    "Recorded",
    "RecordedPiece",
    "Said",
    "Sayings",
    "SlotValue",
    "SpeakPiece",
    "Spoken",
    "Synthesiser",
    "caption",
    "parse_language",
    "render",
    "said",
]

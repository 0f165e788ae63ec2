"""What is said in one language, each thing made once: every caller of a menu hears the same."""

from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Final

from .language import Language
from .phrase import Phrase, Spoken
from .pieces import Piece, Said
from .rendering import joined, said

_MOST: Final = 2000
"""Things that are remembered; when there are more, all are made anew."""

_LONGEST: Final = 500
"""Characters of what is remembered."""


class Sayings:
    """``caption`` and ``render`` for a language that stays. Only what tells the time changes by itself."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._made: dict[Hashable, Said] = {}

    def caption(self, spoken: Iterable[Spoken], now: datetime | None = None) -> str:
        """Give what is said as a line of text; *now* as for ``rendering.caption``."""
        return " ".join(self._said(item, now).caption for item in spoken)

    def pieces(self, spoken: Iterable[Spoken], now: datetime | None = None) -> list[Piece]:
        """Give what is heard, as ``rendering.render`` does."""
        return joined(self._said(item, now) for item in spoken)

    def _said(self, item: Spoken, now: datetime | None) -> Said:
        key = _key(item)
        if key is None:
            return said(item, self._language, now)
        made = self._made.get(key)
        if made is None:
            made = said(item, self._language, now)
            if len(self._made) >= _MOST:
                self._made.clear()
            if len(made.caption) <= _LONGEST:
                self._made[key] = made
        return made


def _key(item: Spoken) -> Hashable | None:
    """Give what names a thing said, by all that it depends on; ``None``: on the time too."""
    if not isinstance(item, Phrase):
        return item
    values = tuple(item.slots.values())
    if any(isinstance(value, datetime) for value in values):
        return None
    return item.name, tuple(item.slots), values

"""How much the log tells of each part of the product (Exchange UM: diagnostic logging levels)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from .errors import Mistake
from .events import Category, Level

EVERY_CATEGORY = "all"


class LogLevel(StrEnum):
    """How much is logged; each level tells what those before it tell, and more."""

    LOWEST = "lowest"
    """Events of level error."""
    LOW = "low"
    """Warnings too."""
    MEDIUM = "medium"
    """Every event; what is logged where nothing is said."""
    HIGH = "high"
    """Also each step: probes, handshakes that went well, milestones of calls."""
    EXPERT = "expert"
    """Also every SIP message and handshake message of the calls that match the event filter."""

    def includes(self, other: "LogLevel") -> bool:
        """Say whether what is told at *other* is told at this level."""
        return _RANKS[other] <= _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(LogLevel)}

NEEDED: Mapping[Level, LogLevel] = {
    Level.ERROR: LogLevel.LOWEST,
    Level.WARNING: LogLevel.LOW,
    Level.INFORMATION: LogLevel.MEDIUM,
}
"""The level from which on an event is logged. The store keeps every event, whatever the level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLevels:
    """The level of each category."""

    by_category: Mapping[Category, LogLevel] = field(default_factory=dict)

    @classmethod
    def parse(cls, texts: Iterable[str], where: str) -> Self:
        """Read ``CATEGORY=LEVEL`` texts; ``all=LEVEL`` stands for every category not named."""
        named: dict[str, LogLevel] = {}
        for text in texts:
            category, _, level = text.lower().partition("=")
            named[_known(category, (EVERY_CATEGORY, *Category), text, where)] = LogLevel(
                _known(level, tuple(LogLevel), text, where)
            )
        rest = named.pop(EVERY_CATEGORY, LogLevel.MEDIUM)
        return cls(by_category={one: named.get(one.value, rest) for one in Category})

    def of(self, category: Category) -> LogLevel:
        """Give the level of a category."""
        return self.by_category.get(category, LogLevel.MEDIUM)

    def tells(self, category: Category, needed: LogLevel) -> bool:
        """Say whether what needs a level is told."""
        return self.of(category).includes(needed)


def _known(word: str, words: Iterable[str], text: str, where: str) -> str:
    word = word.strip()
    if word not in [str(one) for one in words]:
        raise Mistake(
            f'"{text}"',
            expected=f"CATEGORY=LEVEL, with a category of {', '.join((EVERY_CATEGORY, *Category))} "
            f"and a level of {', '.join(LogLevel)}",
            where=where,
        )
    return word

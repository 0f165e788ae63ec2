"""How English says numbers, digits, times and letters: which clips, and which caption."""

import unicodedata
from collections.abc import Iterator
from datetime import datetime

from .pieces import ClipPiece, PausePiece, Piece, Said

LARGEST_NUMBER = 999_999

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SYMBOLS = {
    "*": ("star", "star"),
    "#": ("pound", "pound"),
    "+": ("plus", "plus"),
    "@": ("at", "at"),
    ".": ("dot", "dot"),
    "-": ("dash", "dash"),
    "_": ("underscore", "underscore"),
}
"""By character: the clip's name and its words."""
_WITHOUT_ACCENT = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
"""Letters that Unicode does not take apart into a plain one and an accent."""
_SOMEBODY = ClipPiece("word/somebody")

_WHOLE = 20
"""Numbers up to here are clips of their own; 35 is made of 30 and 5."""

_BETWEEN_WORDS = PausePiece(0.2)


class English:
    """The English wording of everything that fills a slot."""

    def vocabulary(self) -> dict[str, str]:
        """List the clips that this wording uses: key and the words to be spoken."""
        words = {
            f"number/{number}": str(number) for number in (*range(_WHOLE), *range(_WHOLE, 100, 10))
        }
        words |= {"number/hundred": "hundred", "number/thousand": "thousand"}
        words |= {f"ordinal/{day}": _ordinal(day) for day in range(1, 32)}
        words |= {f"weekday/{day}": f"on {name}" for day, name in enumerate(_WEEKDAYS, 1)}
        words |= {f"month/{month}": f"on {name}" for month, name in enumerate(_MONTHS, 1)}
        words |= {f"word/{word}": word for word in ("today", "yesterday", "at", "oh")}
        words |= {"word/am": "A M", "word/pm": "P M", "word/somebody": "somebody"}
        words |= {f"letter/{letter}": letter.upper() for letter in _LETTERS}
        words |= {f"symbol/{name}": text for name, text in _SYMBOLS.values()}
        return words

    def number(self, number: int) -> Said:
        """Say a number from 0 to 999999."""
        return Said(caption=str(number), pieces=tuple(_clips(_number(number))))

    def digits(self, digits: str) -> Said:
        """Say a number as it is dialled, or a key, one character at a time."""
        return Said(caption=digits, pieces=self.spelling(digits))

    def time(self, at: datetime, now: datetime | None) -> Said:
        """Say when something was; without *now* the day is said in full."""
        day, day_clips = _day(at, now)
        clips = [*day_clips, "word/at", *_time_of_day(at)]
        hour = at.hour % 12 or 12
        half = "AM" if at.hour < 12 else "PM"
        caption = f"{day} at {hour}:{at.minute:02} {half}"
        return Said(caption=caption, pieces=tuple(_clips(clips)))

    def spelling(self, text: str) -> tuple[Piece, ...]:
        """Spell *text*; what English has no letter for is left out, and never all of it."""
        plain = unicodedata.normalize("NFKD", text.casefold().translate(_WITHOUT_ACCENT))
        pieces = [piece for character in plain for piece in _character(character)]
        return tuple(pieces) if any(isinstance(p, ClipPiece) for p in pieces) else (_SOMEBODY,)


def _clips(keys: Iterator[str] | list[str]) -> Iterator[ClipPiece]:
    return (ClipPiece(key) for key in keys)


def _character(character: str) -> Iterator[Piece]:
    if character in _LETTERS:
        yield ClipPiece(f"letter/{character}")
    elif character.isascii() and character.isdigit():
        yield ClipPiece(f"number/{character}")
    elif character in _SYMBOLS:
        yield ClipPiece(f"symbol/{_SYMBOLS[character][0]}")
    elif character.isspace():
        yield _BETWEEN_WORDS


def _number(number: int) -> Iterator[str]:
    thousands, rest = divmod(number, 1000)
    if thousands:
        yield from _number(thousands)
        yield "number/thousand"
    if rest or not thousands:
        yield from _below_thousand(rest)


def _below_thousand(number: int) -> Iterator[str]:
    hundreds, rest = divmod(number, 100)
    if hundreds:
        yield f"number/{hundreds}"
        yield "number/hundred"
    if rest or not hundreds:
        yield from _below_hundred(rest)


def _below_hundred(number: int) -> Iterator[str]:
    ones = number % 10 if number > _WHOLE else 0
    yield f"number/{number - ones}"
    if ones:
        yield f"number/{ones}"


def _day(at: datetime, now: datetime | None) -> tuple[str, list[str]]:
    days_ago = (now.date() - at.date()).days if now else None
    match days_ago:
        case 0:
            return "today", ["word/today"]
        case 1:
            return "yesterday", ["word/yesterday"]
        case 2 | 3 | 4 | 5 | 6:
            return f"on {_WEEKDAYS[at.weekday()]}", [f"weekday/{at.isoweekday()}"]
        case _:
            return _date(at, with_year=now is None or now.year != at.year)


def _date(at: datetime, *, with_year: bool) -> tuple[str, list[str]]:
    text = f"on {_MONTHS[at.month - 1]} {at.day}"
    clips = [f"month/{at.month}", f"ordinal/{at.day}"]
    if with_year:
        text += f", {at.year},"
        clips += _year(at.year)
    return text, clips


def _year(year: int) -> Iterator[str]:
    century, rest = divmod(year, 100)
    if rest < 10:
        yield from _number(year)
    else:
        yield from _below_hundred(century)
        yield from _below_hundred(rest)


def _time_of_day(at: datetime) -> Iterator[str]:
    yield f"number/{at.hour % 12 or 12}"
    if 0 < at.minute < 10:
        yield "word/oh"
    if at.minute:
        yield from _below_hundred(at.minute)
    yield "word/am" if at.hour < 12 else "word/pm"


def _ordinal(day: int) -> str:
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"

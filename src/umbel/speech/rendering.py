"""From what a flow says to captions and to the pieces that are heard."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import assert_never

from umbel.core.errors import Misuse

from .english import LARGEST_NUMBER
from .language import Form, Fragment, Language, Part, Sentence, Slot, SlotKind
from .phrase import Beep, FreeText, Name, Phrase, Recorded, SlotValue, Spoken
from .pieces import BeepPiece, ClipPiece, PausePiece, Piece, RecordedPiece, Said, SpeakPiece

BETWEEN_SENTENCES = PausePiece(0.3)

_DIALLED = re.compile(r"[+*#0-9][*#0-9 ().-]*")
"""A "name" that is a number: said one by one, whoever has no name."""


def caption(spoken: Spoken, language: Language, now: datetime | None = None) -> str:
    """
    Give what is said as a line of text.

    *now* is aware; times are said relative to it and in its time zone. Without it days are said
    in full, in the time zone that each time carries.
    """
    return said(spoken, language, now).caption


def render(
    spoken: Iterable[Spoken], language: Language, now: datetime | None = None
) -> list[Piece]:
    """Give what is heard, with a short pause between one thing said and the next."""
    return joined(said(item, language, now) for item in spoken)


def joined(sayings: Iterable[Said]) -> list[Piece]:
    """Give the pieces of all, with a short pause between one and the next."""
    pieces: list[Piece] = []
    for each in sayings:
        if pieces and each.pieces:
            pieces.append(BETWEEN_SENTENCES)
        pieces += each.pieces
    return pieces


def said(spoken: Spoken, language: Language, now: datetime | None = None) -> Said:
    """Give both, caption and pieces; raises ``Misuse`` for a phrase that the data does not have."""
    match spoken:
        case Phrase():
            return _phrase(spoken, language, now)
        case FreeText(text):
            return Said(caption=text, pieces=(SpeakPiece(text),) if text.strip() else ())
        case Name():
            return _name(spoken, language)
        case Recorded(audio=audio, caption=text, since=since):
            return Said(caption=text, pieces=(RecordedPiece(audio, since, text),))
        case Beep():
            return Said(caption="(beep)", pieces=(BeepPiece(),))
        case _:
            assert_never(spoken)


def _phrase(phrase: Phrase, language: Language, now: datetime | None) -> Said:
    sentence = language.sentences.get(phrase.name)
    if sentence is None:
        raise Misuse(f"{language.tag} has no phrase {phrase.name!r}")
    parts = [_part(part, phrase, language, now) for part in _form(sentence, phrase)]
    return Said(
        caption="".join(part.caption for part in parts),
        pieces=tuple(piece for part in parts for piece in part.pieces),
    )


def _form(sentence: Sentence, phrase: Phrase) -> tuple[Part, ...]:
    if not sentence.is_counted:
        return sentence.forms[Form.OTHER]
    count = phrase.slots.get("count")
    wanted = Form.NONE if count == 0 else Form.ONE if count == 1 else Form.OTHER
    return sentence.forms.get(wanted, sentence.forms[Form.OTHER])


def _part(part: Part, phrase: Phrase, language: Language, now: datetime | None) -> Said:
    match part:
        case Fragment(text, clip):
            return Said(caption=text, pieces=(ClipPiece(clip),) if clip else ())
        case Slot(name):
            if name not in phrase.slots:
                raise Misuse(f"phrase {phrase.name!r} needs the slot {name!r}")
            return _fill(part, phrase, phrase.slots[name], language, now)
        case _:
            assert_never(part)


def _fill(
    slot: Slot, phrase: Phrase, value: SlotValue, language: Language, now: datetime | None
) -> Said:
    wording = language.wording
    match slot.kind, value:
        case SlotKind.NUMBER, int():
            return _number(value, language)
        case SlotKind.DIGITS, str():
            return wording.digits(value)
        case SlotKind.TIME, datetime():
            return wording.time(_in_zone(value, now.tzinfo if now else None), now)
        case SlotKind.NAME, Name():
            return _name(value, language)
        case SlotKind.NAME, str():
            return _name(Name(text=value), language)
        case _:
            raise Misuse(
                f"phrase {phrase.name!r}: {slot.name!r} takes a {slot.kind}, not {value!r}"
            )


def _number(number: int, language: Language) -> Said:
    if not 0 <= number <= LARGEST_NUMBER:
        raise Misuse(f"the number {number} cannot be said, only 0 to {LARGEST_NUMBER}")
    return language.wording.number(number)


def _in_zone(at: datetime, zone: tzinfo | None) -> datetime:
    return at.astimezone(zone) if zone else at


def _name(name: Name, language: Language) -> Said:
    return Said(caption=name.text, pieces=tuple(_name_pieces(name, language)))


def _name_pieces(name: Name, language: Language) -> Iterator[Piece]:
    if name.recording is not None:
        yield RecordedPiece(name.recording, 0.0, name.text)
    elif _DIALLED.fullmatch(name.text):
        yield from language.wording.digits(re.sub(r"[ ().-]", "", name.text)).pieces
    else:
        yield SpeakPiece(name.text)

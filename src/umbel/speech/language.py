"""One language: its sentences, which are data, and its wording of what fills their slots."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from umbel.core.errors import Mistake

from .english import English
from .pieces import Piece, Said


class Wording(Protocol):
    """How a language says what no sentence can hold: numbers, times, letters."""

    def vocabulary(self) -> dict[str, str]:
        """List the clips that this wording uses: key and the words to be spoken."""
        ...

    def number(self, number: int) -> Said:
        """Say a number from 0 to 999999."""
        ...

    def digits(self, digits: str) -> Said:
        """Say a number as it is dialled, or a key, one character at a time."""
        ...

    def time(self, at: datetime, now: datetime | None) -> Said:
        """Say when something was; without *now* the day is said in full."""
        ...

    def spelling(self, text: str) -> tuple[Piece, ...]:
        """Spell *text*; never nothing."""
        ...


class Form(StrEnum):
    """Which text a phrase uses for its count (the slot ``count``)."""

    NONE = "none"
    ONE = "one"
    OTHER = "other"


class SlotKind(StrEnum):
    """What a slot takes, as it is written in the data: ``{count:number}``."""

    NUMBER = "number"
    DIGITS = "digits"
    TIME = "time"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Fragment:
    """Text between slots: a clip of its own."""

    text: str
    """As captions show it, with the spaces and marks around it."""
    clip: str
    """The clip's key; empty: nothing but marks, there is nothing to hear."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a sentence that a value fills."""

    name: str
    kind: SlotKind


Part = Fragment | Slot


@dataclass(frozen=True, slots=True)
class Sentence:
    """One phrase of the data in all its forms."""

    forms: Mapping[Form, tuple[Part, ...]]
    """Always has OTHER."""

    @property
    def is_counted(self) -> bool:
        """Whether the slot ``count`` chooses the form."""
        return len(self.forms) > 1

    @property
    def slots(self) -> dict[str, SlotKind]:
        """Name every slot that any form uses."""
        parts = (part for form in self.forms.values() for part in form)
        return {part.name: part.kind for part in parts if isinstance(part, Slot)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Everything said in one language."""

    tag: str
    """As in ``DialPlan.language``: ``en-US``."""
    sentences: Mapping[str, Sentence]
    """By phrase name."""
    wording: Wording
    pronunciations: Mapping[str, str]
    """Words that a voice misreads, and what it is given instead."""

    def clips(self) -> dict[str, str]:
        """List every clip that this language needs: key and the words to be spoken."""
        return self.wording.vocabulary() | dict(self._fragments())

    def _fragments(self) -> Iterator[tuple[str, str]]:
        for sentence in self.sentences.values():
            for parts in sentence.forms.values():
                for part in parts:
                    if isinstance(part, Fragment) and part.clip:
                        yield part.clip, self._pronounced(part.text)

    def _pronounced(self, text: str) -> str:
        for word, instead in self.pronunciations.items():
            text = re.sub(rf"\b{re.escape(word)}\b", instead, text)
        return text.lstrip(_MARKS).rstrip(" ,;:")


_WORDINGS: Mapping[str, Wording] = {"en": English()}
_MARKS = " .,;:!?"
_SLOT = re.compile(r"\{([^{}]*)\}")


def parse_language(toml: str) -> Language:
    """Read the data of a language; raises ``Mistake`` where it cannot be."""
    data = tomllib.loads(toml)
    tag = data["language"]
    wording = _WORDINGS.get(tag.partition("-")[0])
    if wording is None:
        raise Mistake(tag, expected=f"a language of {sorted(_WORDINGS)}", where="language")
    return Language(
        tag=tag,
        sentences={name: _sentence(name, given) for name, given in data["phrases"].items()},
        wording=wording,
        pronunciations=data.get("pronunciations", {}),
    )


def _sentence(name: str, given: str | Mapping[str, str]) -> Sentence:
    if isinstance(given, str):
        return Sentence({Form.OTHER: tuple(_parts(name, given))})
    if not {"other"} < given.keys() <= set(Form):
        expected = "a text, or texts for other and for none, one or both"
        raise Mistake(f"{sorted(given)}", expected=expected, where=f"phrase {name}")
    sentence = Sentence(
        {Form(form): tuple(_parts(f"{name}.{form}", text)) for form, text in given.items()}
    )
    if sentence.slots.get("count") is not SlotKind.NUMBER:
        raise Mistake("no {count:number}", expected="it in a counted phrase", where=name)
    return sentence


def _parts(name: str, text: str) -> Iterator[Part]:
    """Cut a text at its slots; clips are ``phrase/name``, or numbered where there are several."""
    pieces = _SLOT.split(text)
    spoken = [piece for piece in pieces[::2] if _can_be_heard(piece)]
    count = 0
    for index, piece in enumerate(pieces):
        if index % 2:
            yield _slot(name, piece)
        elif _can_be_heard(piece):
            count += 1
            yield Fragment(piece, f"phrase/{name}" + (f".{count}" if len(spoken) > 1 else ""))
        elif piece:
            yield Fragment(piece, "")


def _can_be_heard(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _slot(phrase: str, text: str) -> Slot:
    name, _, kind = text.partition(":")
    if kind not in set(SlotKind):
        expected = f"name:kind with a kind of {sorted(SlotKind)}"
        raise Mistake(f"{{{text}}}", expected=expected, where=f"phrase {phrase}")
    return Slot(name, SlotKind(kind))

"""The menu of an auto attendant: what is said, and where what was dialled leads. No call in it."""

from dataclasses import dataclass

from umbel.directory.objects import AutoAttendant, DialPlan, KeyAction, KeyMapping
from umbel.speech.phrase import FreeText, Name, Phrase, Recorded, Spoken

BY_NAME_KEY = "#"


@dataclass(frozen=True, slots=True)
class Mapped:
    """A key that the administrator gave a meaning."""

    mapping: KeyMapping


@dataclass(frozen=True, slots=True)
class Dialled:
    """An extension; whether there is one, the directory knows."""

    extension: str


@dataclass(frozen=True, slots=True)
class ToOperator:
    """The operator, if there is one."""


@dataclass(frozen=True, slots=True)
class ByName:
    """Dialling a person by name."""


@dataclass(frozen=True, slots=True)
class StarOut:
    """Subscriber access, for somebody who has a mailbox of their own."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was pressed."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Something was pressed that means nothing here."""


Choice = Mapped | Dialled | ToOperator | ByName | StarOut | Silence | Nowhere
"""Everything that a caller at the menu can mean."""


@dataclass(frozen=True, slots=True)
class Menu:
    """What callers can choose at one attendant."""

    attendant: AutoAttendant
    dial_plan: DialPlan

    @property
    def operator(self) -> str:
        """The attendant's operator, else the dial plan's; empty: there is none."""
        return self.attendant.operator or self.dial_plan.operator

    @property
    def greeting(self) -> Spoken:
        """The administrator's greeting, else the standard one."""
        if not self.attendant.greeting:
            return Phrase("welcome")
        return announcement(self.attendant.greeting, f"greeting of {self.attendant.name}")

    @property
    def choices(self) -> tuple[Spoken, ...]:
        """Every choice as a sentence, in the order of the administrator."""
        spoken = [
            Phrase("menu-choice", {"label": Name(text=mapping.label), "key": mapping.key})
            for mapping in self.attendant.keys
        ]
        if self.attendant.dial_extensions:
            spoken.append(Phrase("dial-extension"))
        if self._offers_names_at_its_own_key:
            spoken.append(Phrase("dial-by-name", {"key": BY_NAME_KEY}))
        if self.operator:
            spoken.append(Phrase("for-operator"))
        return tuple(spoken)

    def may_begin_extension(self, key: str) -> bool:
        """Say whether more digits may follow *key*: ``0`` is the operator, always at once."""
        return self.attendant.dial_extensions and key in "123456789"

    def leads_to(self, dialled: str) -> Choice:
        """
        Say what the caller means by all that they dialled.

        One key is the menu's, if the menu has it; what is longer is an extension.
        """
        mapping = next((each for each in self.attendant.keys if each.key == dialled), None)
        if mapping is not None:
            return Mapped(mapping)
        match dialled:
            case "":
                return Silence()
            case "0":
                return ToOperator()
            case "*":
                return StarOut()
            case "#" if self.attendant.dial_by_name:
                return ByName()
            case _:
                return self._extension(dialled)

    def _extension(self, dialled: str) -> Choice:
        is_number = self.attendant.dial_extensions and dialled.isdecimal()
        return Dialled(dialled) if is_number else Nowhere()

    @property
    def _offers_names_at_its_own_key(self) -> bool:
        mapped = any(each.action is KeyAction.DIRECTORY for each in self.attendant.keys)
        return self.attendant.dial_by_name and not mapped


def announcement(written: str, caption: str) -> Spoken:
    """Give what an administrator wrote: the file name of a recording, or text to be spoken."""
    if written.lower().endswith(".wav"):
        return Recorded(audio=written, caption=caption)
    return FreeText(written)

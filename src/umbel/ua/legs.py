"""The one home of all legs of a user agent, by their names, dialogs and INVITEs."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from umbel.sip.dialog import Dialog, DialogId

if TYPE_CHECKING:
    from .leg import Leg


class Legs:
    """Every leg, from its INVITE until nothing more can come for it."""

    def __init__(self) -> None:
        self._legs: dict[str, _Entry] = {}
        self._by_dialog: dict[DialogId, tuple[Leg, Dialog]] = {}
        self._by_invite: dict[str, Leg] = {}

    def __len__(self) -> int:
        return len(self._legs)

    @property
    def dialogs(self) -> int:
        """How many dialogs there are."""
        return len(self._by_dialog)

    def add(self, leg: "Leg") -> None:
        """Take in a leg."""
        self._legs[leg.id] = _Entry()

    def add_dialog(self, leg: "Leg", dialog: Dialog) -> None:
        """Have requests in *dialog* find *leg*."""
        self._legs[leg.id].dialogs.append(dialog.id)
        self._by_dialog[dialog.id] = (leg, dialog)

    def add_invite(self, leg: "Leg", key: str) -> None:
        """Have a CANCEL of the INVITE named *key* find *leg*."""
        self._legs[leg.id].invites.append(key)
        self._by_invite[key] = leg

    def with_dialog(self, dialog_id: DialogId) -> "tuple[Leg, Dialog] | None":
        """Find the leg and the dialog that a request belongs to."""
        return self._by_dialog.get(dialog_id)

    def with_invite(self, key: str) -> "Leg | None":
        """Find the leg of the INVITE named *key*."""
        return self._by_invite.get(key)

    def remove(self, leg: "Leg") -> None:
        """Forget a leg and all that leads to it."""
        entry = self._legs.pop(leg.id, _Entry())
        for dialog_id in entry.dialogs:
            self._by_dialog.pop(dialog_id, None)
        for key in entry.invites:
            self._by_invite.pop(key, None)


@dataclass(slots=True)
class _Entry:
    """What leads to one leg."""

    dialogs: list[DialogId] = field(default_factory=list)
    invites: list[str] = field(default_factory=list)

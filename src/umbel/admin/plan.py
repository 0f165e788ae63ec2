"""What ``umbel apply`` would do: the difference between what is and what is wanted."""

from collections.abc import Iterable
from dataclasses import dataclass

from umbel.core.tables import plain
from umbel.directory.objects import Configured
from umbel.directory.ports import Configuration

from .kinds import KINDS, kind_of, name_of
from .site import objects_of

SECRETS = frozenset({"password"})
"""Fields whose content is shown to nobody: sentences go to terminals and into events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One object that is added, changed or removed."""

    before: Configured | None
    after: Configured | None

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        thing = self.after or self.before
        if thing is None:
            return "nothing"
        subject = f"{kind_of(thing).noun} {name_of(thing)}"
        if self.before is None:
            return f"add {subject}"
        if self.after is None:
            return f"remove {subject}"
        return f"set {subject}: " + ", ".join(
            f"{field} {_show(field, old)} → {_show(field, new)}" for field, old, new in self.fields
        )

    @property
    def fields(self) -> tuple[tuple[str, object, object], ...]:
        """Give the fields that differ: name, before, after."""
        if self.before is None or self.after is None:
            return ()
        names = type(self.after).__dataclass_fields__
        pairs = ((name, getattr(self.before, name), getattr(self.after, name)) for name in names)
        return tuple((name, old, new) for name, old, new in pairs if old != new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All changes, in an order in which each can be made, and what the file does not mention."""

    changes: tuple[Change, ...]
    unmentioned: tuple[Configured, ...]
    """In the store, not in the file, and kept."""


def make_plan(current: Configuration, wanted: Iterable[Configured], *, prune: bool) -> Plan:
    """Compare; with *prune* what is not wanted is removed, otherwise it is kept."""
    wanted_by_key = {(kind_of(thing).noun, name_of(thing)): thing for thing in wanted}
    current_by_key = {
        (kind.noun, name_of(thing)): thing for kind in KINDS for thing in objects_of(current, kind)
    }
    changes = [
        Change(before=current_by_key.get(key), after=thing)
        for key, thing in wanted_by_key.items()
        if current_by_key.get(key) != thing
    ]
    unmentioned = tuple(thing for key, thing in current_by_key.items() if key not in wanted_by_key)
    if prune:
        changes += [Change(before=thing, after=None) for thing in reversed(unmentioned)]
    return Plan(changes=tuple(changes), unmentioned=() if prune else unmentioned)


def _show(field: str, content: object) -> str:
    if content is None or content == "" or content == ():
        return "(none)"
    if field in SECRETS:
        return "(secret)"
    shown = plain(content)
    return ", ".join(map(str, shown)) if isinstance(shown, list) else str(shown)

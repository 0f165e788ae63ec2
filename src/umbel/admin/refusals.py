"""Changes that an administrator cannot have meant: told with who is in the way, and what to do."""

from collections.abc import Collection, Iterable

from umbel.core.errors import Mistake
from umbel.directory.objects import Configured, DialPlan, Mailbox
from umbel.directory.ports import Configuration
from umbel.directory.references import Reference, references_to

from .kinds import kind_of, name_of

_SHOWN = 3
"""Of many users of an object, as many are named."""


def refuse_removal_in_use(thing: Configured, configuration: Configuration) -> None:
    """Refuse to remove what other objects name."""
    users = list(references_to(thing, configuration))
    if users:
        kind = kind_of(thing)
        raise Mistake(
            f"{kind.title} {name_of(thing)} in use by {_named(users)}",
            expected=f"{kind.one} that no other object names",
            where=f"{kind.noun} remove",
            do=_cure(users[0]),
        )


def refuse_unknown_languages(things: Iterable[Configured], known: Collection[str]) -> None:
    """Refuse a language that nobody could hear."""
    for thing in things:
        if isinstance(thing, DialPlan | Mailbox) and thing.language not in ("", *known):
            noun, spoken = kind_of(thing).noun, ", ".join(sorted(known))
            raise Mistake(
                f'"{thing.language}"',
                expected=f"a language that Umbel speaks ({spoken})",
                where=f"{noun} {name_of(thing)}, language",
                do=f"choose one of those: umbel {noun} set {name_of(thing)} --language TAG",
            )


def _named(users: list[Reference]) -> str:
    names = [f"{kind_of(it.user).title} {name_of(it.user)}" for it in users[:_SHOWN]]
    more = len(users) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _cure(reference: Reference) -> str:
    noun, name = kind_of(reference.user).noun, name_of(reference.user)
    if reference.field == "keys":
        return f"give it other keys first: umbel {noun} set {name} --key KEY,LABEL,ACTION,TARGET"
    option = reference.field.replace("_", "-")
    if reference.field == "attendant":
        return f"take it away there first: umbel {noun} set {name} --clear {option}"
    return (
        f"name another there first: umbel {noun} set {name} --{option} NAME, "
        f"or remove it: umbel {noun} remove {name}"
    )

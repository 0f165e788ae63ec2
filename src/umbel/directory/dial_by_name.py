"""Dialling a person by name on the keypad: letters on keys as ITU-T E.161 has them."""

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from .objects import DialPlan, Mailbox, NameOrder
from .ports import Configuration

_KEYS = {
    letter: key
    for key, letters in zip(
        "23456789", ("abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"), strict=True
    )
    for letter in letters
} | {digit: digit for digit in "0123456789"}

_FOLDED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th"})
"""Letters that Unicode does not take apart into a base letter and an accent."""


@dataclass(frozen=True, slots=True)
class Match:
    """One person whom the keys may mean."""

    mailbox: Mailbox
    is_namesake: bool
    """Another match has the same name: the extension must be said as well."""


class NameIndex:
    """Everybody who can be dialled by name in one dial plan."""

    def __init__(self, mailboxes: Iterable[Mailbox], name_order: NameOrder) -> None:
        entries = (
            (keys_of_name(mailbox, name_order), mailbox.name.casefold(), mailbox.extension, mailbox)
            for mailbox in mailboxes
        )
        self._entries = sorted(entries, key=lambda entry: entry[:3])

    def __len__(self) -> int:
        return len(self._entries)

    def matches(self, keys: str) -> tuple[Match, ...]:
        """Give everybody whose name begins with these keys, by name; nobody for no keys."""
        if not keys:
            return ()
        first = bisect_left(self._entries, keys, key=lambda entry: entry[0])
        fitting = takewhile(lambda entry: entry[0].startswith(keys), self._entries[first:])
        found = sorted(fitting, key=lambda entry: (entry[1], entry[2]))
        names = Counter(name for _, name, _, _ in found)
        return tuple(Match(mailbox, names[name] > 1) for _, name, _, mailbox in found)


def index_of(configuration: Configuration, dial_plan: DialPlan) -> NameIndex:
    """Index the subscribers of a dial plan who are in the directory."""
    people = (
        mailbox
        for mailbox in configuration.mailboxes.values()
        if mailbox.dial_plan == dial_plan.name and mailbox.in_directory
    )
    return NameIndex(people, dial_plan.name_order)


def keys_of_name(mailbox: Mailbox, name_order: NameOrder) -> str:
    """Give the keys that dial a name in full: last name and first name in the plan's order."""
    first, last = names_of(mailbox)
    ordered = (first, last) if name_order is NameOrder.FIRST_LAST else (last, first)
    return "".join(keys_of(name) for name in ordered)


def names_of(mailbox: Mailbox) -> tuple[str, str]:
    """Give first and last name; the last name is the last word where none is configured."""
    if mailbox.last_name:
        return mailbox.name.replace(mailbox.last_name, "", 1).strip(), mailbox.last_name
    first, _, last = mailbox.name.rpartition(" ")
    return first, last


def keys_of(text: str) -> str:
    """Give the keys that spell *text*; accents are dropped, and so is what is on no key."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    return "".join(_KEYS.get(letter, "") for letter in folded)

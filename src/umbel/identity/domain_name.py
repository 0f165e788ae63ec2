"""Domain names as certificates and people write them, and how they are compared.

Case is of no account (RFC 4343), an internationalised name is compared in its A-label form
(RFC 9525 section 6.3), and a name that no host can have matches nothing.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
"""A letter-digit-hyphen label (RFC 1123 section 2.1); the underscore is met inside of companies."""
_A_LABEL_PREFIX: Final = "xn--"
_LONGEST: Final = 253
_DOTS: Final = str.maketrans("\u3002\uff0e\uff61", "...")
"""What other scripts write for a full stop (RFC 3490 section 3.1)."""


class Wildcards(StrEnum):
    """Where a rule lets ``*`` stand for something."""

    NEVER = "no wildcard matches"
    WHOLE_LABEL = "* may be the whole left-most label"
    PART_OF_LABEL = "* may be part of the left-most label"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Whether a presented domain name is the one that was looked for, and why or why not."""

    is_match: bool
    why: str
    is_optional: bool = False
    """Whether the source permits this match without demanding it (RFC 6125's MAY)."""


def canonical(name: str) -> str | None:
    """Give the one form in which a domain name is compared; ``None``: no host can have it."""
    ascii_name = ".".join(_a_label(label) for label in name.translate(_DOTS).split("."))
    if len(ascii_name) > _LONGEST:
        return None
    labels = ascii_name.split(".")
    return ascii_name if all(_LABEL.fullmatch(label) for label in labels) else None


def reference_host(name: str) -> str | None:
    """Canonise a name that we look for: here a trailing dot only says that it is complete."""
    return canonical(name.removesuffix("."))


def as_ip_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an IP address, with or without the brackets of a URI."""
    try:
        return ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def has_wildcard(name: str) -> bool:
    """Say whether a presented name contains a wildcard."""
    return "*" in name


def compare(presented: str, looked_for: str, wildcards: Wildcards) -> Comparison:
    """Compare a presented name, as it stands, with a canonical one."""
    if has_wildcard(presented):
        return _compare_wildcard(presented, looked_for, wildcards)
    found = canonical(presented)
    if found is None:
        return Comparison(is_match=False, why=f"it {impossible(presented)}")
    if found != looked_for:
        return Comparison(is_match=False, why=f"it is not {looked_for}")
    return Comparison(is_match=True, why=f"it is {looked_for}")


def impossible(name: str) -> str:
    """Say why no host can have a name, as the end of a sentence."""
    if not name:
        return "is empty"
    if "\0" in name:
        return "contains a NUL, a trick to look like a shorter name"
    if not name.isprintable() or " " in name:
        return "contains blanks or control characters"
    if name.endswith("."):
        return "ends with a dot, which certificates leave out (RFC 5280 section 4.2.1.6)"
    if name.startswith("."):
        return "begins with a dot: a suffix, and no rule matches suffixes"
    return "is no domain name"


def _a_label(label: str) -> str:
    """Convert a U-label (RFC 5890 section 2.3.2.1); what is none stays, and no host has it."""
    if label.isascii():
        return label.lower()
    folded = unicodedata.normalize("NFC", label.lower())
    is_label = all(char == "-" or unicodedata.category(char)[0] in "LMN" for char in folded)
    if folded.isascii() or not is_label:  # The Kelvin sign, for one, has a small letter k.
        return label
    return _A_LABEL_PREFIX + folded.encode("punycode").decode("ascii")


def _compare_wildcard(presented: str, looked_for: str, wildcards: Wildcards) -> Comparison:
    first, _, parent = presented.partition(".")
    if wildcards is Wildcards.NEVER:
        return Comparison(is_match=False, why="it has a wildcard, and no wildcard matches")
    if has_wildcard(parent) or first.count("*") > 1:
        return Comparison(is_match=False, why="a wildcard may stand only once, in the first label")
    if first != "*" and wildcards is Wildcards.WHOLE_LABEL:
        return Comparison(is_match=False, why="its wildcard is only a part of the first label")
    label, _, domain = looked_for.partition(".")
    if not parent or canonical(parent) != domain:
        return Comparison(
            is_match=False, why=f"its wildcard stands for one label, and {looked_for} is elsewhere"
        )
    return _compare_label(first.lower(), label)


def _compare_label(pattern: str, label: str) -> Comparison:
    """Compare the first label with a pattern that has one ``*``."""
    before, after = pattern.split("*")
    if pattern == "*":
        return Comparison(is_match=True, why=f"its wildcard stands for {label}")
    if label.startswith(_A_LABEL_PREFIX) or before.startswith(_A_LABEL_PREFIX):
        return Comparison(
            is_match=False, why="a wildcard may not stand inside an internationalised label"
        )
    long_enough = len(label) >= len(before) + len(after)
    if not (long_enough and label.startswith(before) and label.endswith(after)):
        return Comparison(is_match=False, why=f"its first label does not fit {label}")
    return Comparison(
        is_match=True, is_optional=True, why=f"its wildcard stands for a part of {label}"
    )

"""The result of a check: what was seen, what it means, what to do, and by which rule."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How much a finding matters; the greater is the worse."""

    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found. Checks yield findings; they never raise for what they check."""

    code: str
    """A stable name, ``area.what``: ``tls.wildcard-in-san``."""

    severity: Severity

    seen: str
    """The evidence, with the names and numbers in it."""

    means: str
    """What follows from it for calls."""

    do: str
    """The cure, as a command where there is one."""

    rule: str = ""
    """The clause or document that says so."""

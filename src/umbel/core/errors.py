"""The three kinds of failure: ours, theirs, elsewhere.

UmbelError
├── Misuse        our own code broke a rule; never caught below ``app``
├── Mistake       a person gave us something that cannot be: told as found, expected, where, do
├── PeerError     the peer broke a protocol; knows how it is to be answered
└── Unavailable   something elsewhere cannot be reached or used now; another node may manage
"""

from typing import ClassVar


class UmbelError(Exception):
    """Anything that Umbel raises on purpose."""


class Misuse(UmbelError):
    """Our own code used a part of Umbel against its rules."""


class Mistake(UmbelError):
    """A person's input that cannot be taken, told so that the person can mend it."""

    def __init__(self, found: str, *, expected: str, where: str, do: str = "") -> None:
        text = f"{where}: found {found}, expected {expected}"
        super().__init__(f"{text}; {do}" if do else text)
        self.found, self.expected, self.where, self.do = found, expected, where, do


class PeerError(UmbelError):
    """The peer broke a protocol. Answerable: carries the SIP status to answer with."""

    status: ClassVar[int] = 400


class Unavailable(UmbelError):
    """Something outside of this process (a store, a name server, a program) cannot serve us now."""


def system_says(error: OSError | UnicodeError) -> str:
    """Give the reason of a failure as the system words it, without numbers and names of files."""
    if isinstance(error, UnicodeError):
        return f"bytes that are no UTF-8 text ({error})"
    return (error.strerror or str(error) or type(error).__name__).lower()

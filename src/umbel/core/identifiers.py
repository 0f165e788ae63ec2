"""Identifiers and where their randomness comes from."""

from typing import Protocol


class Randomness(Protocol):
    """A source of unguessable values. ``app`` hands in the system's; tests a repeatable one."""

    def token(self, octets: int = 16) -> str:
        """Give lower-case hexadecimal text of *octets* random bytes (tags, branches, Call-IDs)."""
        ...

    def octets(self, count: int) -> bytes:
        """Give *count* random bytes (SRTP keys, salts)."""
        ...

    def fraction(self) -> float:
        """Give a number from 0 up to, not including, 1 (jitter of intervals)."""
        ...

"""Randomness and property tests that come out the same each time."""

from hypothesis import settings

repeatable = settings(derandomize=True, deadline=None, max_examples=150)
"""For a property: the same examples in each run, however slow the machine is."""


class CountingRandomness:
    """Gives values that only look random: each is made of how many were asked for before."""

    def __init__(self) -> None:
        self._given = 0

    def token(self, octets: int = 16) -> str:
        """Give hexadecimal text of *octets* octets."""
        return self.octets(octets).hex()

    def octets(self, count: int) -> bytes:
        """Give *count* octets, each the number of this request."""
        self._given += 1
        return bytes((self._given % 256,)) * count

    def fraction(self) -> float:
        """Give the middle."""
        return 0.5

"""Randomness that is the same in each run, and different in each call."""

import hashlib


class RepeatableRandomness:
    """Counts; *seed* keeps two sources apart."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._count = 0

    def octets(self, count: int) -> bytes:
        """Give bytes that no other call gave."""
        self._count += 1
        return hashlib.shake_128(f"{self._seed} {self._count}".encode()).digest(count)

    def token(self, octets: int = 16) -> str:
        """Give text that no other call gave."""
        return self.octets(octets).hex()

    def fraction(self) -> float:
        """Give a half: the middle of every interval."""
        return 0.5

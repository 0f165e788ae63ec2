"""The system's randomness: the one place that rolls dice."""

import secrets

_BITS = 53
"""A float holds this many bits, so that every fraction is equally likely and below 1."""


class SystemRandomness:
    """Unguessable values from the operating system (the ``Randomness`` of core)."""

    def token(self, octets: int = 16) -> str:
        """Give lower-case hexadecimal text of *octets* random bytes."""
        return secrets.token_hex(octets)

    def octets(self, count: int) -> bytes:
        """Give *count* random bytes."""
        return secrets.token_bytes(count)

    def fraction(self) -> float:
        """Give a number from 0 up to, not including, 1."""
        return secrets.randbits(_BITS) / (1 << _BITS)

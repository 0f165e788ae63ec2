"""``mailbox.ports.PinHasher`` by Argon2id (RFC 9106)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from umbel.core.errors import Unavailable

_AT_ONCE = 2
"""Each takes 64 MiB of memory and some 50 ms of a core; the others wait in line."""


class Argon2PinHasher:
    """Hashes PINs slowly on purpose, in threads of its own."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, "umbel-pins")

    async def hash(self, pin: str) -> str:
        """Give a salted hash of *pin*."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hasher.hash, pin)

    async def matches(self, hashed: str, pin: str) -> bool:
        """Say whether *pin* is the one that *hashed* was made from."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._verify, hashed, pin
        )

    def close(self) -> None:
        """End the threads once what they have begun is done."""
        self._threads.shutdown()

    def _verify(self, hashed: str, pin: str) -> bool:
        try:
            return self._hasher.verify(hashed, pin)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            raise Unavailable(
                "the PIN's hash in the store is damaged; a new PIN cures it"
            ) from error

"""PINs hashed by Argon2, with parameters that make the tests fast."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from umbel.backends.argon2_pins import Argon2PinHasher
from umbel.core.errors import Unavailable


@pytest.fixture
def hasher() -> Iterator[Argon2PinHasher]:
    hasher = Argon2PinHasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield hasher
    hasher.close()


class TestAPin:
    async def test_matches_its_own_hash_only(self, hasher: Argon2PinHasher) -> None:
        hashed = await hasher.hash("184709")

        assert await hasher.matches(hashed, "184709")
        assert not await hasher.matches(hashed, "184708")

    async def test_is_salted_and_not_in_its_hash(self, hasher: Argon2PinHasher) -> None:
        first, second = await hasher.hash("184709"), await hasher.hash("184709")

        assert first != second
        assert first.startswith("$argon2id$")
        assert "184709" not in first

    @pytest.mark.parametrize("damaged", ["", "184709", "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$broken!"])
    async def test_whose_hash_is_damaged_is_told(
        self, hasher: Argon2PinHasher, damaged: str
    ) -> None:
        with pytest.raises(Unavailable, match="damaged"):
            await hasher.matches(damaged, "184709")

    async def test_is_hashed_as_slowly_as_rfc_9106_advises(self) -> None:
        """The second recommended option at least: 64 MiB, three passes."""
        hasher = Argon2PinHasher()

        hashed = await hasher.hash("184709")

        assert "$m=65536,t=3,p=4$" in hashed
        hasher.close()

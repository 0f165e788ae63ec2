"""The token of a joining node: whole or refused, and a proof that only its holder can make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.core.errors import Mistake
from umbel.identity.join_token import JoinToken, is_proof, join_proof

TOKEN = JoinToken(
    node="node02.domain.local",
    id="0123456789abcdef",
    secret=bytes(range(32)),
    fingerprint="ab" * 32,
)
REQUEST = "-----BEGIN CERTIFICATE REQUEST-----"


class TestWriting:
    def test_comes_back(self) -> None:
        assert JoinToken.parse(f"  {TOKEN}\n") == TOKEN

    @pytest.mark.parametrize("spoilt", ["", "umbel1_", str(TOKEN)[:-1], str(TOKEN)[1:], "umbel1_é"])
    def test_is_refused_when_not_copied_whole(self, spoilt: str) -> None:
        with pytest.raises(Mistake, match="no whole token"):
            JoinToken.parse(spoilt)

    @given(st.text(max_size=200))
    def test_refuses_any_other_text(self, text: str) -> None:
        with pytest.raises(Mistake):
            JoinToken.parse("umbel1_" + text)


class TestTheProof:
    def test_is_made_with_the_secret(self) -> None:
        proof = TOKEN.proof(REQUEST)

        assert is_proof(
            proof,
            join_proof(TOKEN.secret, id=TOKEN.id, node=TOKEN.node, request=REQUEST),
        )

    @pytest.mark.parametrize(
        "other",
        [
            {"secret": bytes(32)},
            {"id": "fedcba9876543210"},
            {"node": "node03.domain.local"},
            {"request": REQUEST + "x"},
        ],
    )
    def test_is_another_for_anything_else(self, other: dict[str, object]) -> None:
        same: dict[str, object] = {
            "secret": TOKEN.secret, "id": TOKEN.id, "node": TOKEN.node, "request": REQUEST
        }  # fmt: skip
        proof = join_proof(**(same | other))  # type: ignore[arg-type]  # each of its own type

        assert not is_proof(proof, TOKEN.proof(REQUEST))

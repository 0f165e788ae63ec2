"""Enrolments in both databases, and tokens in the authority's folder."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.support.still_clock import PIONEERS_DAY

from umbel.backends.sql import SqlStore
from umbel.backends.token_folder import TokenFolder
from umbel.identity.enrolment import Enrolment, KeptToken, Stage

ASKED = Enrolment(
    id="first",
    node="node01.example.org",
    stage=Stage.ASKED,
    at=PIONEERS_DAY,
    names=("um.example.org",),
    request="a request",
    certificate="a certificate",
    proof="a proof",
)
ISSUED = replace(ASKED, stage=Stage.ISSUED, chain="a chain", root="a root")


class TestEnrolments:
    async def test_come_back_as_they_were(self, store: SqlStore) -> None:
        await store.enrolments.put(ASKED)

        assert await store.enrolments.get("first") == ASKED
        assert await store.enrolments.get("second") is None

    async def test_are_found_by_stage_and_node_oldest_first(self, store: SqlStore) -> None:
        later = replace(ASKED, id="later", at=PIONEERS_DAY + timedelta(seconds=1))
        other = replace(later, id="other", node="node02.example.org")
        for one in (later, other, ASKED, replace(ISSUED, id="done")):
            await store.enrolments.put(one)
        found = await store.enrolments.at_stage(Stage.ASKED, ASKED.node)

        assert found == [ASKED, later]
        assert len(await store.enrolments.at_stage(Stage.ASKED)) == 3

    async def test_are_replaced_unless_they_came_too_far(self, store: SqlStore) -> None:
        await store.enrolments.put(ASKED)

        assert await store.enrolments.put(ISSUED, unless=(Stage.ISSUED,))
        assert not await store.enrolments.put(ASKED, unless=(Stage.ISSUED,))
        assert await store.enrolments.get("first") == ISSUED

    async def test_are_forgotten_when_old(self, store: SqlStore) -> None:
        await store.enrolments.put(ASKED)
        await store.enrolments.forget_before(PIONEERS_DAY)
        assert await store.enrolments.get("first")
        await store.enrolments.forget_before(PIONEERS_DAY + timedelta(seconds=1))
        assert await store.enrolments.get("first") is None


class TestTokens:
    TOKEN = KeptToken(
        id="0123456789abcdef",
        node="node02.example.org",
        names=("um.example.org",),
        secret=bytes(range(32)),
        expires=PIONEERS_DAY,
    )

    def test_are_used_once(self, tmp_path: Path) -> None:
        tokens = TokenFolder(tmp_path)
        tokens.keep(self.TOKEN)

        assert tokens.find(self.TOKEN.id) == self.TOKEN
        assert [tokens.use(self.TOKEN.id), tokens.use(self.TOKEN.id)] == [True, False]
        assert tokens.find(self.TOKEN.id) is None

    def test_are_their_owners_alone(self, tmp_path: Path) -> None:
        TokenFolder(tmp_path).keep(self.TOKEN)

        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}

    def test_are_never_looked_for_outside_of_their_folder(self, tmp_path: Path) -> None:
        """The id comes from the store, which anybody may have written to."""
        outside = TokenFolder(tmp_path)
        outside.keep(self.TOKEN)

        assert TokenFolder(tmp_path / "tokens").find(f"../{self.TOKEN.id}") is None

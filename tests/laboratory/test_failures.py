"""Every failure of the laboratory: found first, cured, gone."""

from pathlib import Path

import pytest
from tests.support.program import REPOSITORY

from umbel.core.findings import Severity

from .bench import Bench, lync, plain
from .catalogue import document
from .commands import unknown_commands
from .failure import FAILURES, Failure

OF_A_BUSY_MACHINE = ("call.jitter", "call.loss", "call.loss-at-peer", "call.long-way")
"""What becomes of audio where many tests run at a time, which is no failure of the experiment."""
ROWS = 38
"""Of the catalogue of Exchange UM's failures."""
OF_ANOTHER_KIND = {"11", "14", "15", "16", "37", "38"}
"""Rows about dial plan names of 2007, mail delivery, too many objects, languages and a virus."""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A bench that is in order."""
    return Bench(tmp_path)


@pytest.mark.parametrize("failure", FAILURES, ids=[one.name for one in FAILURES])
class TestFailure:
    async def test_is_found_first(self, bench: Bench, failure: Failure) -> None:
        """The first finding names the cause, and it is more than a remark."""
        async with bench.stack:
            findings = await failure.experiment(bench, False)
        first = findings[0]

        assert first.code == failure.finding, [(one.code, one.seen) for one in findings]
        assert first.severity > Severity.INFO
        assert first.do
        assert failure.says in f"{first.seen} {first.means}"
        assert [each for one in findings for each in unknown_commands(one.do)] == []

    async def test_is_gone_once_cured(self, bench: Bench, failure: Failure) -> None:
        """The cure leaves nothing that an administrator would want to hear of."""
        async with bench.stack:
            findings = await failure.experiment(bench, True)
        left = [one for one in findings if one.severity > Severity.INFO]

        assert [one for one in left if one.code not in OF_A_BUSY_MACHINE] == []


class TestAHealthyPair:
    """The negative control: where nothing is wrong, nothing is found."""

    async def test_over_tls_with_a_rule_has_no_finding_to_worry_about(self, bench: Bench) -> None:
        async with bench.stack:
            port = await bench.peer(tls=bench.tls())
            findings = await bench.diagnose(lync(port), own=bench.authority.issue())

        assert [one for one in findings if one.severity > Severity.INFO] == []

    async def test_by_tcp_has_no_finding_at_all(self, bench: Bench) -> None:
        async with bench.stack:
            findings = await bench.diagnose(plain(await bench.peer()))

        assert findings == ()


class TestTheLaboratory:
    def test_has_every_row_of_the_catalogue_that_peering_can_fail_by(self) -> None:
        shown = {one.number for one in FAILURES if one.number}

        assert shown == {str(row) for row in range(1, ROWS + 1)} - OF_ANOTHER_KIND

    def test_is_written_down(self) -> None:
        """Otherwise: script/failures."""
        assert (REPOSITORY / "docs" / "failures.md").read_text() == document()

    def test_knows_which_commands_there_are(self) -> None:
        """Its own check of cures."""
        assert list(unknown_commands("umbel gateway set lync --port 5061; or wait")) == []
        assert list(unknown_commands("first: umbel gateway mend lync")) == [
            "umbel gateway mend lync"
        ]
        assert list(unknown_commands("umbel diagnose lync --hard")) == ["--hard"]

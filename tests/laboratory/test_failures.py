"""Every failure of the laboratory: found first, cured, gone."""

from pathlib import Path

import pytest

from umbel.core.findings import Severity

from . import certificate_failures, configuration_failures, network_failures, sip_failures
from .bench import Bench
from .failure import FAILURES, Failure

ROOMS = (network_failures, certificate_failures, sip_failures, configuration_failures)


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

        assert findings[0].code == failure.finding, [(one.code, one.seen) for one in findings]
        assert findings[0].severity > Severity.INFO

    async def test_is_gone_once_cured(self, bench: Bench, failure: Failure) -> None:
        """The cure leaves nothing that an administrator would want to hear of."""
        async with bench.stack:
            findings = await failure.experiment(bench, True)

        assert [one for one in findings if one.severity > Severity.INFO] == []

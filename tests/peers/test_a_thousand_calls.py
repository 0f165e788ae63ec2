"""A thousand calls that arrive within one second are all answered."""

from pathlib import Path

import pytest
from tests.support.node import node_under_test
from tests.support.sipp import Target, caller, pause, scenario
from tests.support.sipp_dialog import ACK, ANSWERED, BYE

pytestmark = pytest.mark.peer

CALLS = 1000


class TestAThousandCallsWithinASecond:
    async def test_are_all_answered_and_written_down(self, tmp_path: Path) -> None:
        script = scenario(*ANSWERED, ACK, pause(1000), *BYE)
        async with node_under_test(tmp_path / "node") as node:
            target = Target(port=node.ports["udp"])
            folder = tmp_path / "sipp"
            async with caller(
                script, target, folder, count=CALLS, rate=CALLS, traces=False
            ) as sipp:
                code = await sipp.wait(90)
                assert code == 0, sipp.fail(f"not all were answered (code {code})")
            records = await node.ended_calls(CALLS, within=30)

        assert {record.status for record in records} == {200}
        assert all(record.answered is not None for record in records)
        assert len({record.id for record in records}) == CALLS

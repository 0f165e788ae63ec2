"""``umbel try --incident``: the story comes true, and is told so that it can be followed."""

import sys
from pathlib import Path

from tests.support.program import running

UMBEL = Path(sys.executable).parent / "umbel"


class TestTheIncident:
    async def test_comes_true_and_is_told(self, tmp_path: Path) -> None:
        command = (UMBEL, "try", "--incident", "--once", "--folder", tmp_path / "trial")
        async with running(*command, log=tmp_path / "try.log") as trial:
            code = await trial.wait(115)
        said = trial.output

        assert code == 0, said
        assert said.count("This operation has timed out") == 1
        assert said.count("our certificate's common name is um.domain.local") >= 2
        assert "umbel: I could not reach Antonio Meucci." in said
        assert "Recommended: one per node" in said
        assert "responds as expected to SIP OPTIONS requests again" in said
        assert "(transfer: transferred)" in said
        assert "Every step came true." in said

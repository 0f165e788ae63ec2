"""``umbel try --incident``: the story comes true, and is told so that it can be followed."""

from pathlib import Path

import numpy as np
import pytest

from umbel.app.trial.incident.play import play_incident, tones
from umbel.app.trial.incident.stage import NODES, set_stage
from umbel.media.likeness import equal_in_pieces


class TestTheIncident:
    @pytest.mark.timeout(240)  # It takes 80 s, since people speak in it.
    async def test_comes_true_and_is_told(self, tmp_path: Path) -> None:
        lines: list[str] = []
        came_true = await play_incident(tmp_path, say=lines.append)
        said = "\n".join(lines)

        assert came_true, said
        assert "our certificate's common name is um.domain.local" in said
        assert "umbel: I could not reach Antonio Meucci." in said
        assert "Recommended: one per node" in said
        assert "responds as expected to SIP OPTIONS requests again" in said
        assert "(transfer: transferred)" in said
        assert lines[-1] == "• Every step came true."


class TestTheStage:
    def test_begins_anew_with_the_shared_certificate(self, tmp_path: Path) -> None:
        set_stage(tmp_path).show(NODES[0])
        set_stage(tmp_path)

        first, second = ((tmp_path / node / "certificate.pem").read_bytes() for node in NODES)
        assert first == second
        assert (tmp_path / "company" / "pool.domain.local.pem").exists()


class TestTheTones:
    def test_are_unlike_themselves_after_a_gap(self) -> None:
        """Otherwise a call that lost something would count as one that noticed nothing."""
        music = tones(10)
        with_gap = np.concatenate([music[:16_000], music[56_000:]])

        assert equal_in_pieces(music, music) == 1.0
        assert equal_in_pieces(music, with_gap) < 0.7

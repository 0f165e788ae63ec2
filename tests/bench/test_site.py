"""The node that the bench measures is one that the product accepts."""

import json
from pathlib import Path

import pytest

from bench.site import NotOurs, Place, make_site
from bench.target import describe
from umbel.app.settings import load_settings


class TestTheSite:
    def test_is_accepted_and_has_its_prompts(self, tmp_path: Path) -> None:
        place = Place(folder=tmp_path / "node", port=5560)
        make_site(place)
        make_site(place)
        settings = load_settings(place.settings)

        assert settings.media.last_port < 20000
        assert (place.folder / "prompts" / "endless.wav").stat().st_size > 14_000_000

    def test_removes_nothing_that_it_did_not_make(self, tmp_path: Path) -> None:
        (tmp_path / "letters").write_text("dear")

        with pytest.raises(NotOurs, match="not empty"):
            make_site(Place(folder=tmp_path, port=5560))

        assert (tmp_path / "letters").exists()


class TestTheTarget:
    def test_is_started_by_the_script_itself(self, tmp_path: Path) -> None:
        target = json.loads(json.dumps(describe(Place(folder=tmp_path, port=5560))))

        assert Path(target["start"]).name == "bench"
        assert target["args"] == ["target", "--folder", str(tmp_path), "--port", "5560"]
        assert set(target["users"]) == {"play", "vm", "ivr"}

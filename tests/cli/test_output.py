"""How answers are printed: whatever peers wrote into them."""

import json

import pytest

from umbel.cli.output import print_json, show_one, show_rows

HOSTILE = "busy\x1b[2J\x9b1m\x7f"


class TestTextOfAPeer:
    def test_does_not_steer_the_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        show_one({"reason": HOSTILE}, as_json=False)
        show_rows([{"reason": (HOSTILE,)}], ["reason"], as_json=False, empty="")

        said = capsys.readouterr().out
        assert all(char.isprintable() or char == "\n" for char in said)
        assert said.count("busy") == 2

    def test_keeps_its_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        show_one({"text": "one\ntwo"}, as_json=False)
        assert capsys.readouterr().out == "text  one\ntwo\n"

    def test_is_whole_in_json_and_steers_no_terminal(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        print_json({"reason": HOSTILE, "name": "Ádám"})

        said = capsys.readouterr().out
        assert all(char.isprintable() or char == "\n" for char in said)
        assert json.loads(said) == {"reason": HOSTILE, "name": "Ádám"}
        assert "Ádám" in said

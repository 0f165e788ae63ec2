"""How findings are broken into lines."""

import click

from umbel.cli.findings import paragraph, wrapped


class TestACommand:
    def test_is_not_broken_apart(self) -> None:
        text = "give this node a certificate of its own: umbel certificate request; or wait"

        assert wrapped(text, 50) == [
            "give this node a certificate of its own:",
            "umbel certificate request; or wait",
        ]

    def test_that_is_too_long_keeps_its_beginning(self) -> None:
        text = "umbel gateway set lync --username NAME --password PASSWORD --certificate-names A"
        first, second = wrapped(text, 60)

        assert first.startswith("umbel gateway set")
        assert second == "--certificate-names A"


class TestAParagraph:
    def test_hangs_beneath_its_first_line(self) -> None:
        lines = [click.unstyle(line) for line in paragraph("means", "word " * 40)]

        assert lines[0].startswith("  means   word")
        assert lines[1].startswith("          word")

    def test_may_be_empty(self) -> None:
        assert [click.unstyle(line) for line in paragraph("rule", "")] == ["  rule    "]

"""The reference page says what the source declares."""

from pathlib import Path

from umbel.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


class TestTheReferencePage:
    def test_is_up_to_date(self) -> None:
        """``script/reference`` writes it."""
        assert PAGE.read_text("utf-8") == reference()

    def test_has_settings_objects_events_and_exit_codes(self) -> None:
        page = reference()

        assert "### `[[listener]]`" in page
        assert "### `[tls]`" in page
        assert "| `probe_every` | a number | `30` |" in page
        assert "- `no-new-calls`: It drains:" in page
        assert "| `lync` | Lync Server and Skype for Business Server | common name |" in page
        assert "### 1400" in page
        assert "| 2 | It could not do what was asked" in page

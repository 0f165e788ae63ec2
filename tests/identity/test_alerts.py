"""Alerts by their names."""

import pytest

from umbel.identity.alerts import NAMES, alert_name, read_alert
from umbel.identity.handshake import Alert


class TestName:
    @pytest.mark.parametrize(
        ("number", "name"),
        [(0, "close_notify"), (48, "unknown_ca"), (116, "certificate_required")],
    )
    def test_is_the_one_of_the_rfc(self, number: int, name: str) -> None:
        """An administrator searches for these words."""
        assert alert_name(number) == name

    def test_is_the_number_where_there_is_none(self) -> None:
        """RFC 8446 section 6 leaves most numbers unassigned; they still tell something."""
        assert alert_name(123) == "alert 123"

    def test_never_stands_for_two_alerts(self) -> None:
        """Two alerts of one name could not be told apart."""
        assert len(set(NAMES.values())) == len(NAMES)


class TestReading:
    def test_a_fatal_alert(self) -> None:
        """The first byte is the level, the second the description."""
        alert = read_alert(bytes([2, 45]), sent_by_us=False)

        assert alert == Alert(sent_by_us=False, description="certificate_expired", is_fatal=True)

    def test_a_warning(self) -> None:
        """Closing in good order is announced by a warning."""
        alert = read_alert(bytes([1, 0]), sent_by_us=True)

        assert alert == Alert(sent_by_us=True, description="close_notify", is_fatal=False)

    @pytest.mark.parametrize("octets", [b"", b"\x02", b"\x02\x2d\x00"])
    def test_something_else_gives_nothing(self, octets: bytes) -> None:
        """OpenSSL shows what came, before it judges it."""
        assert read_alert(octets, sent_by_us=False) is None

"""What is an IP address."""

import pytest

from umbel.core.addresses import is_ip_address


class TestAnIpAddress:
    @pytest.mark.parametrize("text", ["192.0.2.1", "0.0.0.0", "::", "2001:db8::1", "fe80::1%eth0"])
    def test_is_one(self, text: str) -> None:
        assert is_ip_address(text)

    @pytest.mark.parametrize(
        "text", ["", "example.org", "192.0.2", "192.0.2.256", "[::1]", "192.0.2.1:5060", "1"]
    )
    def test_is_nothing_else(self, text: str) -> None:
        assert not is_ip_address(text)

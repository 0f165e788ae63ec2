"""What is an IP address."""

from ipaddress import ip_address

import pytest

from umbel.core.addresses import is_ip_address, read_ip_address


class TestAnIpAddress:
    @pytest.mark.parametrize("text", ["192.0.2.1", "0.0.0.0", "::", "2001:db8::1", "fe80::1%eth0"])
    def test_is_one(self, text: str) -> None:
        assert is_ip_address(text)

    @pytest.mark.parametrize(
        "text", ["", "example.org", "192.0.2", "192.0.2.256", "[::1]", "192.0.2.1:5060", "1"]
    )
    def test_is_nothing_else(self, text: str) -> None:
        assert not is_ip_address(text)

    @pytest.mark.parametrize("text", ["192.0.2.1", "::", "fe80::1%eth0", "fe80::1%" + "x" * 100])
    def test_is_read_again_and_again(self, text: str) -> None:
        assert read_ip_address(text) == read_ip_address(text) == ip_address(text)

    @pytest.mark.parametrize("text", ["", "example.org", "192.0.2.256"])
    def test_that_is_none_is_told_each_time(self, text: str) -> None:
        for _ in range(2):
            with pytest.raises(ValueError, match="does not appear to be"):
                read_ip_address(text)

"""We name ourselves by the address that a peer sees."""

import pytest

from umbel.net.local_address import local_address_towards, outward_address


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_a_peer_on_this_machine_sees_the_loopback(peer: str) -> None:
    assert local_address_towards(peer) == peer


@pytest.mark.parametrize(
    ("peer", "loopback"),
    [
        # Without the option for it, the system lets nothing be sent to a broadcast address.
        pytest.param("255.255.255.255", "127.0.0.1", id="IPv4"),
        # A link-local address without its interface leads nowhere.
        pytest.param("fe80::1", "::1", id="IPv6"),
    ],
)
def test_where_no_way_leads_it_is_the_loopback(peer: str, loopback: str) -> None:
    assert local_address_towards(peer) == loopback


def test_a_listener_with_an_address_is_reached_there() -> None:
    assert outward_address("192.0.2.7") == "192.0.2.7"
    assert outward_address("2001:db8::7") == "2001:db8::7"


def test_a_listener_on_every_address_is_reached_at_a_single_one() -> None:
    assert outward_address("0.0.0.0") not in ("", "0.0.0.0")
    assert outward_address("::") not in ("", "::")

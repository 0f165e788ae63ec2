"""What we say of ourselves, by the way that a peer is reached."""

import pytest

from umbel.core.errors import Misuse
from umbel.sip.hop import Hop, Transport
from umbel.ua import LocalAddress, LocalIdentity


def at(transport: Transport, host: str) -> LocalAddress:
    return LocalAddress(transport=transport, host=host, port=5060)


OURS = LocalIdentity(
    addresses=(
        at(Transport.UDP, "192.0.2.1"),
        at(Transport.UDP, "2001:db8::1"),
        at(Transport.TLS, "um.example.org"),
    )
)


class TestLocalIdentity:
    @pytest.mark.parametrize(
        ("transport", "peer", "ours"),
        [
            (Transport.UDP, "198.51.100.7", "192.0.2.1"),
            (Transport.UDP, "2001:db8::7", "2001:db8::1"),
            (Transport.TLS, "2001:db8::7", "um.example.org"),
        ],
    )
    def test_names_the_address_that_the_peer_can_reach(
        self, transport: Transport, peer: str, ours: str
    ) -> None:
        assert OURS.towards(transport, peer).host == ours

    def test_takes_the_first_where_none_is_of_the_family(self) -> None:
        only = LocalIdentity(addresses=(at(Transport.UDP, "192.0.2.1"),))

        assert only.towards(Transport.UDP, "2001:db8::7").host == "192.0.2.1"

    def test_has_nothing_to_say_by_a_transport_that_it_lacks(self) -> None:
        with pytest.raises(Misuse, match="no address for TCP"):
            OURS.towards(Transport.TCP, "192.0.2.7")

    def test_writes_via_and_contact(self) -> None:
        hop = Hop(transport=Transport.TLS, address="192.0.2.7", port=5061)

        assert str(OURS.via(hop, "z9hG4bK1")) == (
            "SIP/2.0/TLS um.example.org:5060;branch=z9hG4bK1;rport"
        )
        assert str(OURS.contact(Transport.TLS, "192.0.2.7")) == (
            "<sip:umbel@um.example.org:5060;transport=tls>"
        )
        assert str(OURS.contact(Transport.UDP, "2001:db8::7", secure=True)) == (
            "<sips:umbel@[2001:db8::1]:5060>"
        )

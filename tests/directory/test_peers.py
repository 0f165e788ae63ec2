"""Which gateway a peer is."""

from dataclasses import replace

import pytest
from tests.support.organisation import LYNC, PBX
from tests.support.peer_certificate import NamedCertificate

from umbel.directory.objects import Gateway, Transport
from umbel.directory.peers import (
    Peer,
    describe,
    gateway_at,
    names_at,
    recognise,
    suspect,
    why_unknown,
)

UDP, TCP, TLS = Transport.UDP, Transport.TCP, Transport.TLS


def found(peer: Peer, *gateways: Gateway, **resolved: str) -> Gateway | None:
    addresses = {name: (address,) for name, address in resolved.items()}
    return recognise(peer, {gateway.name: gateway for gateway in gateways}, addresses)


class TestAGatewayWithoutTls:
    def test_is_known_by_its_address(self) -> None:
        assert found(Peer(address="10.0.0.1", transport=UDP), PBX) == PBX
        assert found(Peer(address="10.0.0.2", transport=UDP), PBX) is None

    def test_may_call_over_another_transport(self) -> None:
        assert found(Peer(address="10.0.0.1", transport=TCP), PBX) == PBX

    def test_is_known_by_its_further_addresses_and_networks(self) -> None:
        trunk = replace(PBX, from_addresses=("192.0.2.7", "198.51.100.0/24", "2001:db8::/64"))

        for address in ("192.0.2.7", "198.51.100.99", "2001:db8::7"):
            assert found(Peer(address=address, transport=UDP), trunk) == trunk
        assert found(Peer(address="198.51.101.1", transport=UDP), trunk) is None

    def test_with_a_host_name_is_known_by_what_dns_says(self) -> None:
        named = replace(PBX, address="pbx.example.org")
        peer = Peer(address="10.0.0.9", transport=UDP)

        assert found(peer, named) is None
        assert found(peer, named, pbx="10.0.0.9") == named
        assert found(peer, named, pbx="10.0.0.8") is None


class TestAGatewayWithTls:
    def test_is_known_by_the_name_in_its_certificate(self) -> None:
        peer = Peer(
            address="10.9.9.9",
            transport=TLS,
            certificate=NamedCertificate("x.org", "pool.example.org"),
        )

        assert found(peer, LYNC) == LYNC

    def test_is_known_by_the_names_that_were_configured_instead(self) -> None:
        """The pool's own name does not count then."""
        pinned = replace(LYNC, certificate_names=("fe01.example.org", "fe02.example.org"))
        front_end = Peer(
            address="10.9.9.9", transport=TLS, certificate=NamedCertificate("fe02.example.org")
        )

        assert found(front_end, pinned) == pinned
        assert (
            found(replace(front_end, certificate=NamedCertificate("pool.example.org")), pinned)
            is None
        )

    def test_is_not_known_by_its_address_alone(self) -> None:
        peer = Peer(address="10.0.0.5", transport=TLS)

        assert found(peer, LYNC, lync="10.0.0.5") is None

    def test_without_any_name_is_known_by_its_address(self) -> None:
        phone = Gateway(name="phone", address="10.0.0.7", transport=TLS)

        assert found(Peer(address="10.0.0.7", transport=TLS), phone) == phone

    def test_is_not_known_by_its_address_once_it_has_shown_a_bad_certificate(self) -> None:
        """Whoever could not get past our TLS before does not get past it now."""
        phone = Gateway(name="phone", address="10.0.0.7", transport=TLS)
        peer = Peer(address="10.0.0.7", transport=TLS, distrust="certificate has expired")

        assert found(peer, phone) is None

    def test_whose_names_do_not_count_needs_a_trusted_certificate_and_its_address(self) -> None:
        """Every certificate of the authority would do, so the address has to tell them apart."""
        phone = Gateway(name="phone", address="10.0.0.7", transport=TLS, our_rule="chain-only")
        peer = Peer(address="10.0.0.7", transport=TLS, certificate=NamedCertificate("x.org"))

        assert found(peer, phone) == phone
        assert found(replace(peer, certificate=None), phone) is None
        assert found(replace(peer, address="10.0.0.8"), phone) is None
        assert describe(phone) == "phone at 10.0.0.7 over TLS with any certificate that we trust"

    def test_is_never_believed_over_udp(self) -> None:
        """Anybody can write any source address on a datagram."""
        phone = Gateway(name="phone", address="10.0.0.7", transport=TLS)

        assert found(Peer(address="10.0.0.7", transport=UDP), phone) is None


class TestOfSeveralThatFit:
    def test_a_certificate_says_more_than_an_address(self) -> None:
        peer = Peer(
            address="10.0.0.1", transport=TLS, certificate=NamedCertificate("pool.example.org")
        )

        assert found(peer, PBX, LYNC) == LYNC

    def test_an_address_says_more_than_a_network(self) -> None:
        trunk = Gateway(name="a-trunk", address="192.0.2.1", from_addresses=("10.0.0.0/8",))
        nearer = Gateway(name="b-trunk", address="192.0.2.2", from_addresses=("10.0.0.0/24",))

        assert found(Peer(address="10.0.0.1", transport=UDP), trunk, nearer, PBX) == PBX
        assert found(Peer(address="10.0.0.3", transport=UDP), trunk, nearer, PBX) == nearer
        assert found(Peer(address="10.1.0.3", transport=UDP), trunk, nearer, PBX) == trunk

    def test_transport_and_port_tell_neighbours_apart(self) -> None:
        a = Gateway(name="a", address="127.0.0.1", port=5080, transport=TCP)
        b = Gateway(name="b", address="127.0.0.1", port=5070)
        c = Gateway(name="c", address="127.0.0.1", port=5090)

        def at(port: int, transport: Transport) -> Gateway | None:
            return found(Peer(address="127.0.0.1", port=port, transport=transport), a, b, c)

        assert at(40000, TCP) == a
        assert at(5090, UDP) == c
        assert at(40000, UDP) == b


class TestTheGatewayThatIsCalled:
    @pytest.mark.parametrize(
        ("host", "port", "name"),
        [
            ("pool.example.org", 5061, "lync"),
            ("POOL.example.org.", 5062, "lync"),
            ("fe01.example.org", 5061, "members"),
            ("members.example.org", 5061, "members"),
            ("10.0.0.5", 5061, "lync"),
            ("10.0.0.1", 5060, None),
            ("elsewhere.example.org", 5061, None),
        ],
    )
    def test_is_told_by_what_the_request_names(
        self, host: str, port: int, name: str | None
    ) -> None:
        """Its address, a member of its pool, or what DNS has for it; and only with TLS."""
        members = Gateway(
            name="members",
            address="members.example.org",
            transport=TLS,
            certificate_names=("members.example.org", "FE01.example.org"),
        )
        gateways = {one.name: one for one in (PBX, LYNC, members)}

        called = gateway_at(host, port, gateways, {"lync": ["10.0.0.5"]})

        assert (called.name if called else None) == name

    def test_is_told_by_its_port_where_two_share_a_host(self) -> None:
        first = Gateway(name="a", address="sbc.example.org", port=5061, transport=TLS)
        second = Gateway(name="b", address="sbc.example.org", port=5071, transport=TLS)
        gateways = {"a": first, "b": second}

        assert gateway_at("sbc.example.org", 5071, gateways, {}) == second
        assert gateway_at("sbc.example.org", 5061, gateways, {}) == first


class TestWhyAPeerIsUnknown:
    @pytest.mark.parametrize(
        ("peer", "who"),
        [
            (Peer(address="10.0.0.9", transport=UDP), "10.0.0.9 over UDP"),
            (Peer(address="10.0.0.9", transport=TLS), "10.0.0.9 over TLS with no certificate"),
            (
                Peer(address="10.0.0.9", transport=TLS, distrust="certificate has expired"),
                "10.0.0.9 over TLS with a certificate that is not good (certificate has expired)",
            ),
            (
                Peer(
                    address="10.0.0.9",
                    transport=TLS,
                    certificate=NamedCertificate("a.org", "b.org"),
                ),
                "10.0.0.9 over TLS with a certificate for a.org and b.org",
            ),
        ],
    )
    def test_says_who_it_is_and_who_is_known(self, peer: Peer, who: str) -> None:
        reason = why_unknown(peer, {"pbx": PBX, "lync": LYNC})

        assert reason == (
            f"no gateway is {who}; known are: "
            "lync by a certificate for pool.example.org over TLS (rule any-name); pbx at 10.0.0.1 over UDP"
        )

    def test_says_where_there_is_no_gateway_at_all(self) -> None:
        reason = why_unknown(Peer(address="10.0.0.9", transport=UDP), {})

        assert reason == "no gateway is configured, and a call came from 10.0.0.9 over UDP"

    def test_stays_short_where_there_are_many(self) -> None:
        many = {f"g{n:03}": Gateway(name=f"g{n:03}", address=f"10.1.0.{n}") for n in range(100)}

        reason = why_unknown(Peer(address="10.0.0.9", transport=UDP), many)

        assert reason.endswith("g007 at 10.1.0.7 over UDP; and 92 more")

    def test_names_every_place_of_a_gateway(self) -> None:
        trunk = replace(PBX, from_addresses=("192.0.2.0/24",))

        assert describe(trunk) == "pbx at 10.0.0.1 or 192.0.2.0/24 over UDP"


class TestAnAddress:
    def test_leads_to_every_gateway_that_is_there(self) -> None:
        gateways = {
            "lync": Gateway(name="lync", address="pool.example.org", transport=Transport.TLS),
            "pbx": Gateway(name="pbx", address="192.0.2.7"),
            "far": Gateway(name="far", address="192.0.2.8", from_addresses=("198.51.100.0/24",)),
        }
        resolved = {"lync": ("192.0.2.7",)}

        assert names_at("192.0.2.7", gateways, resolved) == ("lync", "pbx")
        assert names_at("198.51.100.77", gateways, resolved) == ("far",)
        assert names_at("somewhere", gateways, resolved) == ()

    def test_makes_a_tls_gateway_a_suspect(self) -> None:
        gateways = {
            "lync": Gateway(name="lync", address="192.0.2.7", transport=Transport.TLS),
            "pbx": Gateway(name="pbx", address="192.0.2.7"),
            "udp": Gateway(name="udp", address="192.0.2.8"),
        }

        assert suspect("192.0.2.7", gateways, {}) is gateways["lync"]
        assert suspect("192.0.2.8", gateways, {}) is None

"""RFC 3263 against a name server of our own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.name_server import NameServer, Zone, serving
from tests.support.repeatable_randomness import RepeatableRandomness

from umbel.core.errors import Unavailable
from umbel.net.dns import NameSources, Resolver
from umbel.sip.hop import Hop, Transport
from umbel.sip.uri import Uri

UDP, TCP, TLS = Transport.UDP, Transport.TCP, Transport.TLS

ZONE: Zone = {
    ("example.org", "NAPTR"): [
        '20 50 "s" "SIP+D2U" "" _sip._udp.example.org.',
        '10 60 "s" "SIP+D2T" "" _sip._tcp.example.org.',
        '10 50 "s" "SIPS+D2T" "" _sips._tcp.example.org.',
        '5 5 "s" "SIP+D2S" "" _sip._sctp.example.org.',
        '1 1 "u" "E2U+sip" "!^.*$!sip:a@b!" .',
    ],
    ("_sips._tcp.example.org", "SRV"): [
        "20 0 5061 node02.example.org.",
        "10 0 5071 node01.example.org.",
    ],
    ("_sip._tcp.example.org", "SRV"): ["10 0 5060 node01.example.org."],
    ("_sip._udp.example.org", "SRV"): ["10 0 5060 node02.example.org."],
    ("node01.example.org", "A"): ["192.0.2.1"],
    ("node02.example.org", "A"): ["192.0.2.2"],
    ("node02.example.org", "AAAA"): ["2001:db8::2"],
    ("plain.example.org", "A"): ["192.0.2.9"],
    ("services.example.org", "A"): ["192.0.2.8"],
    ("_sip._udp.services.example.org", "SRV"): ["1 1 5080 plain.example.org."],
    ("_sip._tcp.services.example.org", "SRV"): ["1 1 5090 plain.example.org."],
    ("many.example.org", "A"): ["192.0.2.31", "192.0.2.32"],
    ("_sip._udp.literal.example.org", "SRV"): ["1 1 5060 192.0.2.77."],
    ("closed.example.org", "A"): ["192.0.2.7"],
    ("_sips._tcp.closed.example.org", "SRV"): ["0 0 0 ."],
    ("half.example.org", "NAPTR"): ['1 1 "s" "SIP+D2U" "" _sip._udp.half.example.org.'],
    ("_sip._udp.half.example.org", "SRV"): [
        "1 0 5060 gone.example.org.",
        "2 0 5060 plain.example.org.",
    ],
}


class Drawn(RepeatableRandomness):
    """Draws what a test says."""

    def __init__(self, *fractions: float) -> None:
        super().__init__()
        self._fractions = list(fractions)

    def fraction(self) -> float:
        """Give the next of them."""
        return self._fractions.pop(0)


@asynccontextmanager
async def names(
    server: NameServer, *draws: float, hosts: Path | None = None
) -> AsyncIterator[Resolver]:
    """Give a resolver that asks *server* and nobody else."""
    async with serving(server) as address:
        yield Resolver(
            randomness=Drawn(*draws) if draws else RepeatableRandomness(),
            sources=NameSources(
                name_servers=[address], hosts_file=hosts, asks_system=False, patience=1.0
            ),
        )


async def resolve(text: str, zone: Zone = ZONE) -> list[Hop]:
    async with names(NameServer(zone)) as resolver:
        return await resolver.resolve(Uri.parse(text))


def places(hops: Sequence[Hop]) -> list[tuple[Transport, str, int]]:
    return [(hop.transport, hop.address, hop.port) for hop in hops]


class TestAddressInTheUri:
    @pytest.mark.parametrize(
        ("uri", "place"),
        [
            ("sip:192.0.2.1", (UDP, "192.0.2.1", 5060)),
            ("sip:192.0.2.1:5070", (UDP, "192.0.2.1", 5070)),
            ("sips:192.0.2.1", (TLS, "192.0.2.1", 5061)),
            ("sip:bell@192.0.2.1;transport=tcp", (TCP, "192.0.2.1", 5060)),
            ("sip:192.0.2.1;transport=TLS", (TLS, "192.0.2.1", 5061)),
            ("sips:192.0.2.1;transport=tcp", (TLS, "192.0.2.1", 5061)),
            ("sip:[2001:db8::1]:5070;transport=tcp", (TCP, "2001:db8::1", 5070)),
            ("sip:example.org;maddr=192.0.2.3", (UDP, "192.0.2.3", 5060)),
        ],
    )
    async def test_is_the_hop(self, uri: str, place: tuple[Transport, str, int]) -> None:
        """Nothing is asked (RFC 3263 section 4.1: UDP for sip, TLS for sips)."""
        server = NameServer(ZONE)
        async with names(server) as resolver:
            assert places(await resolver.resolve(Uri.parse(uri))) == [place]

        assert server.asked == []

    async def test_is_no_name_to_prove(self) -> None:
        """The address itself is what a certificate must have."""
        (hop,) = await resolve("sips:192.0.2.1")

        assert hop.domain == ""

    async def test_given_by_maddr_does_not_change_the_name_to_prove(self) -> None:
        """RFC 5922: it is the domain that was meant."""
        (hop,) = await resolve("sips:example.org;maddr=192.0.2.3")

        assert hop.domain == "example.org"


class TestDomainWithNamingAuthorities:
    async def test_of_sip_leads_to_all_that_we_speak_in_their_order(self) -> None:
        """Order, then preference; then priority; then every address. SCTP is left out."""
        hops = await resolve("sip:bell@Example.org")

        assert places(hops) == [
            (TLS, "192.0.2.1", 5071),
            (TLS, "192.0.2.2", 5061),
            (TLS, "2001:db8::2", 5061),
            (TCP, "192.0.2.1", 5060),
            (UDP, "192.0.2.2", 5060),
            (UDP, "2001:db8::2", 5060),
        ]

    async def test_of_sips_leads_to_tls_only(self) -> None:
        """RFC 3263 section 4.1: anything else would betray the caller."""
        hops = await resolve("sips:bell@example.org")

        assert {hop.transport for hop in hops} == {TLS}

    async def test_is_the_name_that_the_peer_has_to_prove(self) -> None:
        """Not the host's: DNS is not to be believed (RFC 5922 section 7.3)."""
        hops = await resolve("sips:bell@example.org")

        assert {hop.domain for hop in hops} == {"example.org"}

    async def test_leads_past_a_host_without_address(self) -> None:
        """One dead record does not make the service unreachable."""
        assert places(await resolve("sip:half.example.org")) == [(UDP, "192.0.2.9", 5060)]


class TestDomainWithoutNamingAuthorities:
    async def test_is_asked_for_the_usual_services(self) -> None:
        """RFC 3263 section 4.1, last resort before plain addresses."""
        assert places(await resolve("sip:services.example.org")) == [
            (UDP, "192.0.2.9", 5080),
            (TCP, "192.0.2.9", 5090),
        ]

    async def test_may_have_services_at_an_address(self) -> None:
        """RFC 2782 wants a name, but who writes an address means it."""
        hops = await resolve("sip:literal.example.org;transport=udp")

        assert places(hops) == [(UDP, "192.0.2.77", 5060)]

    async def test_with_a_transport_is_asked_for_that_service_only(self) -> None:
        """No NAPTR either: the choice is made."""
        server = NameServer(ZONE)
        async with names(server) as resolver:
            hops = await resolver.resolve(Uri.parse("sip:services.example.org;transport=tcp"))

        assert places(hops) == [(TCP, "192.0.2.9", 5090)]
        assert server.asked[0] == ("SRV", "_sip._tcp.services.example.org")

    async def test_without_services_is_a_host(self) -> None:
        """The default port of the default transport."""
        assert places(await resolve("sip:plain.example.org")) == [(UDP, "192.0.2.9", 5060)]
        assert places(await resolve("sips:plain.example.org")) == [(TLS, "192.0.2.9", 5061)]

    async def test_has_a_hop_for_every_address(self) -> None:
        """The second is tried when the first fails."""
        hops = await resolve("sip:many.example.org")

        assert {hop.address for hop in hops} == {"192.0.2.31", "192.0.2.32"}

    async def test_with_a_port_is_a_host(self) -> None:
        """RFC 3263 section 4.2: an explicit port rules SRV out."""
        server = NameServer(ZONE)
        async with names(server) as resolver:
            hops = await resolver.resolve(Uri.parse("sip:plain.example.org:5070;transport=tcp"))

        assert places(hops) == [(TCP, "192.0.2.9", 5070)]
        assert {kind for kind, _ in server.asked} == {"A", "AAAA"}


WEIGHTS: Zone = {
    ("_sip._udp.example.org", "SRV"): [
        "1 0 1 plain.example.org.",
        "1 1 2 plain.example.org.",
        "1 3 3 plain.example.org.",
        "2 9 4 plain.example.org.",
    ],
    ("plain.example.org", "A"): ["192.0.2.9"],
}


class TestWeights:
    @pytest.mark.parametrize(
        ("draws", "ports"),
        [
            ((0.0, 0.0, 0.0, 0.0), [1, 2, 3, 4]),
            ((0.3, 0.9, 0.0, 0.0), [2, 3, 1, 4]),
            ((0.99, 0.99, 0.0, 0.99), [3, 2, 1, 4]),
        ],
    )
    async def test_draw_within_one_priority(
        self, draws: tuple[float, ...], ports: list[int]
    ) -> None:
        """RFC 2782: a greater weight is drawn more often; a greater priority number comes last."""
        async with names(NameServer(WEIGHTS), *draws) as resolver:
            hops = await resolver.resolve(Uri.parse("sip:example.org;transport=udp"))

        assert [hop.port for hop in hops] == ports


class TestFailure:
    async def test_of_a_name_that_does_not_exist_tells_what_was_asked(self) -> None:
        """Whoever reads it can ask the same with dig."""
        with pytest.raises(Unavailable) as error:
            await resolve("sips:gw.example.org;transport=tls")

        assert str(error.value) == (
            "no such name: gw.example.org (sips:gw.example.org;transport=tls); asked "
            "SRV _sips._tcp.gw.example.org (no such name), then "
            "A gw.example.org (no such name), then AAAA gw.example.org (no such name)"
        )

    async def test_of_a_service_that_the_domain_denies(self) -> None:
        """RFC 2782: a target of "." says decidedly no; the host is not tried."""
        with pytest.raises(Unavailable, match=r"closed\.example\.org says that it offers no such"):
            await resolve("sips:closed.example.org")

    async def test_of_a_deaf_name_server_costs_one_wait(self) -> None:
        """The questions that would follow are not asked."""
        server = NameServer(ZONE, is_deaf=True)
        async with names(server) as resolver:
            with pytest.raises(Unavailable) as error:
                await resolver.resolve(Uri.parse("sip:example.org"))

        assert str(error.value) == (
            "sip:example.org: no name server answered; asked NAPTR example.org (no answer)"
        )

    async def test_of_a_failing_name_server(self) -> None:
        """SERVFAIL, as from a broken delegation."""
        async with names(NameServer(ZONE, fails=True)) as resolver:
            with pytest.raises(
                Unavailable, match=r"A plain\.example\.org \(the name server failed\)"
            ):
                await resolver.resolve(Uri.parse("sip:plain.example.org:5060"))

    @pytest.mark.parametrize(
        ("uri", "reason"),
        [
            ("sips:example.org;transport=udp", "a sips URI cannot be reached by UDP"),
            ("sip:example.org;transport=sctp", "we do not speak the transport sctp"),
            ("tel:+15551876", "names no host that speaks SIP"),
            (f"sip:{'a' * 64}.example.org", "label"),
        ],
    )
    async def test_of_a_uri_that_leads_nowhere(self, uri: str, reason: str) -> None:
        """Each with its reason."""
        with pytest.raises(Unavailable, match=reason):
            await resolve(uri)

    async def test_without_any_name_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A machine without resolv.conf may still have what it needs in its hosts file."""
        import dns.resolver

        def unconfigured(*_: object, **__: object) -> None:
            raise dns.resolver.NoResolverConfiguration

        monkeypatch.setattr("dns.asyncresolver.Resolver", unconfigured)
        resolver = Resolver(
            randomness=RepeatableRandomness(),
            sources=NameSources(hosts_file=None, asks_system=False),
        )
        with pytest.raises(Unavailable, match="this machine names no name server"):
            await resolver.resolve(Uri.parse("sip:example.org"))


class TestNamesOfThisMachine:
    HOSTS = (
        "# Comment\n192.0.2.50 Node01.example.org node01 # array\n\n2001:db8::50 node01\nbad x\n"
    )

    async def test_win_over_dns(self, tmp_path: Path) -> None:
        """Whoever writes a name into the hosts file means it: nothing is asked."""
        path = tmp_path / "hosts"
        path.write_text(self.HOSTS)
        server = NameServer(ZONE)
        async with names(server, hosts=path) as resolver:
            full = await resolver.resolve(Uri.parse("sips:node01.example.org"))
            short = await resolver.resolve(Uri.parse("sip:node01:5070;transport=tcp"))

        assert places(full) == [(TLS, "192.0.2.50", 5061)]
        assert places(short) == [(TCP, "192.0.2.50", 5070), (TCP, "2001:db8::50", 5070)]
        assert server.asked == []

    async def test_may_be_targets_of_services(self, tmp_path: Path) -> None:
        """DNS names the host, the file its address."""
        path = tmp_path / "hosts"
        path.write_text(self.HOSTS)
        async with names(NameServer(ZONE), hosts=path) as resolver:
            hops = await resolver.resolve(Uri.parse("sip:example.org;transport=tcp"))

        assert places(hops) == [(TCP, "192.0.2.50", 5060)]

    async def test_need_no_file(self, tmp_path: Path) -> None:
        """A file that is not there has no names."""
        async with names(NameServer(ZONE), hosts=tmp_path / "none") as resolver:
            assert await resolver.resolve(Uri.parse("sip:plain.example.org"))

    async def test_may_be_given(self) -> None:
        """Tests and `umbel try` have names of their own."""
        resolver = Resolver(
            randomness=RepeatableRandomness(),
            sources=NameSources(hosts={"um.example.org": ["192.0.2.60"]}),
        )

        assert places(await resolver.resolve(Uri.parse("sip:um.example.org"))) == [
            (UDP, "192.0.2.60", 5060)
        ]

    async def test_are_asked_of_the_system_last(self) -> None:
        """``localhost`` is known to every system, and to no name server of ours."""
        async with serving(NameServer(ZONE)) as address:
            resolver = Resolver(
                randomness=RepeatableRandomness(),
                sources=NameSources(name_servers=[address], hosts_file=None),
            )
            hops = await resolver.resolve(Uri.parse("sip:localhost:5060"))

        assert (UDP, "127.0.0.1", 5060) in places(hops)

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("nobody.invalid", "the system's resolver"), (f"{'a' * 64}.invalid", "label")],
    )
    async def test_that_the_system_does_not_know_either(self, name: str, reason: str) -> None:
        """The reserved domain has no names (RFC 6761); a label has 63 octets at most."""
        async with serving(NameServer(ZONE)) as address:
            resolver = Resolver(
                randomness=RepeatableRandomness(),
                sources=NameSources(name_servers=[address], hosts_file=None),
            )
            with pytest.raises(Unavailable, match=reason):
                await resolver.resolve(Uri.parse(f"sip:{name}:5060"))


class TestAnswersOfDns:
    async def test_are_kept_for_as_long_as_they_are_valid(self) -> None:
        """Probing a gateway every 30 s does not ask every 30 s."""
        server = NameServer(ZONE)
        async with names(server) as resolver:
            await resolver.resolve(Uri.parse("sip:plain.example.org:5060"))
            asked = list(server.asked)
            await resolver.resolve(Uri.parse("sip:plain.example.org:5060"))

        assert ("A", "plain.example.org") in asked
        assert server.asked.count(("A", "plain.example.org")) == 1

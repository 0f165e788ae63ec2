"""Whom a verified certificate proves somebody to be, by the rule that each gateway names."""

from dataclasses import replace

import pytest
from tests.support.certificates import NOW, alternative_names, authority, issue, leaf

from umbel.app.offers import peer_of
from umbel.app.peer_certificate import Demands, demand_on
from umbel.diagnosis.gateway_identity import our_demand
from umbel.directory.objects import IDENTITY_RULES, Gateway, Transport
from umbel.directory.peers import recognise, why_unknown
from umbel.directory.ports import Configuration
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.names import presented_names
from umbel.identity.rules import RULES
from umbel.sip.hop import Hop, Source
from umbel.sip.hop import Transport as SipTransport

ROOT = authority()
POOL = Gateway(name="lync", address="pool.example.org", transport=Transport.TLS)
SERVER_OF_POOL = leaf("fe01.example.org", issuer=ROOT, dns=["fe01.example.org", "pool.example.org"])


def caller(
    certificate: bytes = SERVER_OF_POOL.der,
    *,
    our_role: Role = Role.SERVER,
    ending: Ending = Ending.SUCCEEDED,
) -> Source:
    report = HandshakeReport(
        role=our_role,
        local=("192.0.2.1", 5061),
        remote=("192.0.2.9", 40000),
        at=NOW,
        took=0.01,
        ending=ending,
        peer_chain=(certificate,),
    )
    return Source(
        transport=SipTransport.TLS,
        address="192.0.2.9",
        port=40000,
        local_address="192.0.2.1",
        local_port=5061,
        handshake=report,
    )


def to(address: str, domain: str = "") -> Hop:
    return Hop(transport=SipTransport.TLS, address=address, port=5061, domain=domain)


def is_known(source: Source, gateway: Gateway = POOL) -> bool:
    return recognise(peer_of(source), {gateway.name: gateway}, {}) == gateway


class TestACaller:
    def test_is_the_gateway_whose_name_it_carries(self) -> None:
        assert is_known(caller())
        assert not is_known(caller(), replace(POOL, certificate_names=("pool.example.com",)))

    def test_is_judged_as_client_or_server_as_it_was(self) -> None:
        """By Lync's rule an alternative name is enough for a server, and nothing for a client."""
        assert not is_known(caller(), replace(POOL, our_rule="lync"))
        assert is_known(caller(our_role=Role.CLIENT), replace(POOL, our_rule="lync"))
        assert is_known(
            caller(), replace(POOL, our_rule="lync", certificate_names=("FE01.example.org",))
        )

    def test_is_known_by_its_key_where_that_is_pinned(self) -> None:
        pin = presented_names(SERVER_OF_POOL.der).public_key_pin

        assert is_known(
            caller(), replace(POOL, our_rule="pinned", certificate_names=(f"sha256:{pin}",))
        )
        assert not is_known(
            caller(), replace(POOL, our_rule="pinned", certificate_names=("ab" * 32,))
        )

    def test_with_a_wildcard_is_known_only_by_a_rule_that_takes_wildcards(self) -> None:
        wildcard = leaf("*.example.org", issuer=ROOT).der

        assert not is_known(caller(wildcard))
        assert not is_known(caller(wildcard), replace(POOL, our_rule="rfc5922"))
        assert is_known(caller(wildcard), replace(POOL, our_rule="rfc9525"))

    def test_of_a_sip_domain_is_known_by_it_and_no_dns_name(self) -> None:
        """RFC 5922 section 7.1: DNS names count only where no SIP URI does."""
        names = alternative_names(["pool.example.org"], ["sip:example.org"])
        certificate = issue("pool.example.org", issuer=ROOT, extensions=[names]).der

        assert not is_known(caller(certificate), replace(POOL, our_rule="rfc5922"))
        assert is_known(
            caller(certificate),
            replace(POOL, our_rule="rfc5922", certificate_names=("example.org",)),
        )

    def test_whose_chain_was_not_verified_is_nobody(self) -> None:
        refused = caller(ending=Ending.REFUSED_BY_US)

        assert not is_known(refused)
        assert peer_of(refused).certificate is None

    def test_is_told_apart_with_all_its_names(self) -> None:
        reason = why_unknown(peer_of(caller()), {"other": replace(POOL, address="b.example.org")})

        assert reason.startswith(
            "no gateway is 192.0.2.9 over TLS with a certificate for fe01.example.org, "
            "pool.example.org and the common name fe01.example.org; known are: "
        )


class TestAServer:
    def test_that_is_a_gateway_proves_what_the_gateway_has_to(self) -> None:
        pool = replace(POOL, our_rule="lync", certificate_names=("pool.example.org",))
        configuration = Configuration(gateways={"lync": pool})

        for hop in (to("192.0.2.9", "pool.example.org"), to("192.0.2.9")):
            demand = demand_on(hop, configuration, {"lync": ["192.0.2.9"]})
            assert demand == our_demand(pool)

    def test_proves_something_else_once_configuration_or_dns_has_changed(self) -> None:
        configurations = [Configuration(gateways={"lync": POOL})]
        addresses: list[dict[str, list[str]]] = [{}]
        demands = Demands(lambda: configurations[-1], lambda: addresses[-1])
        by_name, by_address = to("192.0.2.9", "pool.example.org"), to("192.0.2.9")

        assert demands.on(by_name) is demands.on(by_name) is our_demand(POOL)
        assert demands.on(by_address) == OurDemand.of_host("192.0.2.9")
        addresses.append({"lync": ["192.0.2.9"]})
        assert demands.on(by_address) is our_demand(POOL)
        configurations.append(Configuration())
        assert demands.on(by_name) == OurDemand.of_host("pool.example.org")

    def test_that_is_no_gateway_proves_the_host_of_the_request(self) -> None:
        named = demand_on(to("192.0.2.9", "sbc.example.org."), Configuration(), {})
        bare = demand_on(to("192.0.2.9"), Configuration(), {})

        assert (named.rule.name, str(named.expected[0])) == ("rfc5922", "sbc.example.org")
        assert (bare.rule.name, str(bare.expected[0])) == ("any-name", "192.0.2.9")


@pytest.mark.parametrize("name", IDENTITY_RULES)
def test_every_rule_that_a_gateway_can_name_exists(name: str) -> None:
    assert set(IDENTITY_RULES) == RULES.keys()
    assert RULES[name].name == name

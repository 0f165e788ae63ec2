"""Our demands and our model of the peer's: the same rule, each from its own side."""

from umbel.identity.demands import OurDemand, PeersDemand
from umbel.identity.handshake import Role
from umbel.identity.judgement import Verdict
from umbel.identity.names import PresentedNames
from umbel.identity.rules import ANY_NAME, LYNC, RFC_5922

OURS = PresentedNames(
    common_names=("um.domain.local",),
    dns_names=("um.domain.local", "node01.domain.local"),
    has_alternative_names=True,
)


class TestOurDemand:
    def test_is_judged_in_our_own_role(self) -> None:
        """As a server by what the rule says of servers, as a client by what it says of clients."""
        demand = OurDemand.of("node01.domain.local", rule=LYNC)

        assert not demand.judge(OURS, our_role=Role.SERVER).is_accepted
        assert demand.judge(OURS, our_role=Role.CLIENT).is_accepted

    def test_takes_every_name_unless_told_otherwise(self) -> None:
        demand = OurDemand.of("node01.domain.local")

        assert demand.rule is ANY_NAME
        assert demand.expected[0].origin == "the gateway's names"
        assert demand.judge(OURS, our_role=Role.SERVER).is_accepted

    def test_on_a_host_that_is_no_gateway_is_that_of_rfc_5922(self) -> None:
        """It knows no IP addresses, so those may be proved by any name."""
        host, address = OurDemand.of_host("node01.domain.local"), OurDemand.of_host("192.0.2.1")

        assert (host.rule, address.rule) == (RFC_5922, ANY_NAME)
        assert host.judge(OURS, our_role=Role.CLIENT).is_accepted
        assert address.judge(
            PresentedNames(ip_addresses=("192.0.2.1",)), our_role=Role.CLIENT
        ).is_accepted


class TestPeersDemand:
    def test_is_judged_in_the_role_that_we_do_not_play(self) -> None:
        """Where we are the client, the peer is the server and looks for whom it knows."""
        model = PeersDemand.of(LYNC, dials=["node01.domain.local"], knows=["node01.domain.local"])

        as_client = model.judge(OURS, our_role=Role.CLIENT)
        as_server = model.judge(OURS, our_role=Role.SERVER)

        assert (as_client.judge, as_client.verdict) == (Role.SERVER, Verdict.REFUSED)
        assert (as_server.judge, as_server.verdict) == (Role.CLIENT, Verdict.ACCEPTED)

    def test_looks_for_what_it_dials_and_what_it_knows(self) -> None:
        model = PeersDemand.of(LYNC, dials=["sip.domain.local"], knows=["um.domain.local"])

        assert model.judge(OURS, our_role=Role.CLIENT).is_accepted
        assert not model.judge(OURS, our_role=Role.SERVER).is_accepted
        assert model.knows[0].origin == "what the peer trusts"

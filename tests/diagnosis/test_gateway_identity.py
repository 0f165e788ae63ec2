"""From a gateway's settings to what both sides ask of each other."""

from umbel.diagnosis.gateway_identity import our_demand, peers_demand, surroundings
from umbel.directory.objects import Gateway, Transport
from umbel.identity.chains import Trust
from umbel.identity.handshake import Role
from umbel.identity.judgement import Verdict
from umbel.identity.names import PresentedNames

NODE = "node01.domain.local"
POOL = Gateway(name="lync", address="pool.domain.local", transport=Transport.TLS, rule="lync")


def presenting(*dns_names: str, common_name: str = "somebody") -> PresentedNames:
    return PresentedNames(
        common_names=(common_name,), dns_names=dns_names, has_alternative_names=True
    )


class TestWhatWeAskOfAGateway:
    def test_is_its_address_where_no_other_name_is_configured(self) -> None:
        demand = our_demand(POOL)

        assert [str(name) for name in demand.expected] == ["pool.domain.local"]
        assert demand.expected[0].origin == "the gateway's address"
        assert demand.judge(presenting("pool.domain.local"), our_role=Role.SERVER).is_accepted
        assert not demand.judge(presenting("fe01.domain.local"), our_role=Role.CLIENT).is_accepted

    def test_is_one_of_its_certificate_names_by_the_rule_that_was_chosen(self) -> None:
        gateway = Gateway(
            name="pbx",
            address="pbx.domain.local",
            our_rule="common-name",
            certificate_names=("a.domain.local", "b.domain.local"),
        )

        demand = our_demand(gateway)

        assert demand.rule.name == "common-name"
        assert demand.judge(
            presenting(common_name="b.domain.local"), our_role=Role.CLIENT
        ).is_accepted
        assert not demand.judge(presenting("b.domain.local"), our_role=Role.CLIENT).is_accepted

    def test_is_no_name_of_a_client_that_is_known_by_its_address(self) -> None:
        """As a server of ours it still has to prove the address that we dialled."""
        demand = our_demand(Gateway(name="phone", address="192.0.2.7", transport=Transport.TLS))

        assert demand.judge(presenting("phone"), our_role=Role.SERVER).is_accepted
        assert not demand.judge(presenting("phone"), our_role=Role.CLIENT).is_accepted

    def test_is_met_by_nobody_where_the_rule_is_not_known(self) -> None:
        """A newer node may have written it; to guess would be to let somebody in."""
        gateway = Gateway(name="pbx", address="pbx.domain.local", our_rule="quantum")

        judgement = our_demand(gateway).judge(presenting("pbx.domain.local"), our_role=Role.CLIENT)

        assert judgement.verdict is Verdict.REFUSED
        assert "this version of Umbel does not know the rule quantum" in str(judgement)


class TestWhatAGatewayAsksOfUs:
    def test_is_the_name_of_the_node_unless_told_otherwise(self) -> None:
        model = peers_demand(POOL, node=NODE)

        assert model.rule.name == "lync"
        assert [str(name) for name in (*model.dials, *model.knows)] == [NODE, NODE]

    def test_is_what_it_dials_and_knows_where_that_is_configured(self) -> None:
        gateway = Gateway(
            name="lync",
            address="pool.domain.local",
            dials=("um.domain.local",),
            knows=("apps.domain.local",),
        )

        model = peers_demand(gateway, node=NODE)

        assert [str(name) for name in model.dials] == ["um.domain.local"]
        assert [str(name) for name in model.knows] == ["apps.domain.local"]


class TestSurroundings:
    def test_hold_both_demands_and_what_the_node_has(self) -> None:
        trust = Trust(anchors=(b"an authority",))

        around = surroundings(POOL, node=NODE, own_chain=(b"a leaf",), trust=trust)

        assert (around.node, around.gateway) == (NODE, "lync")
        assert (around.own_chain, around.trust) == ((b"a leaf",), trust)
        assert around.demand == our_demand(POOL)
        assert around.model == peers_demand(POOL, node=NODE)

"""What a node asks for: names by the plan, a key that every gateway takes."""

from umbel.identity.certificate_request import (
    KeyKind,
    RequestedNames,
    names_by_plan,
    suitable_key,
)
from umbel.identity.plan import Cluster, PlannedGateway, certificate_plan
from umbel.identity.rules import LYNC, RFC_9525

NODE, ARRAY = "node01.domain.local", "um.domain.local"
CLUSTER = Cluster(nodes=(NODE,), array=ARRAY)


class TestNames:
    def test_begin_with_the_node_and_stand_once(self) -> None:
        names = RequestedNames.of_node(NODE, [ARRAY, NODE], ["192.0.2.1"])

        assert (names.common_name, names.dns_names) == (NODE, (NODE, ARRAY))
        assert str(names) == f"{NODE}, {ARRAY}, 192.0.2.1"

    def test_are_the_nodes_alone_where_nobody_dials_the_array(self) -> None:
        plan = certificate_plan(CLUSTER, [PlannedGateway(name="lync", rule=LYNC)])

        assert names_by_plan(plan, NODE) == ()

    def test_have_the_array_where_a_gateway_dials_it(self) -> None:
        pbx = PlannedGateway(name="pbx", rule=RFC_9525, dials=(ARRAY,))

        assert names_by_plan(certificate_plan(CLUSTER, [pbx]), NODE) == (ARRAY,)


class TestTheKey:
    def test_is_rsa_where_a_gateway_knows_nothing_else_or_none_is_known(self) -> None:
        assert suitable_key([LYNC, RFC_9525]) is KeyKind.RSA_2048
        assert suitable_key([]) is KeyKind.RSA_2048

    def test_is_of_an_elliptic_curve_where_all_know_them(self) -> None:
        assert suitable_key([RFC_9525]) is KeyKind.EC_P256

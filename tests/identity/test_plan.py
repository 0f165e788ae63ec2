"""Certificate plans: designs by gateways by directions, a recommendation, and answers."""

import pytest

from umbel.identity.handshake import Role
from umbel.identity.judgement import Verdict
from umbel.identity.plan import CertificatePlan, Cluster, PlannedGateway, certificate_plan
from umbel.identity.plan_designs import Design, certificate_names
from umbel.identity.rules import (
    CHAIN_ONLY,
    LYNC,
    PINNED,
    RFC_5922,
    RFC_6125,
    RFC_9525,
    RULES,
    Rule,
)

ARRAY = "um.domain.local"
NODES = ("node01.domain.local", "node02.domain.local")
CLUSTER = Cluster(nodes=NODES, array=ARRAY)


def plan(*rules: Rule, dials: tuple[str, ...] = (), knows: tuple[str, ...] = ()) -> CertificatePlan:
    """Plan for one gateway of each rule."""
    return certificate_plan(
        CLUSTER,
        [PlannedGateway(name=rule.name, rule=rule, dials=dials, knows=knows) for rule in rules],
    )


def verdicts(made: CertificatePlan, design: Design, role: Role) -> set[Verdict]:
    """Give the verdicts of all nodes in one direction."""
    return {one.verdict for one in made.result(design).crossings if one.our_role is role}


class TestDesigns:
    def test_have_the_names_of_their_kind(self) -> None:
        names = {design: certificate_names(design, CLUSTER, NODES[1]) for design in Design}

        assert [(one.common_names[0], one.dns_names) for one in names.values()] == [
            (NODES[1], (NODES[1],)),
            (NODES[1], (NODES[1], ARRAY)),
            (ARRAY, (ARRAY, *NODES)),
            ("*.domain.local", ("*.domain.local",)),
        ]

    def test_share_a_key_or_do_not(self) -> None:
        pins = {
            design: {certificate_names(design, CLUSTER, node).public_key_pin for node in NODES}
            for design in Design
        }

        assert [len(pins[design]) for design in Design] == [2, 2, 1, 1]
        assert [plan(LYNC).result(design).consequences.keys for design in Design] == [2, 2, 1, 1]

    def test_say_what_a_leak_and_a_renewal_mean(self) -> None:
        made = plan(LYNC)

        assert "pose as one node" in made.result(Design.ONE_PER_NODE).consequences.leak
        assert "pose as all 2 nodes" in made.result(Design.SHARED).consequences.leak
        assert "every host of the domain" in made.result(Design.SHARED_WILDCARD).consequences.leak
        assert "all nodes in one step" in made.result(Design.SHARED).consequences.renewal
        assert "one more name" in made.result(Design.SHARED).consequences.new_node
        assert "as long as" in made.result(Design.SHARED_WILDCARD).consequences.new_node


class TestCrossings:
    @pytest.mark.parametrize(
        ("rule", "design", "inbound", "outbound"),
        [
            (LYNC, Design.ONE_PER_NODE, Verdict.ACCEPTED, Verdict.ACCEPTED),
            (LYNC, Design.ONE_PER_NODE_WITH_ARRAY, Verdict.ACCEPTED, Verdict.ACCEPTED),
            (LYNC, Design.SHARED, Verdict.ACCEPTED, Verdict.REFUSED),
            (LYNC, Design.SHARED_WILDCARD, Verdict.ACCEPTED, Verdict.REFUSED),
            (RFC_5922, Design.SHARED, Verdict.ACCEPTED, Verdict.ACCEPTED),
            (RFC_5922, Design.SHARED_WILDCARD, Verdict.REFUSED, Verdict.REFUSED),
            (RFC_6125, Design.SHARED_WILDCARD, Verdict.DEPENDS, Verdict.DEPENDS),
            (RFC_9525, Design.SHARED_WILDCARD, Verdict.ACCEPTED, Verdict.ACCEPTED),
            (CHAIN_ONLY, Design.SHARED_WILDCARD, Verdict.ACCEPTED, Verdict.ACCEPTED),
            (PINNED, Design.ONE_PER_NODE, Verdict.ACCEPTED, Verdict.ACCEPTED),
            (PINNED, Design.SHARED, Verdict.ACCEPTED, Verdict.ACCEPTED),
        ],
    )
    def test_are_judged_in_each_direction(
        self, rule: Rule, design: Design, inbound: Verdict, outbound: Verdict
    ) -> None:
        """The table of facts section 1, for every kind of peer."""
        made = plan(rule)

        assert verdicts(made, design, Role.SERVER) == {inbound}
        assert verdicts(made, design, Role.CLIENT) == {outbound}

    def test_say_who_connects_to_whom(self) -> None:
        directions = [one.direction for one in plan(LYNC).result(Design.SHARED).crossings]

        assert directions[:2] == ["lync to node01.domain.local", "node01.domain.local to lync"]

    def test_with_a_pool_known_by_the_array_work_with_the_shared_certificate(self) -> None:
        """Facts 7.2: a trusted application pool is known by the name of the pool."""
        made = plan(LYNC, knows=(ARRAY,))

        assert made.result(Design.SHARED).works
        assert not made.result(Design.ONE_PER_NODE).works


class TestRecommendation:
    def test_for_lync_is_one_per_node_and_says_why(self) -> None:
        made = plan(LYNC, RFC_9525)

        assert made.recommended is Design.ONE_PER_NODE
        assert made.reasons[0] == "one per node: 8 of 8 connections are accepted"
        against = [reason for reason in made.reasons if reason.startswith("not ")]
        assert len(against) == 3
        assert "2 of 8 connections are refused or doubtful" in against[1]
        assert "node01.domain.local to lync (lync: refused, because common name um" in against[1]
        assert "names that nobody looks for" in against[0]

    def test_has_the_arrays_name_where_a_gateway_dials_it(self) -> None:
        made = plan(RFC_5922, dials=(ARRAY,))

        assert made.recommended is Design.ONE_PER_NODE_WITH_ARRAY

    def test_never_shares_a_key_without_a_gain(self) -> None:
        """The same result with fewer keys is no reason: a leak would concern all nodes."""
        made = plan(CHAIN_ONLY)

        assert made.recommended is Design.ONE_PER_NODE
        assert any("it works, but the thief can pose as all 2 nodes" in why for why in made.reasons)

    def test_says_what_still_fails_where_nothing_works_wholly(self) -> None:
        made = certificate_plan(
            CLUSTER,
            [
                PlannedGateway(name="pool", rule=LYNC, knows=(ARRAY,)),
                PlannedGateway(name="farm", rule=LYNC),
            ],
        )

        assert any("still fails" in reason for reason in made.reasons)
        own_key = next(one for one in made.answers if "own key" in one.question)
        assert own_key.answer.startswith("It is not enough")

    @pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
    def test_for_every_kind_of_peer_works_in_every_direction(self, rule: Rule) -> None:
        """A negative control: no rule is without a design that it accepts."""
        made = plan(rule)

        assert made.result(made.recommended).works


class TestAnswers:
    def test_are_given_to_the_four_open_questions(self) -> None:
        """DESIGN section 2, with the evidence of this plan."""
        availability, own_key, sharing, sessions = plan(LYNC).answers

        assert "node01.domain.local to lync, node02.domain.local to lync" in availability.evidence
        assert own_key.answer.startswith("Yes, with these gateways")
        assert "one certificate per node works in every direction" in own_key.evidence
        assert sharing.evidence.startswith("one key on 2 nodes")
        assert sessions.answer.startswith("What was said is not")

    def test_differ_where_no_gateway_goes_by_the_common_name(self) -> None:
        availability, own_key, *_ = plan(RFC_9525).answers

        assert "no direction fails" in availability.evidence
        assert own_key.answer.startswith("These gateways do not ask for it")

    def test_name_a_few_of_many_directions(self) -> None:
        cluster = Cluster(nodes=tuple(f"node{i}.domain.local" for i in range(9)), array=ARRAY)

        availability = certificate_plan(cluster, [PlannedGateway(name="lync", rule=LYNC)]).answers[
            0
        ]

        assert availability.evidence.endswith("node3.domain.local to lync and 5 more")

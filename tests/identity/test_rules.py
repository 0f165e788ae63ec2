"""Each rule against its source: which names count, on which side, by which clause."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.identity.comparison import Outcome
from umbel.identity.handshake import Role
from umbel.identity.judgement import Judgement, Verdict, judge
from umbel.identity.name_kind import NameKind
from umbel.identity.names import PresentedNames
from umbel.identity.reference import reference
from umbel.identity.rules import (
    ANY_NAME,
    CHAIN_ONLY,
    COMMON_NAME,
    EXCHANGE,
    LYNC,
    PINNED,
    RFC_5922,
    RFC_6125,
    RFC_9525,
    RULES,
    Rule,
)

NODE = "node01.domain.local"
ARRAY = "um.domain.local"
SERVER, CLIENT = Role.SERVER, Role.CLIENT
ACCEPTED, DEPENDS, REFUSED = Verdict.ACCEPTED, Verdict.DEPENDS, Verdict.REFUSED


def names(
    cn: str | Sequence[str] = (),
    *,
    dns: Sequence[str] = (),
    uris: Sequence[str] = (),
    ips: Sequence[str] = (),
    services: Sequence[str] = (),
    others: Sequence[str] = (),
) -> PresentedNames:
    """Present these names; there are alternative names where one is given."""
    return PresentedNames(
        common_names=(cn,) if isinstance(cn, str) else tuple(cn),
        dns_names=tuple(dns),
        uris=tuple(uris),
        ip_addresses=tuple(ips),
        service_names=tuple(services),
        other_names=tuple(others),
        has_alternative_names=bool(dns or uris or ips or services or others),
    )


def judged(
    rule: Rule, presented: PresentedNames, *wanted: str, judge_as: Role = CLIENT
) -> Judgement:
    """Judge by one side of a rule."""
    return judge(rule, presented, [reference(one) for one in wanted or (NODE,)], judge=judge_as)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One line of a rule's table."""

    says: str
    """What the source says, in our words."""
    presented: PresentedNames
    verdict: Verdict
    wanted: tuple[str, ...] = (NODE,)
    clause: str = ""
    """Of the reason that decides: the first match, or else the first reason."""


def check(rule: Rule, judge_as: Role, case: Case) -> None:
    """Compare a judgement with its line in the table."""
    found = judged(rule, case.presented, *case.wanted, judge_as=judge_as)

    assert found.verdict is case.verdict, str(found)
    deciding = (found.matches or found.reasons)[0]
    assert case.clause in deciding.clause


def table(*cases: Case) -> pytest.MarkDecorator:
    """Run a test over the lines of a table, each named by what its source says."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.says) for case in cases])


class TestLync:
    """Facts 7.1 and 7.2; wildcards: Lync Server 2013, Wildcard certificate support."""

    @table(
        Case(says="the common name is a server that it knows", presented=names(NODE, dns=[ARRAY]),
             verdict=ACCEPTED, clause="common name of its subject"),
        Case(says="alternative names are of no help", presented=names(ARRAY, dns=[NODE, ARRAY]),
             verdict=REFUSED, clause="common name of its subject"),
        Case(says="a wildcard is no server", presented=names("*.domain.local", dns=[NODE]),
             verdict=REFUSED, clause="a wildcard is no server of the topology"),
        Case(says="without a common name nobody is found", presented=names(dns=[NODE]),
             verdict=REFUSED, clause="of no help"),
        Case(says="case is of no account", presented=names("NODE01.Domain.Local"),
             verdict=ACCEPTED),
        Case(says="which of two common names it reads is unknown",
             presented=names([ARRAY, NODE]), verdict=DEPENDS),
        Case(says="two common names that are both known will do",
             presented=names([ARRAY, NODE]), wanted=(NODE, ARRAY), verdict=ACCEPTED),
        Case(says="a pool that it trusts by the array's name", presented=names(ARRAY, dns=[NODE]),
             wanted=(ARRAY,), verdict=ACCEPTED),
    )  # fmt: skip
    def test_as_server(self, case: Case) -> None:
        check(LYNC, SERVER, case)

    @table(
        Case(says="the common name is enough", presented=names(NODE), verdict=ACCEPTED),
        Case(says="so is an alternative name", presented=names(ARRAY, dns=[ARRAY, NODE]),
             verdict=ACCEPTED, clause="common name or an alternative name"),
        Case(says="a wildcard may be an alternative name",
             presented=names(ARRAY, dns=["*.domain.local"]),
             verdict=ACCEPTED, clause="a wildcard among the alternative names"),
        Case(says="a wildcard may not be the common name", presented=names("*.domain.local"),
             verdict=REFUSED, clause="no wildcard as common name"),
        Case(says="URIs do not count", presented=names(ARRAY, uris=[f"sip:{NODE}"]),
             verdict=REFUSED),
    )  # fmt: skip
    def test_as_client(self, case: Case) -> None:
        check(LYNC, CLIENT, case)


class TestRfc5922:
    @table(
        Case(says="7.1: a SIP URI without user", clause="section 7.1", verdict=ACCEPTED,
             presented=names(ARRAY, uris=[f"sip:{NODE}"])),
        Case(says="7.1: with port and parameters its host counts", verdict=ACCEPTED,
             presented=names(uris=[f"SIP:{NODE}:5061;transport=tls?a=b"])),
        Case(says="7.1: a URI with user names a person", verdict=REFUSED,
             presented=names(uris=[f"sip:bell@{NODE}"])),
        Case(says="7.1: sips is not sip", verdict=REFUSED, presented=names(uris=[f"sips:{NODE}"])),
        Case(says="7.1: a URI that names no host", verdict=REFUSED, presented=names(uris=["sip:"])),
        Case(says="7.1: a DNS name where no SIP URI is", verdict=ACCEPTED,
             presented=names(dns=[NODE], uris=["https://domain.local", f"sip:bell@{ARRAY}"])),
        Case(says="7.1: no DNS name beside a SIP URI", verdict=REFUSED, clause="section 7.1",
             presented=names(dns=[NODE], uris=["sip:domain.local"])),
        Case(says="7.1: the common name without alternative names, at the peer's choice",
             verdict=DEPENDS, clause="section 7.1", presented=names(NODE)),
        Case(says="7.1: no common name beside any alternative name", verdict=REFUSED,
             presented=names(NODE, others=["e-mail address: bell@domain.local"])),
        Case(says="7.2: no wildcard", verdict=REFUSED, clause="section 7.2",
             presented=names(dns=["*.domain.local"])),
        Case(says="7.2: no suffix", verdict=REFUSED, presented=names(dns=[".domain.local"])),
        Case(says="7.2: no parent domain", verdict=REFUSED, presented=names(dns=["domain.local"])),
        Case(says="7.2: case is of no account", verdict=ACCEPTED, presented=names(dns=[NODE.upper()])),
        Case(says="7.1: a URI may name an address", verdict=ACCEPTED, wanted=("2001:db8::1",),
             presented=names(uris=["sip:[2001:DB8::1]:5061"])),
        Case(says="7.1: an address is no DNS name", verdict=REFUSED, wanted=("192.0.2.1",),
             presented=names(dns=["192.0.2.1"], ips=["192.0.2.1"])),
    )  # fmt: skip
    @pytest.mark.parametrize("side", list(Role))
    def test_both_sides(self, case: Case, side: Role) -> None:
        """Sections 7.3 and 7.4 refer client and server to the same comparison."""
        check(RFC_5922, side, case)


class TestRfc6125:
    @table(
        Case(says="6.4.1: a DNS name", verdict=ACCEPTED, clause="6.4.1", presented=names(dns=[NODE])),
        Case(says="6.4.3: a wildcard label, at the client's choice", verdict=DEPENDS, clause="6.4.3",
             presented=names(dns=["*.domain.local"])),
        Case(says="6.4.3: a part of a label, at the client's choice", verdict=DEPENDS,
             clause="6.4.3", presented=names(dns=["node*.domain.local"])),
        Case(says="6.4.3: a wildcard beside the full name", verdict=ACCEPTED,
             presented=names(dns=["*.domain.local", NODE])),
        Case(says="6.4.3: no wildcard in another label", verdict=REFUSED,
             presented=names(dns=["node01.*.local"])),
        Case(says="6.4.4: the common name as a last resort", verdict=DEPENDS, clause="6.4.4",
             presented=names(NODE)),
        Case(says="6.4.4: an IP address does not keep it from being one", verdict=DEPENDS,
             presented=names(NODE, ips=["192.0.2.1"])),
        Case(says="6.4.4: no common name beside a DNS name", verdict=REFUSED,
             presented=names(NODE, dns=[ARRAY])),
        Case(says="6.4.4: no common name beside a URI", verdict=REFUSED,
             presented=names(NODE, uris=["https://domain.local"])),
        Case(says="6.4.4: no common name beside a service name", verdict=REFUSED,
             presented=names(NODE, services=["_sip.domain.local"])),
        Case(says="6.4.2: internationalised names by their A-labels", verdict=ACCEPTED,
             wanted=("bücher.example",), presented=names(dns=["xn--bcher-kva.example"])),
        Case(says="6.5.1: a service name", verdict=ACCEPTED, clause="6.5.1",
             wanted=("_sips.domain.local",), presented=names(services=["_SIPS.domain.local"])),
        Case(says="6.5.1: not another service", verdict=REFUSED, wanted=("_sips.domain.local",),
             presented=names(services=["_ldap.domain.local"])),
        Case(says="6.5.1: no service where a host is meant", verdict=REFUSED,
             presented=names(services=[f"_sip.{NODE}"])),
        Case(says="6.5.2: a SIP or SIPS URI", verdict=ACCEPTED, clause="6.5.2",
             presented=names(uris=[f"sips:{NODE}"])),
        Case(says="1.7.2: no IP addresses", verdict=REFUSED, wanted=("192.0.2.1",), clause="1.7.2",
             presented=names(ips=["192.0.2.1"])),
    )  # fmt: skip
    def test_both_sides(self, case: Case) -> None:
        check(RFC_6125, CLIENT, case)

    def test_common_name_that_is_not_alone_is_no_cn_id(self) -> None:
        """Section 1.8 defines a CN-ID as alone in its RDN."""
        joint = PresentedNames(common_names=(NODE,), joint_common_names=(NODE,))

        assert judged(RFC_6125, joint).verdict is REFUSED
        assert judged(COMMON_NAME, joint).verdict is ACCEPTED


class TestRfc9525:
    @table(
        Case(says="6.3: a DNS name", verdict=ACCEPTED, clause="6.3", presented=names(dns=[NODE])),
        Case(says="6.3: a whole label may be a wildcard", verdict=ACCEPTED, clause="6.3",
             presented=names(dns=["*.domain.local"])),
        Case(says="6.3: a part of a label may not", verdict=REFUSED, clause="6.3",
             presented=names(dns=["node*.domain.local"])),
        Case(says="6.3: a wildcard is one label", verdict=REFUSED,
             presented=names(dns=["*.local"])),
        Case(says="6.4: an IP address", verdict=ACCEPTED, clause="6.4", wanted=("192.0.2.1",),
             presented=names(dns=[NODE], ips=["192.0.2.1"])),
        Case(says="6.4: not another address", verdict=REFUSED, clause="6.3", wanted=("192.0.2.9",),
             presented=names(dns=[NODE], ips=["192.0.2.1"])),
        Case(says="6.4: no host by its address", verdict=REFUSED, presented=names(ips=["192.0.2.1"])),
        Case(says="6.5: a service name with a wildcard", verdict=ACCEPTED, clause="6.3",
             wanted=("_sips.um.domain.local",), presented=names(services=["_sips.*.domain.local"])),
        Case(says="2: never the common name", verdict=REFUSED, clause="section 2",
             presented=names(NODE)),
    )  # fmt: skip
    def test_both_sides(self, case: Case) -> None:
        check(RFC_9525, SERVER, case)


class TestOtherRules:
    @table(
        Case(says="the common name", verdict=ACCEPTED, presented=names(NODE)),
        Case(says="no alternative names", verdict=REFUSED, presented=names(ARRAY, dns=[NODE])),
        Case(says="no wildcard", verdict=REFUSED, presented=names("*.domain.local")),
        Case(says="two common names are open", verdict=DEPENDS, presented=names([NODE, ARRAY])),
    )  # fmt: skip
    @pytest.mark.parametrize("side", list(Role))
    def test_exchange(self, case: Case, side: Role) -> None:
        """Lync Server 2013, Wildcard certificate support: no SAN entries when stand-alone."""
        check(EXCHANGE, side, case)

    @table(
        Case(says="any common name", verdict=ACCEPTED, presented=names([ARRAY, NODE])),
        Case(says="no alternative names", verdict=REFUSED, presented=names(ARRAY, dns=[NODE])),
        Case(says="an address as common name", verdict=ACCEPTED, wanted=("192.0.2.1",),
             presented=names("192.0.2.1")),
        Case(says="an internationalised common name", verdict=ACCEPTED,
             wanted=("xn--bcher-kva.example",), presented=names("bücher.example")),
        Case(says="a name with a NUL is another name", verdict=REFUSED,
             presented=names(f"{NODE}\0.evil.example")),
    )  # fmt: skip
    def test_common_name(self, case: Case) -> None:
        check(COMMON_NAME, SERVER, case)

    @table(
        Case(says="a common name", verdict=ACCEPTED, presented=names(NODE, dns=[ARRAY])),
        Case(says="an alternative name", verdict=ACCEPTED, presented=names(ARRAY, dns=[NODE])),
        Case(says="a trailing dot is forgiven", verdict=ACCEPTED, presented=names(dns=[f"{NODE}."])),
        Case(says="a SIPS URI", verdict=ACCEPTED, presented=names(uris=[f"sips:{NODE}"])),
        Case(says="no wildcard", verdict=REFUSED, presented=names(dns=["*.domain.local"])),
        Case(says="no service name", verdict=REFUSED, presented=names(services=[f"_sip.{NODE}"])),
        Case(says="no impossible expectation", verdict=REFUSED, wanted=("*.domain.local",),
             presented=names("*.domain.local", dns=[NODE])),
    )  # fmt: skip
    def test_any_name(self, case: Case) -> None:
        check(ANY_NAME, CLIENT, case)

    def test_pinned_goes_by_the_key_alone(self) -> None:
        """Whatever the names: the same key is the same peer."""
        presented = PresentedNames(common_names=(ARRAY,), public_key_pin="ab" * 32)

        assert judged(PINNED, presented, f"sha256:{'ab' * 32}").verdict is ACCEPTED
        assert judged(PINNED, presented, "cd" * 32).verdict is REFUSED
        assert judged(PINNED, presented, ARRAY).verdict is REFUSED

    def test_chain_only_takes_everybody(self) -> None:
        """The default of many SIP servers: any certificate of the authority will do."""
        found = judged(CHAIN_ONLY, names("somebody.else"))

        assert found.verdict is ACCEPTED
        assert str(found) == "chain-only: accepted, for no name is looked at"


class TestJudgement:
    def test_gives_a_reason_for_each_name(self) -> None:
        """Promise 1: every name is there, with what became of it and by which clause."""
        found = judged(LYNC, names(ARRAY, dns=[ARRAY, NODE]), NODE, judge_as=SERVER)

        assert [(one.kind, one.presented, one.outcome) for one in found.reasons] == [
            (NameKind.COMMON, ARRAY, Outcome.DIFFERENT),
            (NameKind.DNS, ARRAY, Outcome.NOT_COUNTED),
            (NameKind.DNS, NODE, Outcome.NOT_COUNTED),
        ]
        assert str(found) == (
            "lync: refused, because common name um.domain.local: it is not node01.domain.local "
            "(Lync as server looks a client up by the common name of its subject); DNS names "
            "um.domain.local and node01.domain.local: each is not looked at (Lync as server reads "
            "the common name only; alternative names are of no help)"
        )

    def test_tells_the_match_alone_where_there_is_one(self) -> None:
        found = judged(RFC_9525, names(ARRAY, dns=[ARRAY, NODE]))

        assert str(found) == (
            "rfc9525: accepted, because DNS name node01.domain.local: it is node01.domain.local "
            "(RFC 9525 section 6.3)"
        )
        assert found.matches[0].matched == reference(NODE)

    def test_names_a_few_of_many_that_were_looked_for(self) -> None:
        wanted = [f"node{number:02}.domain.local" for number in range(1, 10)]

        found = judged(COMMON_NAME, names(ARRAY), *wanted)

        assert "node05.domain.local, node06.domain.local or one of 3 more" in str(found)

    def test_without_names_says_so(self) -> None:
        assert str(judged(RFC_9525, names())).endswith("refused, because no name is presented")

    def test_without_expectations_refuses_everybody(self) -> None:
        found = judge(ANY_NAME, names(NODE), [], judge=CLIENT)

        assert found.verdict is REFUSED
        assert "nothing is looked for" in str(found)

    def test_makes_strange_names_visible(self) -> None:
        assert r"common name a\00b" in str(judged(COMMON_NAME, names("a\0b")))

    @given(
        st.sampled_from([rule for rule in RULES.values() if rule is not CHAIN_ONLY]),
        st.sampled_from(list(Role)),
        st.lists(st.text(max_size=20), max_size=3),
        st.lists(st.text(max_size=20), max_size=3),
        st.lists(st.text(max_size=20), max_size=3),
    )
    def test_of_any_names_accepts_nobody_by_chance(
        self, rule: Rule, side: Role, cn: list[str], dns: list[str], uris: list[str]
    ) -> None:
        """Random text is no node of ours, and nothing in it may crash a rule."""
        found = judged(rule, names(cn, dns=dns, uris=uris), NODE, judge_as=side)

        assert found.verdict is REFUSED
        assert str(found)


class TestTheRules:
    def test_are_found_by_the_name_that_a_gateway_gives(self) -> None:
        assert set(RULES) == {
            "lync", "rfc5922", "rfc6125", "rfc9525", "exchange", "common-name", "any-name",
            "pinned", "chain-only",
        }  # fmt: skip

    @pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
    def test_say_where_they_are_from(self, rule: Rule) -> None:
        assert rule.source
        assert rule.title
        for side in Role:
            assert rule.demand(side).otherwise
            assert all(counting.clause for counting in rule.demand(side).countings)

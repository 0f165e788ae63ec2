"""All nodes and gateways side by side."""

from dataclasses import replace
from datetime import timedelta

from tests.support.attempts import HANDSHAKE, answered, shaken, tried
from tests.support.certificates import NOW, authority, leaf

from umbel.core.findings import Finding, Severity
from umbel.diagnosis.attempt import Attempt
from umbel.diagnosis.diagnosis import Diagnosis, Sightings, diagnosis_of
from umbel.diagnosis.gateway_identity import surroundings
from umbel.diagnosis.matrix import (
    SiteDiagnosis,
    in_order,
    matrix_row,
    own_chain_in,
    remembered,
)
from umbel.diagnosis.observation import Direction, Observation, PeeringState
from umbel.diagnosis.peering import Peering
from umbel.diagnosis.steps import Sight
from umbel.directory.objects import Gateway, Transport
from umbel.identity.chains import Trust
from umbel.identity.handshake import Ending, Role
from umbel.sip import hop

ROOT = authority()
NODE = "node02.domain.local"
LYNC = Gateway(name="lync", address="pool.domain.local", transport=Transport.TLS, rule="lync")
OWN = leaf(NODE, issuer=ROOT)
SHARED = leaf("um.domain.local", issuer=ROOT, dns=("um.domain.local", NODE))


def peering(own: bytes | None = OWN.der, *, uses_tls: bool = True) -> Peering:
    chain = (own,) if own else ()
    around = surroundings(LYNC, node=NODE, own_chain=chain, trust=Trust(anchors=(ROOT.der,)))
    return Peering(around=around, target=LYNC.address, uses_tls=uses_tls)


def seen(direction: Direction, attempt: Attempt | None = None) -> Observation:
    ending = Ending.SUCCEEDED
    report = replace(
        HANDSHAKE, role=Role.SERVER, ending=ending, at=NOW, own_chain=(OWN.der,), peer_chain=()
    )
    return Observation(
        node=NODE,
        gateway="lync",
        transport=hop.Transport.TLS,
        direction=direction,
        state=PeeringState.UP,
        since=NOW,
        at=NOW - timedelta(minutes=3),
        attempt=attempt,
        handshake=report if direction is Direction.FROM_GATEWAY else None,
    )


def live(*attempts: Attempt, of: Peering | None = None) -> Diagnosis:
    return diagnosis_of(of or peering(), "by TLS", Sightings(at=NOW, attempts=attempts))


class TestAnotherNode:
    def test_is_shown_as_it_was_when_it_looked(self) -> None:
        observations = [
            seen(Direction.TO_GATEWAY, answered()),
            seen(Direction.FROM_GATEWAY),
        ]
        row = matrix_row(remembered(observations, peering(), "by TLS", NOW))

        assert (row.node, row.gateway) == (NODE, "lync")
        assert row.to_gateway.text == "up, 200"
        assert row.to_gateway.at == NOW - timedelta(minutes=3)
        assert (row.from_gateway.sight, row.from_gateway.text) == (Sight.GOOD, "it called us")

    def test_that_never_looked_is_shown_by_the_rule(self) -> None:
        """The story's certificate: the way to us works, the way to them does not."""
        diagnosis = remembered([], peering(SHARED.der), "by TLS", NOW)
        row = matrix_row(diagnosis)

        assert row.to_gateway.text == "not tried yet"
        assert row.from_gateway.text == "by rule lync: accepted"
        assert [one.code for one in diagnosis.findings][:1] == ["identity.not-recognised"]

    def test_with_the_certificate_of_another_is_doubted_although_it_was_called(self) -> None:
        """A peer may look at names after the handshake, and then believe no answer."""
        of_another = leaf("node01.domain.local", issuer=ROOT)
        report = replace(HANDSHAKE, ending=Ending.SUCCEEDED, own_chain=(of_another.der,))
        asked = replace(answered(), handshake=report)
        observations = [seen(Direction.TO_GATEWAY, asked), seen(Direction.FROM_GATEWAY)]
        diagnosis = remembered(observations, peering(of_another.der), "by TLS", NOW)
        found = [one for one in diagnosis.findings if one.code == "identity.not-recognised"]

        assert [one.severity for one in found] == [Severity.WARNING]
        assert "all the same it finished a handshake" in found[0].seen

    def test_shows_the_certificates_that_it_showed(self) -> None:
        assert own_chain_in([seen(Direction.FROM_GATEWAY)]) == (OWN.der,)
        assert own_chain_in([seen(Direction.TO_GATEWAY, tried())]) == ()


class TestACell:
    def test_is_bad_where_they_refuse_us(self) -> None:
        row = matrix_row(live(shaken(Ending.CLOSED_BY_PEER)))

        assert (row.to_gateway.sight, row.to_gateway.text) == (Sight.BAD, "refused by them")
        assert row.to_gateway.at is None

    def test_is_doubtful_where_they_drain(self) -> None:
        row = matrix_row(live(answered(503, "Service Unavailable", retry_after=30)))

        assert (row.to_gateway.sight, row.to_gateway.text) == (Sight.DOUBTFUL, "draining, 503")

    def test_is_doubtful_where_something_else_is_found(self) -> None:
        assert matrix_row(live(answered(403, "Forbidden"))).to_gateway.sight is Sight.DOUBTFUL

    def test_has_nothing_to_say_of_calls_without_tls(self) -> None:
        row = matrix_row(live(answered(), of=peering(uses_tls=False)))

        assert row.to_gateway.sight is Sight.GOOD
        assert row.from_gateway.text == "by address"

    def test_has_nothing_to_foretell_without_a_certificate(self) -> None:
        assert matrix_row(live(answered(), of=peering(None))).from_gateway.text == "not seen yet"


class TestASite:
    def test_is_well_where_every_row_is(self) -> None:
        plain = peering(uses_tls=False)
        site = SiteDiagnosis(diagnoses=(live(answered(), of=plain),))

        assert site.findings == ()
        assert site.summary == "Every gateway answers, and all that was seen is well."

    def test_says_how_many_rows_are_ill(self) -> None:
        ill = live(tried())
        site = SiteDiagnosis(diagnoses=(ill, ill))

        assert site.summary.endswith("(2 of 2 rows have findings.)")

    def test_has_findings_of_its_own(self) -> None:
        own = Finding(code="own.it", severity=Severity.ERROR, seen="s", means="m", do="d")

        assert SiteDiagnosis(diagnoses=(), own=(own,)).summary == "M. To mend it: d."

    def test_shows_this_node_first(self) -> None:
        other = remembered([], peering(), "by TLS", NOW)
        this = live(answered())

        assert in_order([other, this]) == (this, other)

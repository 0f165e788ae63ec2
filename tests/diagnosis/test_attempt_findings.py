"""Tries as values: what the laboratory shows rarely, or only on other machines."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.certificates import NOW, authority, leaf, rsa_key
from tests.support.handshakes import handshake

from umbel.core.findings import Finding, Severity
from umbel.diagnosis.attempt import Attempt, Step
from umbel.diagnosis.attempt_findings import attempts_findings
from umbel.diagnosis.knock import Door, Knock, Speech
from umbel.diagnosis.peering import Peering
from umbel.diagnosis.ranking import ranked
from umbel.diagnosis.steps import Sight, steps_seen
from umbel.diagnosis.summary import summary
from umbel.identity.chains import Trust
from umbel.identity.demands import PeersDemand
from umbel.identity.handshake import Ending
from umbel.identity.rules import rule_named
from umbel.identity.surroundings import Surroundings
from umbel.sip.hop import Hop, Transport
from umbel.sip.unresolved import WhyUnresolved

HOP = Hop(transport=Transport.TCP, address="192.0.2.7", port=5060, domain="pbx.example.org")
START = Attempt(
    target="pbx.example.org",
    transport=Transport.TCP,
    at=NOW,
    took=0.1,
    step=Step.CONNECTING,
    problem="no way",
    hops=(HOP,),
    hop=HOP,
)
ANSWERED = replace(START, step=Step.ANSWERED, problem="", status=200, reason="OK")
GATEWAY = Peering(
    around=Surroundings(node="node01.example.org", gateway="pbx", trust=Trust(anchors=())),
    target="pbx.example.org",
)
ROOT = authority("Example Root", key=rsa_key())
PEER = leaf("pbx.example.org", issuer=ROOT, key=rsa_key())
LYNC = replace(
    GATEWAY,
    around=replace(
        GATEWAY.around,
        trust=Trust(anchors=(ROOT.der,)),
        model=PeersDemand.of(
            rule_named("lync"), dials=("node01.example.org",), knows=("node01.example.org",)
        ),
    ),
)
STRANGER = replace(GATEWAY, is_configured=False)


def first(*attempts: Attempt, peering: Peering = GATEWAY) -> Finding:
    return ranked(attempts_findings(attempts, peering))[0]


def knocked(*knocks: Knock, transport: Transport = Transport.TCP) -> Attempt:
    hop = replace(HOP, transport=transport)
    return replace(START, knocks=knocks, hop=hop, hops=(hop,), transport=transport)


class TestNoConnection:
    @pytest.mark.parametrize(
        ("door", "code"),
        [
            (Door.REFUSED, "tcp.refused"),
            (Door.SILENT, "tcp.no-answer"),
            (Door.UNREACHABLE, "tcp.unreachable"),
            (Door.OPEN, "tcp.failed"),
        ],
    )
    def test_is_told_by_how_the_port_takes_a_knock(self, door: Door, code: str) -> None:
        assert first(knocked(Knock(port=5060, door=door))).code == code

    def test_without_a_place_is_unexplained(self) -> None:
        """Nothing was tried, for example for want of a listener."""
        finding = first(replace(START, hop=None))

        assert finding.code == "tcp.failed"
        assert finding.seen == "pbx.example.org: no way"

    def test_prefers_a_port_that_speaks_as_we_do(self) -> None:
        doors = (
            Knock(port=5060, door=Door.REFUSED),
            Knock(port=5061, door=Door.OPEN, speech=Speech.TLS),
            Knock(port=5059, door=Door.OPEN),
        )

        assert first(knocked(*doors)).do == "umbel gateway set pbx --port 5059"

    def test_takes_one_that_speaks_otherwise_for_want_of_another(self) -> None:
        doors = (
            Knock(port=5060, door=Door.REFUSED),
            Knock(port=5061, door=Door.OPEN, speech=Speech.TLS),
        )

        assert first(knocked(*doors)).do == "umbel gateway set pbx --transport tls --port 5061"

    def test_tries_again_where_nothing_is_configured(self) -> None:
        refused = knocked(Knock(port=5060, door=Door.REFUSED))
        other = knocked(
            Knock(port=5060, door=Door.OPEN, speech=Speech.TLS), transport=Transport.TCP
        )

        assert "umbel diagnose pbx.example.org:5060" in first(refused, peering=STRANGER).do
        assert (
            first(other, peering=STRANGER).do
            == "umbel diagnose pbx.example.org:5060 --transport tls"
        )


class TestNoAddress:
    @pytest.mark.parametrize("why", WhyUnresolved)
    def test_names_what_to_do_for_every_reason(self, why: WhyUnresolved) -> None:
        lost = replace(START, step=Step.RESOLVING, hop=None, hops=(), unresolved=why, asked="A x")
        finding = first(lost)

        assert finding.code == "dns." + why.name.lower().replace("_", "-")
        assert "{" not in finding.do
        assert finding.seen.endswith("; asked A x")

    def test_of_another_kind_keeps_its_words(self) -> None:
        lost = replace(START, step=Step.RESOLVING, hop=None, hops=(), problem="a tel URI")

        assert first(lost, peering=STRANGER).seen == "pbx.example.org: a tel URI"


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("status", "severity"),
        [
            (404, Severity.INFO),
            (420, Severity.INFO),
            (480, Severity.WARNING),
            (500, Severity.ERROR),
            (504, Severity.ERROR),
            (603, Severity.ERROR),
        ],
    )
    def test_weighs_as_much_as_it_keeps_calls_away(self, status: int, severity: Severity) -> None:
        assert first(replace(ANSWERED, status=status)).severity is severity

    def test_from_a_clock_that_is_behind_says_by_how_much(self) -> None:
        late = replace(ANSWERED, peer_clock=NOW - timedelta(minutes=7))

        assert "it is 0:07:00 behind ours" in first(late).seen

    def test_shows_what_the_peer_says_more(self) -> None:
        refusal = replace(ANSWERED, status=403, reason="Forbidden", warning="399 pbx “who?”")

        assert "403 Forbidden (399 pbx “who?”)" in first(refusal).seen

    def test_403_names_our_certificate_where_it_is_one_that_the_peer_cannot_know(self) -> None:
        shared = leaf("um.example.org", issuer=ROOT, key=rsa_key(), dns=["node01.example.org"])
        report = handshake(Ending.SUCCEEDED, own=(shared.der,), peers=(PEER.der,))
        refusal = replace(ANSWERED, status=403, reason="Forbidden", handshake=report)
        codes = [one.code for one in attempts_findings([refusal], LYNC)]

        assert codes == [
            "handshake.refused-with-answer",
            "identity.not-recognised",
            "options.forbidden",
        ]
        assert "common name is um.example.org" in first(refusal, peering=LYNC).seen

    def test_that_does_not_come_names_it_as_well(self) -> None:
        """Some peers close only when they have read the first request."""
        shared = leaf("um.example.org", issuer=ROOT, key=rsa_key(), dns=["node01.example.org"])
        report = handshake(Ending.SUCCEEDED, own=(shared.der,), peers=(PEER.der,))
        silence = replace(START, step=Step.ASKING, problem="closed", handshake=report)

        assert "our first request with silence" in first(silence, peering=LYNC).seen

    def test_without_an_answerer_has_no_findings(self) -> None:
        assert ranked(attempts_findings([ANSWERED], GATEWAY)) == ()


class TestTheSummary:
    def test_says_that_all_is_well(self) -> None:
        assert summary((), "All is well") == "All is well."

    def test_leaves_details_to_the_finding(self) -> None:
        finding = Finding(
            code="a.b",
            severity=Severity.ERROR,
            seen="this",
            means="it fails; and for a reason",
            do="umbel try; or not",
        )

        assert summary([finding], "") == "It fails. To mend it: umbel try."


class TestTheSteps:
    def test_end_where_the_way_ends(self) -> None:
        seen = [(step.name, step.sight) for step in steps_seen([START], GATEWAY)]

        assert seen == [
            ("DNS", Sight.GOOD),
            ("TCP", Sight.BAD),
            ("OPTIONS", Sight.NOT_REACHED),
        ]

    def test_tell_of_an_unreachable_port_by_udp(self) -> None:
        hop = replace(HOP, transport=Transport.UDP)
        lost = replace(START, transport=Transport.UDP, hop=hop, hops=(hop,))

        assert [step.name for step in steps_seen([lost], GATEWAY)] == ["DNS", "UDP", "OPTIONS"]

    def test_name_the_one_who_sent_us_on(self) -> None:
        onward = replace(ANSWERED, redirected_by="192.0.2.1:5060")
        (_, tcp, options) = steps_seen([onward], GATEWAY)

        assert "where 192.0.2.1:5060 sends us" in tcp.text
        assert options.sight is Sight.GOOD

    def test_are_none_where_nothing_was_tried(self) -> None:
        assert list(steps_seen([], GATEWAY)) == []


class TestWhatElseAnAnswerTells:
    def test_of_a_redirection_is_where_it_leads(self) -> None:
        moved = replace(ANSWERED, status=302, redirected_to=("sip:192.0.2.8:5067",))

        assert first(moved).code == "options.redirected"
        assert "sip:192.0.2.8:5067" in first(moved).seen

    def test_of_an_onlooker_is_added(self) -> None:
        """What a node does not see that hangs up first."""
        refused = replace(ANSWERED, status=403, despite_refusal=True)

        assert first(START, refused).code in ("tcp.failed", "options.forbidden")
        codes = [one.code for one in ranked(attempts_findings([START, refused], GATEWAY))]
        assert "options.forbidden" in codes

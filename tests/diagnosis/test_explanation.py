"""What event 1400 says beyond Exchange's own words."""

from dataclasses import replace

from tests.support.attempts import HANDSHAKE, answered, shaken, tried
from tests.support.certificates import authority, leaf

from umbel.diagnosis.explanation import explain
from umbel.diagnosis.gateway_identity import surroundings
from umbel.diagnosis.knock import Door, Knock, Speech
from umbel.directory.objects import Gateway, Transport
from umbel.identity.chains import Trust
from umbel.identity.handshake import Ending
from umbel.identity.surroundings import Surroundings

ROOT = authority()
SHARED = leaf("um.domain.local", issuer=ROOT, dns=("node01.domain.local", "node02.domain.local"))
POOL = leaf("pool.domain.local", issuer=ROOT)
GATEWAY = Gateway(
    name="lync", address="pool.domain.local", transport=Transport.TLS, rule="common-name"
)


def around() -> Surroundings:
    return surroundings(
        GATEWAY,
        node="node01.domain.local",
        own_chain=(SHARED.der,),
        trust=Trust(anchors=(ROOT.der,)),
    )


class TestTheIncident:
    def test_is_explained_by_the_common_name(self) -> None:
        """DESIGN section 2: silence right after our certificate."""
        attempt = shaken(Ending.CLOSED_BY_PEER)
        report = replace(
            attempt.handshake or HANDSHAKE, own_chain=(SHARED.der,), peer_chain=(POOL.der,)
        )
        why = explain(replace(attempt, handshake=report), around())

        assert "right after it saw our certificate" in why.evidence
        assert "um.domain.local" in why.evidence
        assert "node01.domain.local" in why.cause
        assert "umbel certificate" in why.cure
        assert why.subject == "CN=um.domain.local"
        assert why.names == "CN=pool.domain.local, alternative names pool.domain.local"
        assert why.rule


class TestAGatewayThatWasNotReached:
    def test_is_explained_by_what_was_found_at_its_port(self) -> None:
        knock = Knock(port=5061, door=Door.REFUSED, speech=Speech.NOTHING, took=0.0)
        why = explain(tried(problem="connection refused", knocks=(knock,)), around())

        assert "nothing listens at port 5061" in why.cause
        assert why.evidence == "192.0.2.7:5061: connection refused"
        assert why.subject == "CN=um.domain.local"
        assert why.names == "not seen"
        assert "umbel gateway set lync --port 5061" in why.cure

    def test_is_explained_by_its_answer(self) -> None:
        why = explain(answered(503, "Service Unavailable"), around())
        assert why.evidence == "192.0.2.7:5061 answered 503 Service Unavailable"

    def test_without_a_finding_is_told_as_it_was_seen(self) -> None:
        why = explain(answered(), around())
        assert why.evidence == "the answer was 200 OK"
        assert why.cure == "look closer: umbel diagnose lync"

    def test_needs_no_certificate_of_ours(self) -> None:
        assert explain(tried(), replace(around(), own_chain=())).subject == "none"

    def test_names_a_peer_without_a_subject(self) -> None:
        report = replace(HANDSHAKE, peer_chain=(b"not DER",), ending=Ending.TIMED_OUT)
        why = explain(tried(handshake=report), around())
        assert why.names == "no subject, alternative names none"

"""A diagnosis asks the responder that is configured, and nobody else."""

from dataclasses import replace

from cryptography.x509.ocsp import OCSPCertStatus
from tests.support.certificates import NOW, authority, leaf
from tests.support.handshakes import handshake
from tests.support.responder import answering, status_answer

from umbel.app.diagnosing.outfit import Asked, Outfit, outfit
from umbel.app.diagnosing.statuses import Statuses, ask_for_statuses
from umbel.diagnosis.attempt import Attempt, Step
from umbel.identity.chains import Trust
from umbel.identity.handshake import Ending
from umbel.identity.surroundings import Surroundings
from umbel.sip.hop import Transport

ROOT = authority("Domain Root")
PEER = leaf("pool.domain.local", issuer=ROOT)
AROUND = Surroundings(node="node01", gateway="lync", trust=Trust(anchors=(ROOT.der,)))
ATTEMPT = Attempt(
    target="pool.domain.local",
    transport=Transport.TLS,
    at=NOW,
    took=0.1,
    step=Step.ANSWERED,
    handshake=handshake(Ending.SUCCEEDED, peers=(PEER.der,)),
)
REVOKED = status_answer(OCSPCertStatus.REVOKED, about=PEER, issuer=ROOT)


def equipped(responder: str) -> Outfit:
    return replace(outfit(Asked(node="node01"), None), responder=responder)


class TestTheResponder:
    async def test_is_asked_about_the_certificate_of_the_peer(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(REVOKED)
        async with answering(head + REVOKED) as (url, asked):
            statuses = await ask_for_statuses(AROUND, [ATTEMPT], equipped(url))

        assert statuses == Statuses(answers=(REVOKED,))
        assert len(asked) == 1

    async def test_that_says_nothing_is_told(self) -> None:
        async with answering(b"") as (url, _):
            pass
        statuses = await ask_for_statuses(AROUND, [ATTEMPT], equipped(url))

        assert [one.code for one in statuses.findings] == ["chain.responder-silent"]
        assert "refused" in statuses.findings[0].seen

    async def test_is_asked_only_where_one_is_configured(self) -> None:
        assert await ask_for_statuses(AROUND, [ATTEMPT], equipped("")) == Statuses()

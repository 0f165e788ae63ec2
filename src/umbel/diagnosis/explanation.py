"""Why a gateway does not respond as expected: the cause first, with what an administrator needs."""

from collections.abc import Iterator
from dataclasses import dataclass

from umbel.core.findings import Finding, Severity
from umbel.identity.handshake import HandshakeReport
from umbel.identity.handshake_findings import handshake_findings
from umbel.identity.names import presented_names
from umbel.identity.surroundings import Surroundings

from .attempt import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The fields of event 1400 that Exchange never had."""

    cause: str
    evidence: str
    subject: str
    """Of our certificate."""
    names: str
    """That the peer's certificate presents."""
    rule: str
    cure: str


def explain(attempt: Attempt, around: Surroundings) -> Explanation:
    """Explain a try that did not find somebody who takes calls."""
    finding = next(_causes(attempt, around))
    return Explanation(
        cause=finding.means,
        evidence=finding.seen,
        subject=_own_subject(attempt.handshake, around),
        names=_peers_names(attempt.handshake),
        rule=finding.rule or around.rule,
        cure=finding.do,
    )


def _causes(attempt: Attempt, around: Surroundings) -> Iterator[Finding]:
    if attempt.handshake is not None:
        yield from handshake_findings(attempt.handshake, around)
    gateway = around.gateway
    yield Finding(
        code="gateway.unresponsive",
        severity=Severity.ERROR,
        seen=attempt.problem or f"the answer was {attempt.status} {attempt.reason}",
        means=f"it came as far as {attempt.step.value}; no call can be sent to {gateway} now",
        do=f"check address, port and transport: umbel gateway show {gateway}",
    )


def _own_subject(report: HandshakeReport | None, around: Surroundings) -> str:
    chain = (report.own_chain if report is not None else ()) or around.own_chain
    return presented_names(chain[0]).subject if chain else "none"


def _peers_names(report: HandshakeReport | None) -> str:
    if report is None or not report.peer_chain:
        return "not seen"
    names = presented_names(report.peer_chain[0])
    alternatives = ", ".join(names.alternative_names) or "none"
    return f"{names.subject or 'no subject'}, alternative names {alternatives}"

"""Why a gateway does not respond as expected: the cause first, with what an administrator needs."""

from dataclasses import dataclass

from umbel.core.findings import Finding, Severity
from umbel.identity.handshake import HandshakeReport
from umbel.identity.names import presented_names
from umbel.identity.surroundings import Surroundings
from umbel.sip.hop import Transport

from .attempt import Attempt
from .attempt_findings import attempt_findings
from .peering import Peering


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
    finding = _cause(attempt, around)
    return Explanation(
        cause=finding.means,
        evidence=finding.seen,
        subject=_own_subject(attempt.handshake, around),
        names=_peers_names(attempt.handshake),
        rule=finding.rule or around.rule,
        cure=finding.do,
    )


def _cause(attempt: Attempt, around: Surroundings) -> Finding:
    """Give the first finding that says why; what only could be better is no cause."""
    peering = Peering(
        around=around, target=attempt.target, uses_tls=attempt.transport is Transport.TLS
    )
    found = list(attempt_findings(attempt, peering))
    causes = (one for one in found if one.severity is not Severity.INFO)
    return next(causes, None) or next(iter(found), None) or _unexplained(attempt, around)


def _unexplained(attempt: Attempt, around: Surroundings) -> Finding:
    return Finding(
        code="gateway.unresponsive",
        severity=Severity.ERROR,
        seen=attempt.problem or f"the answer was {attempt.status} {attempt.reason}",
        means=f"it came as far as {attempt.step.value}; no call can be sent to {around.gateway} now",
        do=f"look closer: umbel diagnose {around.gateway}",
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

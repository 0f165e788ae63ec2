"""What a diagnosis says in the end: findings, the worst first, and one sentence to act on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from umbel.core.findings import Finding
from umbel.identity.handshake import HandshakeReport
from umbel.identity.handshake_findings import handshake_findings
from umbel.sip.hop import Transport

from .attempt import Attempt
from .attempt_findings import attempts_findings
from .peering import Peering
from .ranking import ranked
from .rule_findings import rule_findings
from .steps import StepSeen, steps_seen
from .summary import summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found about one node and one peer."""

    node: str
    peer: str
    """A gateway's name, or an address."""
    way: str
    """How the peer is reached, as ``pbx.example.org:5061 over TLS``."""
    attempts: tuple[Attempt, ...]
    steps: tuple[StepSeen, ...]
    findings: tuple[Finding, ...]
    """The worst first."""
    summary: str
    """One sentence that says what is wrong and what to do."""


def diagnosis_of(
    peering: Peering,
    way: str,
    attempts: Sequence[Attempt],
    more: Iterable[Finding] = (),
    *,
    accepted: HandshakeReport | None = None,
) -> Diagnosis:
    """
    Explain all tries to reach a peer, with what else was found about it.

    *accepted* is the last handshake that the peer opened to us, where one is known.
    """
    reports = [one.handshake for one in attempts if one.handshake is not None]
    found = list(attempts_findings(attempts, peering))
    if accepted is not None:
        reports.append(accepted)
        found += handshake_findings(accepted, peering.around)
    if attempts[0].transport is Transport.TLS:
        found += rule_findings(reports, peering, attempts[0].at)
    findings = ranked([*found, *more])
    return Diagnosis(
        node=peering.around.node,
        peer=peering.gateway,
        way=way,
        attempts=tuple(attempts),
        steps=tuple(steps_seen(attempts, peering, accepted)),
        findings=findings,
        summary=summary(findings, f"{peering.gateway} answers, and all that was seen is well"),
    )

"""Whether a peer will recognise this node, by the rule that it goes by, where nothing has shown it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from umbel.core.findings import Finding, Severity
from umbel.identity.chains import OURS, chain_findings
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.identity_findings import peer_refuses_us
from umbel.identity.names import presented_names

from .peering import Peering


def rule_findings(
    reports: Sequence[HandshakeReport], peering: Peering, at: datetime
) -> Iterator[Finding]:
    """Foretell what the peer makes of our certificate, in each role that no handshake has proved."""
    around = peering.around
    if not around.own_chain:
        return
    for role in Role:
        if not any(is_proof(report, role) for report in reports):
            yield from _by_names(peering, role)
            yield from chain_findings(
                around.own_chain, played=role, whose=OURS, trust=around.presumed_trust, at=at
            )
        elif role is Role.SERVER:
            yield from _doubts(peering)


def _doubts(peering: Peering) -> Iterator[Finding]:
    """
    Doubt a proof that the rule contradicts.

    A peer that calls us may look at our names only after the handshake, and then believe no answer.
    """
    for one in _by_names(peering, Role.SERVER):
        seen = f"{one.seen}; all the same it finished a handshake when it called us"
        yield replace(one, severity=Severity.WARNING, seen=seen)


def is_proof(report: HandshakeReport, role: Role) -> bool:
    """Say whether a handshake shows that the peer accepts our certificate in this role of ours."""
    is_ours_shown = bool(report.own_chain)
    return report.role is role and report.ending is Ending.SUCCEEDED and is_ours_shown


def _by_names(peering: Peering, role: Role) -> Iterator[Finding]:
    around = peering.around
    if around.model is None:
        return
    names = presented_names(around.own_chain[0])
    judgement = around.model.judge(names, our_role=role)
    yield from peer_refuses_us(judgement, names, node=around.node, gateway=around.gateway)

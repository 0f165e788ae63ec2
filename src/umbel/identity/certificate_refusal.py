"""The peer did not like our certificate: with an alert, or by hanging up without a word.

What it did not like is worked out from what it asks for: the names that it knows us by, then the
chain. The incident that Umbel was made for is the case of names, told by silence.
"""

from collections.abc import Iterator, Sequence

from umbel.core.findings import Finding, Severity

from .alert_meanings import About, AlertMeaning, alert_meaning
from .chains import OURS, chain_findings
from .handshake import Alert, Ending, HandshakeReport, Role
from .handshake_progress import peer_asked_for_certificate, reached
from .identity_findings import common_name_of, peer_refuses_us
from .names import PresentedNames, presented_names
from .surroundings import Surroundings, failure

_ITS_CERTIFICATES = (About.CHAIN, About.CERTIFICATE, About.PROOF)


def refused_with_alert(
    report: HandshakeReport, alert: Alert, around: Surroundings
) -> Iterator[Finding]:
    """Explain an alert of the peer."""
    meaning = alert_meaning(alert.description)
    if _lacks_our_certificate(report, meaning):
        yield missing_own_certificate(report, around)
    elif meaning.about in _ITS_CERTIFICATES and report.own_chain:
        yield from _dislikes_certificate(report, alert, meaning, around)
    else:
        yield failure(
            report,
            f"alert-{alert.description.replace('_', '-')}",
            seen=f"{around.gateway} sent the alert {alert.description} {reached(report)}"
            f"{_asked_for(report, meaning)}",
            means=f"{around.gateway} {meaning.means}",
            do=meaning.do,
            rule="RFC 8446 section 6.2",
        )


def hung_up_after_certificate(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    """Explain a peer that hung up, without an alert, when it had seen our certificate."""
    ours = own_names(report)
    causes = own_causes(report, ours, around)
    did = "reset" if report.ending is Ending.RESET_BY_PEER else "closed"
    yield failure(
        report,
        "closed-after-our-certificate",
        seen=f"{around.gateway} {did} the connection, without an alert, right after it saw our "
        f"certificate; our {common_name_of(ours)}, this node is {around.node}",
        means=_likely(causes, around)
        or f"{around.gateway} does not accept our certificate, although its names and chain look "
        f"right: probably {around.node} is not among the servers that it trusts",
        do=_cure(causes)
        or f"have the peer's administrator add {around.node} to the servers that it trusts, and "
        "look into the peer's log at this time",
        rule=_rule(causes) or around.rule,
    )
    yield from causes


def missing_own_certificate(report: HandshakeReport, around: Surroundings) -> Finding:
    """Say that the peer wanted a certificate of ours and got none."""
    return failure(
        report,
        "no-own-certificate",
        seen=f"{around.gateway} asked for a certificate, this node sent none, and the handshake "
        f"ended {reached(report)}",
        means=f"{around.gateway} speaks mutual TLS only: nothing that this node sends arrives",
        do="get this node a certificate and name it in [tls]: umbel certificate request",
        rule="RFC 8446 section 4.4.2.4",
    )


def own_names(report: HandshakeReport) -> PresentedNames:
    """Give the names that we presented."""
    return presented_names(report.own_chain[0]) if report.own_chain else PresentedNames()


def own_causes(
    report: HandshakeReport, ours: PresentedNames, around: Surroundings
) -> list[Finding]:
    """Give what the peer can have against our certificate, errors first, names before the chain."""
    found = list(_name_causes(report, ours, around))
    found += chain_findings(
        report.own_chain,
        played=report.role,
        whose=OURS,
        trust=around.presumed_trust,
        at=report.at,
    )
    return sorted(found, key=lambda finding: -finding.severity)


def _name_causes(
    report: HandshakeReport, ours: PresentedNames, around: Surroundings
) -> Iterator[Finding]:
    """Judge our names as the peer does; as a client, the name that it asked for is dialled too."""
    if around.model is None:
        return
    judgement = around.model.judge(ours, our_role=report.role)
    yield from peer_refuses_us(judgement, ours, node=around.node, gateway=around.gateway)


def _lacks_our_certificate(report: HandshakeReport, meaning: AlertMeaning) -> bool:
    if report.own_chain or report.role is Role.SERVER:
        return False
    return meaning.about is About.NO_CERTIFICATE or peer_asked_for_certificate(report)


def _dislikes_certificate(
    report: HandshakeReport, alert: Alert, meaning: AlertMeaning, around: Surroundings
) -> Iterator[Finding]:
    ours = own_names(report)
    causes = own_causes(report, ours, around)
    if meaning.about is not About.CERTIFICATE:
        causes.sort(key=lambda finding: (-finding.severity, _is_about_names(finding)))
    yield failure(
        report,
        f"alert-{alert.description.replace('_', '-')}",
        seen=f"{around.gateway} sent the alert {alert.description} {reached(report)}; our "
        f"{common_name_of(ours)}, this node is {around.node}",
        means=f"{around.gateway} {meaning.means}{_evidence(causes)}",
        do=_cure(causes) or meaning.do,
        rule=_rule(causes) or "RFC 8446 section 6.2",
    )
    yield from causes


def _is_about_names(finding: Finding) -> bool:
    return finding.code.startswith("identity.")


def _asked_for(report: HandshakeReport, meaning: AlertMeaning) -> str:
    if meaning.about is not About.SERVER_NAME:
        return ""
    asked = report.server_name
    return f"; we asked for {asked}" if asked else "; we asked for no name"


def _worst(causes: Sequence[Finding]) -> Finding | None:
    """Give the cause that explains a refusal; a warning explains it better than nothing."""
    return next((cause for cause in causes if cause.severity > Severity.INFO), None)


def _likely(causes: Sequence[Finding], around: Surroundings) -> str:
    worst = _worst(causes)
    return (
        ""
        if worst is None
        else f"{worst.means}"
        if _is_about_names(worst)
        else (f"{around.gateway} refuses our certificate: {worst.seen}")
    )


def _evidence(causes: Sequence[Finding]) -> str:
    worst = _worst(causes)
    return "" if worst is None else f": {worst.seen}"


def _cure(causes: Sequence[Finding]) -> str:
    worst = _worst(causes)
    return "" if worst is None else worst.do


def _rule(causes: Sequence[Finding]) -> str:
    worst = _worst(causes)
    return "" if worst is None else worst.rule

"""The peer did not like our certificate: with an alert, or by hanging up without a word.

What it did not like is worked out from what it asks for: the names that it knows us by, then the
chain. The incident that Umbel was made for is the case of names, told by silence.
"""

from collections.abc import Iterator, Sequence

from umbel.core.findings import Finding, Severity

from .alert_meanings import About, AlertMeaning, alert_meaning
from .chains import OURS, chain_findings
from .handshake import Alert, Ending, HandshakeReport, Role
from .handshake_progress import has_kept_certificate_back, reached
from .identity_findings import common_name_of, peer_refuses_us
from .names import PresentedNames, presented_names
from .surroundings import Surroundings, failure, who

_HARMLESS_NOW = frozenset({"chain.expires-soon"})
"""Warnings about our certificate that cannot be why a peer refuses it today."""
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
            _alert_code(alert),
            seen=f"{around.gateway} sent the alert {alert.description} {reached(report)}"
            f"{_asked_for(report, meaning)}",
            means=f"{around.gateway} {meaning.means}",
            do=meaning.do,
            rule="RFC 8446 section 6.2",
        )


def hung_up_after_certificate(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    """Explain a peer that hung up, without an alert, when it had seen our certificate."""
    did = "reset" if report.ending is Ending.RESET_BY_PEER else "closed"
    causes = own_causes(report, around)
    yield _headline(
        report,
        "closed-after-our-certificate",
        f"{around.gateway} {did} the connection, without an alert, right after it saw our "
        "certificate",
        _worst(causes) or _not_among_the_trusted(around),
        around,
    )
    yield from causes


def left_without_a_request(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    """Explain a client that finished the handshake and hung up before its first request."""
    causes = own_causes(report, around)
    worst = _worst(causes)
    if worst is not None and worst.severity is Severity.ERROR:
        seen = f"{around.gateway} connected, saw our certificate, and hung up before any request"
        yield _headline(report, "closed-after-our-certificate", seen, worst, around)
    else:
        yield Finding(
            code="handshake.nothing-asked",
            severity=Severity.INFO,
            seen=f"{who(report)}: a TLS connection was opened and closed again without a request",
            means="usually a load balancer or a monitoring tool; nothing speaks against our "
            "certificate",
            do="nothing; or tell the tool to send OPTIONS",
            rule="RFC 3261 section 11",
        )
    yield from causes


def refused_with_answer(
    report: HandshakeReport, answer: str, around: Surroundings
) -> Iterator[Finding]:
    """
    Explain a peer that took our certificate and refused our first request, as with ``403 Forbidden``.

    Nothing where our certificate gives it no cause: then the refusal is about something else.
    """
    causes = own_causes(report, around) if report.own_chain else []
    worst = _worst(causes)
    if worst is not None and worst.severity is Severity.ERROR:
        seen = f"{around.gateway} answered our first request with {answer}"
        yield _headline(report, "refused-with-answer", seen, worst, around)
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


def own_causes(report: HandshakeReport, around: Surroundings) -> list[Finding]:
    """Give what the peer can have against our certificate, errors first, names before the chain."""
    found = list(_name_causes(report, around))
    found += chain_findings(
        report.own_chain,
        played=report.role,
        whose=OURS,
        trust=around.presumed_trust,
        at=report.at,
    )
    return sorted(found, key=lambda finding: -finding.severity)


def _name_causes(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    if around.model is not None:
        ours = own_names(report)
        judgement = around.model.judge(ours, our_role=report.role)
        yield from peer_refuses_us(judgement, ours, node=around.node, gateway=around.gateway)


def _lacks_our_certificate(report: HandshakeReport, meaning: AlertMeaning) -> bool:
    if report.own_chain or report.role is Role.SERVER:
        return False
    return meaning.about is About.NO_CERTIFICATE or has_kept_certificate_back(report)


def _dislikes_certificate(
    report: HandshakeReport, alert: Alert, meaning: AlertMeaning, around: Surroundings
) -> Iterator[Finding]:
    """Explain an alert about our certificate; one about the chain is no complaint about names."""
    causes = own_causes(report, around)
    if meaning.about is not About.CERTIFICATE:
        causes.sort(key=_is_about_names)
    worst = _worst([one for one in causes if _can_explain(one, meaning)])
    yield failure(
        report,
        _alert_code(alert),
        seen=f"{around.gateway} sent the alert {alert.description} {reached(report)}; "
        f"{_who_we_are(report, around)}",
        means=f"{around.gateway} {meaning.means}{_more(worst)}",
        do=worst.do if worst else meaning.do,
        rule=worst.rule if worst else "RFC 8446 section 6.2",
    )
    yield from causes


def _more(cause: Finding | None) -> str:
    if cause is None:
        return ""
    return f"; {cause.means}" if _is_about_names(cause) else f": {cause.seen}"


def _can_explain(cause: Finding, meaning: AlertMeaning) -> bool:
    return meaning.about is About.CERTIFICATE or not _is_about_names(cause)


def _alert_code(alert: Alert) -> str:
    return f"alert-{alert.description.removeprefix('alert ').replace('_', '-')}"


def _is_about_names(finding: Finding) -> bool:
    return finding.code.startswith("identity.")


def _asked_for(report: HandshakeReport, meaning: AlertMeaning) -> str:
    if meaning.about is not About.SERVER_NAME:
        return ""
    asked = report.server_name
    return f"; we asked for {asked}" if asked else "; we asked for no name"


def _worst(causes: Sequence[Finding]) -> Finding | None:
    """Give the cause that explains a refusal; a warning explains it better than nothing."""
    return next(
        (one for one in causes if one.severity > Severity.INFO and one.code not in _HARMLESS_NOW),
        None,
    )


def _not_among_the_trusted(around: Surroundings) -> Finding:
    """Guess what is left where names and chain look right."""
    return Finding(
        code="identity.perhaps-not-trusted",
        severity=Severity.WARNING,
        seen="its names and chain look right",
        means=f"{around.gateway} does not accept our certificate, although its names and chain look "
        f"right: probably {around.node} is not among the servers that it trusts",
        do=f"have the peer's administrator add {around.node} to the servers that it trusts, and "
        "look into the peer's log at this time",
        rule=around.rule,
    )


def _headline(
    report: HandshakeReport, code: str, seen: str, cause: Finding, around: Surroundings
) -> Finding:
    """Put what the peer did and what it has against us into one finding."""
    return failure(
        report,
        code,
        seen=f"{seen}; {_who_we_are(report, around)}",
        means=_meaning(cause, around),
        do=cause.do,
        rule=cause.rule,
    )


def _who_we_are(report: HandshakeReport, around: Surroundings) -> str:
    return f"our {common_name_of(own_names(report))}, this node is {around.node}"


def _meaning(cause: Finding, around: Surroundings) -> str:
    if _is_about_names(cause):
        return cause.means
    verb = "refuses" if cause.severity is Severity.ERROR else "may refuse"
    return f"{around.gateway} {verb} our certificate: {cause.seen}"

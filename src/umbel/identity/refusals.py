"""We refused the peer: for its certificate, for want of one, or for want of common ground."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from umbel.core.findings import Finding

from .chains import PEERS, chain_findings
from .handshake import HandshakeReport, Role
from .handshake_progress import complaint, reached
from .identity_findings import all_names_of, we_refuse_peer
from .names import presented_names
from .subject import escape
from .surroundings import Surroundings, failure

_SHOWN: Final = 6
"""Of many cipher suites, a finding names this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cause:
    """What a reason of OpenSSL comes from, found by the words in it."""

    words: tuple[str, ...]
    code: str
    means: str
    do: str
    rule: str


_CAUSES: Final = (
    _Cause(
        words=("did not return a certificate", "certificate required"),
        code="no-peer-certificate",
        means="the peer shows no certificate, and this listener takes nobody without one",
        do="give the peer a certificate for mutual TLS, or let the listener take others: it then "
        "answers their first request with 403",
        rule="RFC 8446 section 4.4.2.4",
    ),
    _Cause(
        words=(
            "no shared cipher",
            "no suitable",
            "no shared group",
            "no cipher",
            "wrong signature",
        ),
        code="no-shared-cipher",
        means="both sides have no cipher suite, group or signature algorithm in common",
        do="compare what both offer; a certificate with an RSA key of 2048 bits suits most peers",
        rule="RFC 8446 section 4.1.1",
    ),
    _Cause(
        words=("unsupported protocol", "protocol version", "wrong ssl version", "no protocols"),
        code="version",
        means="the peer speaks only versions of TLS that are not spoken here",
        do="switch TLS 1.2 on at the peer; TLS 1.0 and 1.1 are not spoken here",
        rule="RFC 8996 section 2",
    ),
    _Cause(
        words=("key too small", "md too weak", "dh key", "bad ecpoint"),
        code="too-weak",
        means="the peer's keys or signatures are weaker than this machine's OpenSSL allows",
        do="have the peer's administrator renew its certificate: RSA 2048 bits or P-256, SHA-256",
        rule="OpenSSL security level 2",
    ),
    _Cause(
        words=("wrong version number", "http request", "packet length too long", "not ssl"),
        code="not-tls",
        means="what answers there is no TLS",
        do="check the port: SIP over TLS is usually at 5061, SIP over TCP at 5060",
        rule="RFC 3261 section 19.1.2",
    ),
)


def refused_by_us(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    """Explain why we refused."""
    if report.verify_code:
        yield from _certificate_refused(report, around)
        return
    if report.is_somebody_else:
        yield from _somebody_else(report, around)
        return
    cause = _cause_of(report.detail)
    if cause is not None:
        yield failure(
            report,
            cause.code,
            seen=f"{report.detail or reached(report)}{_offered(report)}",
            means=cause.means,
            do=cause.do,
            rule=cause.rule,
        )
    else:
        yield _unexplained(report)


def _somebody_else(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    """Say whom the peer is not; by the evidence alone where the settings have changed since."""
    found = list(peer_name_findings(report, around))
    yield from found or [
        failure(
            report,
            "somebody-else",
            seen=report.detail,
            means=f"we do not take the peer for {around.gateway}",
            do="compare the names in the peer's certificate with the host that was asked for",
            rule="RFC 5922 section 7.3",
        )
    ]


def _offered(report: HandshakeReport) -> str:
    """Say what a client offered in vain; what we offer ourselves is no news."""
    if report.role is Role.CLIENT or not report.versions_offered:
        return ""
    suites = [suite for suite in report.ciphers_offered if not suite.endswith("_SCSV")]
    more = f" and {len(suites) - _SHOWN} more" if len(suites) > _SHOWN else ""
    offered = f"{', '.join(report.versions_offered)} with {', '.join(suites[:_SHOWN])}{more}"
    return f"; the peer offers {offered}"


def _certificate_refused(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    found = sorted(_against_peer(report, around), key=lambda finding: -finding.severity)
    is_explained = bool(found) and found[0].severity > 1
    yield failure(
        report,
        "peer-certificate-refused",
        seen=f"the certificate of {around.gateway} was refused: {report.verify_text or 'no reason'}"
        f"; it carries {_presented(report)}",
        means=found[0].seen
        if is_explained
        else "OpenSSL refuses it, and our own reading of the chain finds no fault",
        do=found[0].do
        if is_explained
        else "compare with: openssl verify -purpose "
        + ("sslserver" if report.role is Role.CLIENT else "sslclient"),
        rule=found[0].rule if is_explained else f"X509_V_ERR {report.verify_code} of OpenSSL",
    )
    yield from found


def _against_peer(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    played = Role.SERVER if report.role is Role.CLIENT else Role.CLIENT
    yield from chain_findings(
        report.peer_chain, played=played, whose=PEERS, trust=around.trust, at=report.at
    )


def peer_name_findings(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    """Judge the names of the peer by what we ask of them."""
    if around.demand is None or not report.peer_chain:
        return
    theirs = presented_names(report.peer_chain[0])
    judgement = around.demand.judge(theirs, our_role=report.role)
    if not judgement.is_accepted:
        yield we_refuse_peer(judgement, theirs, gateway=around.gateway)


def _presented(report: HandshakeReport) -> str:
    return all_names_of(presented_names(report.peer_chain[0])) if report.peer_chain else "nothing"


def _cause_of(detail: str) -> _Cause | None:
    said = detail.lower()
    return next((one for one in _CAUSES if any(word in said for word in one.words)), None)


def _unexplained(report: HandshakeReport) -> Finding:
    alert = complaint(report, sent_by_us=True)
    told = f"; we sent the alert {alert.description}" if alert is not None else ""
    return failure(
        report,
        "refused-by-us",
        seen=f"{escape(report.detail) or 'we gave up'}{told}",
        means="this side could not go on; the peer was told as far as TLS has words for it",
        do="compare with what another client or server makes of the peer: openssl s_client "
        "-connect HOST:PORT",
        rule="RFC 8446 section 6.2",
    )

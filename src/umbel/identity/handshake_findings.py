"""From the report of a handshake to its cause, the evidence, the rule and the cure.

The first finding is the cause as far as the evidence goes; what supports it follows.
"""

from collections.abc import Iterator

from umbel.core.findings import Finding, Severity

from .certificate_refusal import (
    hung_up_after_certificate,
    left_without_a_request,
    missing_own_certificate,
    refused_with_alert,
    refused_with_answer,
)
from .chains import PEERS, chain_findings
from .handshake import Ending, HandshakeReport, Role
from .handshake_progress import (
    complaint,
    has_heard_peer,
    has_judged_certificate,
    has_kept_certificate_back,
    is_our_part_done,
    is_peers_part_done,
    reached,
)
from .refusals import peer_name_findings, refused_by_us
from .surroundings import Surroundings, failure, who

__all__ = ["Surroundings", "handshake_findings", "refused_with_answer"]


def handshake_findings(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    """Explain how a handshake ended; one that went well yields only what to improve."""
    match report.ending:
        case Ending.SUCCEEDED:
            yield from _after_success(report, around)
        case Ending.REFUSED_BY_US:
            yield from refused_by_us(report, around)
        case Ending.REFUSED_BY_PEER | Ending.CLOSED_BY_PEER | Ending.RESET_BY_PEER:
            yield from _ended_by_peer(report, around)
        case Ending.TIMED_OUT:
            yield _timed_out(report, around)
        case Ending.NOT_TLS:
            yield _not_tls(report, around)


def _after_success(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    """Say what the peer's certificate leaves to be desired.

    A lenient listener finishes the handshake of a client whose chain is not good, to answer 403.
    """
    if report.verify_code:
        yield from refused_by_us(report, around)
        return
    if not report.peer_chain:
        yield from _no_peer_certificate(report, around)
        return
    yield from peer_name_findings(report, around)
    played = Role.SERVER if report.role is Role.CLIENT else Role.CLIENT
    yield from chain_findings(
        report.peer_chain, played=played, whose=PEERS, trust=around.trust, at=report.at
    )


def _no_peer_certificate(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    if report.role is Role.CLIENT or report.is_resumed:
        return
    wants = around.demand is not None
    yield Finding(
        code="handshake.peer-without-certificate",
        severity=Severity.WARNING if wants else Severity.INFO,
        seen=f"{who(report)}: the peer was asked for a certificate and showed none",
        means=f"it is not known as {around.gateway}: its requests are answered with 403"
        if wants
        else "only its address says who it is",
        do="give the peer a certificate for mutual TLS",
        rule="RFC 5922 section 7.4",
    )


def _ended_by_peer(report: HandshakeReport, around: Surroundings) -> Iterator[Finding]:
    """Explain an alert, or else a silence."""
    alert = complaint(report, sent_by_us=False)
    if alert is not None:
        yield from refused_with_alert(report, alert, around)
    elif has_judged_certificate(report):
        yield from hung_up_after_certificate(report, around)
    elif report.role is Role.SERVER and is_peers_part_done(report):
        yield from left_without_a_request(report, around)
    elif has_kept_certificate_back(report):
        yield missing_own_certificate(report, around)
    elif not has_heard_peer(report):
        yield _hung_up_at_once(report, around)
    else:
        yield _hung_up_midway(report, around)


def _hung_up_at_once(report: HandshakeReport, around: Surroundings) -> Finding:
    if report.role is Role.SERVER:
        return Finding(
            code="handshake.nothing-said",
            severity=Severity.INFO,
            seen=f"{who(report)}: a connection was opened and closed without a word",
            means="usually a load balancer or a monitoring tool that looks whether the port is "
            "open; sometimes a scan",
            do="nothing; or tell the tool to send OPTIONS over TLS instead",
            rule="RFC 8446 section 4.1.2",
        )
    return failure(
        report,
        "closed-at-once",
        seen=f"{around.gateway} took the connection and ended it at our ClientHello "
        f"({report.ending.value})",
        means="the port is open, but whoever has it does not want TLS from this node: it speaks "
        "plain SIP there, or an access list or firewall lets only known addresses in",
        do=f"check port and transport of the gateway: umbel gateway show {around.gateway}; then "
        "the peer's list of allowed addresses",
        rule="RFC 8446 section 4.1.2",
    )


def _hung_up_midway(report: HandshakeReport, around: Surroundings) -> Finding:
    return failure(
        report,
        "broken-off",
        seen=f"{around.gateway} ended the connection {reached(report)}, without an alert "
        f"({report.ending.value})",
        means="the peer, or a device between us, gave up in the middle: usually a crash, a "
        "restart, a device that inspects TLS, or a load balancer's limit",
        do="try again; if it ends at the same step each time, look into the log of the peer and of "
        "what stands between",
        rule="RFC 8446 section 6.1",
    )


def _timed_out(report: HandshakeReport, around: Surroundings) -> Finding:
    if not has_heard_peer(report):
        means = "the port is open, but nobody answers: a hung process, plain SIP that waits for "
        means += "more, or a firewall that lets only the first packets pass"
    elif is_our_part_done(report):
        means = "the peer does not finish: it may be fetching a revocation list that it cannot "
        means += "reach, or asking a directory that does not answer"
    else:
        means = (
            "the peer stopped in the middle; large messages such as certificate chains are lost "
        )
        means += "where a tunnel drops big packets (MTU)"
    return failure(
        report,
        "timed-out",
        seen=f"{around.gateway} was silent {reached(report)} until our patience of "
        f"{report.took:.1f} s ended",
        means=means,
        do="look at the peer's log at this time; try: openssl s_client -connect HOST:PORT",
        rule="RFC 3261 section 18.1.1",
    )


def _not_tls(report: HandshakeReport, around: Surroundings) -> Finding:
    name = around.gateway
    if "TLS on a port that takes plain TCP" in report.detail:
        means, do = (
            f"{name} speaks TLS to a port of ours that speaks plain SIP",
            "have the peer use our TLS port (usually 5061), or TCP for this one",
        )
    elif "answers with TLS" in report.detail:
        means, do = (
            f"{name} wants TLS on this port, and we speak plain TCP",
            f"umbel gateway set {name} --transport tls",
        )
    elif "HTTP" in report.detail:
        means, do = (
            "a web server or a browser is at the other end",
            f"check address and port: umbel gateway show {name}",
        )
    else:
        means, do = (
            f"{name} does not speak TLS on this connection, and we do",
            f"use the peer's TLS port (usually 5061): umbel gateway set {name} --port 5061; or "
            "its plain transport: --transport tcp",
        )
    return failure(
        report, "not-tls", seen=report.detail, means=means, do=do, rule="RFC 3261 section 26.2.1"
    )

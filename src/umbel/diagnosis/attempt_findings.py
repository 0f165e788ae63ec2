"""From the tries to reach a peer to everything that is wrong on the way, the cause first."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from umbel.core.findings import Finding, Severity
from umbel.identity.handshake import Ending, HandshakeReport
from umbel.identity.handshake_findings import handshake_findings, refused_with_answer
from umbel.identity.handshake_progress import has_heard_peer
from umbel.sip.host import write_host

from .answer_findings import answer_findings, redirection_unanswered, silence_finding
from .attempt import Attempt, Step
from .connecting_findings import connecting_finding, other_port_finding
from .peering import Peering
from .ranking import at_most
from .resolving_findings import resolving_finding

_FORBIDDEN: Final = 403


def attempts_findings(attempts: Sequence[Attempt], peering: Peering) -> Iterator[Finding]:
    """
    Explain all tries to reach one peer.

    Where one of several addresses works, what the others lack is no more than a warning.
    """
    first_tries = [one for one in attempts if not one.redirected_by and not one.despite_refusal]
    alive = [one for one in first_tries if _is_answered_well(one)]
    failed = [one for one in first_tries if not _is_answered_well(one)]
    if alive and failed:
        yield _some_fail(failed, alive, peering)
    worst = Severity.WARNING if alive else Severity.ERROR
    for attempt in failed:
        yield from at_most(worst, attempt_findings(attempt, peering))
    for attempt in alive:
        yield from attempt_findings(attempt, peering)
    for attempt in attempts:
        if attempt.despite_refusal:
            yield from attempt_findings(attempt, peering)
    yield from _after_redirection([one for one in attempts if one.redirected_by], peering)


def attempt_findings(attempt: Attempt, peering: Peering) -> Iterator[Finding]:
    """Explain one try."""
    match attempt.step:
        case Step.RESOLVING:
            yield resolving_finding(attempt, peering)
        case Step.CONNECTING:
            yield connecting_finding(attempt, peering)
        case Step.SHAKING_HANDS | Step.IDENTIFYING:
            yield from _no_tls_here(attempt, peering)
            yield from _of_handshake(attempt.handshake, peering)
        case Step.ASKING:
            yield from _unwelcome(attempt, "silence", peering)
            yield other_port_finding(attempt, peering) or silence_finding(attempt, peering)
            yield from _of_handshake(attempt.handshake, peering)
        case Step.ANSWERED:
            if attempt.status == _FORBIDDEN:
                yield from _unwelcome(attempt, f"{attempt.status} {attempt.reason}", peering)
            yield from answer_findings(attempt, peering)
            yield from _of_handshake(attempt.handshake, peering)


def speaks_no_tls(report: HandshakeReport | None) -> bool:
    """Say whether whoever took the connection shows no sign of TLS."""
    if report is None:
        return False
    return report.ending is Ending.NOT_TLS or (
        report.ending is not Ending.SUCCEEDED and not has_heard_peer(report)
    )


def _no_tls_here(attempt: Attempt, peering: Peering) -> Iterator[Finding]:
    """Say where TLS is spoken instead."""
    if speaks_no_tls(attempt.handshake):
        elsewhere = other_port_finding(attempt, peering)
        if elsewhere is not None:
            yield elsewhere


def _unwelcome(attempt: Attempt, answer: str, peering: Peering) -> Iterator[Finding]:
    """Say what a peer that took our certificate, and then nothing else, has against it."""
    report = attempt.handshake
    if report is not None and report.ending is Ending.SUCCEEDED:
        yield from refused_with_answer(report, answer, peering.around)


def _of_handshake(report: HandshakeReport | None, peering: Peering) -> Iterator[Finding]:
    if report is not None:
        yield from handshake_findings(report, peering.around)


def _after_redirection(attempts: Iterable[Attempt], peering: Peering) -> Iterator[Finding]:
    for attempt in attempts:
        if not _is_answered_well(attempt):
            yield redirection_unanswered(attempt, peering)
        yield from attempt_findings(attempt, peering)


def _is_answered_well(attempt: Attempt) -> bool:
    return attempt.step is Step.ANSWERED and attempt.is_alive


def _some_fail(failed: Sequence[Attempt], alive: Sequence[Attempt], peering: Peering) -> Finding:
    lost = ", ".join(dict.fromkeys(map(_place, failed)))
    return Finding(
        code="hops.some-fail",
        severity=Severity.WARNING,
        seen=f"{peering.target} leads to {len(failed) + len(alive)} addresses, and {lost} "
        f"{'does' if len(failed) == 1 else 'do'} not serve: {failed[0].problem or failed[0].reason}",
        means="calls that begin there wait until the next address is tried, or fail: some callers "
        "notice, and others do not",
        do=f"bring {lost} back to work, or have it taken out of DNS",
        rule="RFC 3263 section 4.3",
    )


def _place(attempt: Attempt) -> str:
    if attempt.hop is None:
        return attempt.target
    return write_host(attempt.hop.address, attempt.hop.port)

"""Many findings as one story: the worst first, causes before what they cause, each told once."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from umbel.core.findings import Finding, Severity

_OWN_FILES: Final = (
    "pem.unreadable",
    "pem.not-pem",
    "pem.damaged",
    "pem.encrypted-key",
    "pem.of-no-use",
    "tls.key-does-not-fit",
    "tls.key-fits-another",
    "own.no-key",
)
_CAUSES: Final = (
    (_OWN_FILES, ("handshake.no-own-certificate",)),
    (
        ("gateway.tls-by-address",),
        ("identity.peer-not-recognised", "handshake.peer-certificate-refused"),
    ),
)
"""What is the cause where it stands beside its effects."""


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """
    Put the worst first; of equals the one that was found first, which is nearer to the cause.

    A code that was found twice with the same cure is one trouble seen from two sides.
    """
    raised = list(_causes_raised(_distinct(findings)))
    effects = set(_effects(raised))
    return tuple(sorted(raised, key=lambda one: (-one.severity, one.code in effects)))


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Say whether nothing is found that an administrator would want to hear of."""
    return all(finding.severity is Severity.INFO for finding in findings)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Say whether something does not work."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def at_most(severity: Severity, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give the findings, none of them graver than *severity*."""
    for finding in findings:
        yield replace(finding, severity=min(finding.severity, severity))


def _distinct(findings: Iterable[Finding]) -> Collection[Finding]:
    found: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        found.setdefault((finding.code, finding.do), finding)
    return found.values()


def _causes_raised(findings: Collection[Finding]) -> Iterator[Finding]:
    """Give each cause the severity of what it causes."""
    for finding in findings:
        caused = set(_caused_by(finding))
        grave = [one.severity for one in findings if one.code in caused]
        yield replace(finding, severity=max(finding.severity, *grave)) if grave else finding


def _caused_by(finding: Finding) -> Iterator[str]:
    for causes, effects in _CAUSES:
        if finding.code in causes:
            yield from effects


def _effects(findings: Collection[Finding]) -> Iterator[str]:
    """Give the codes of those that something else here is the cause of."""
    present = {finding.code for finding in findings}
    for causes, effects in _CAUSES:
        if present.intersection(causes):
            yield from effects

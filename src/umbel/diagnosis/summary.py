"""One sentence out of many findings, which a tired administrator can act on."""

from collections.abc import Sequence

from umbel.core.findings import Finding, Severity


def summary(findings: Sequence[Finding], well: str) -> str:
    """Say the worst finding as something to do, or that all is *well*."""
    worst = findings[0] if findings else None
    if worst is None or worst.severity is Severity.INFO:
        return f"{well}."
    means, do = _first_clause(worst.means), _first_clause(worst.do)
    return f"{means[:1].upper()}{means[1:]}. To mend it: {do}."


def _first_clause(text: str) -> str:
    """Leave the details to the finding itself."""
    return text.partition(";")[0].rstrip(".")

"""How findings look on the command line: worst first, each with what it means and what to do."""

from collections.abc import Iterable

import click

from umbel.core.findings import Finding, Severity

from .output import Row

_MARKS = {Severity.INFO: " ", Severity.WARNING: "!", Severity.ERROR: "✗"}


def show_findings(findings: Iterable[Finding], indent: str = "") -> None:
    """Print findings for people."""
    for one in findings:
        click.echo(f"{indent}{_MARKS[one.severity]} {one.seen}")
        click.echo(f"{indent}    means  {one.means}")
        click.echo(f"{indent}    do     {one.do}")
        click.echo(f"{indent}    rule   {one.rule or 'none'}  ({one.code})")


def finding_row(finding: Finding) -> Row:
    """Give a finding as JSON has it."""
    return {
        "code": finding.code,
        "severity": finding.severity.name.lower(),
        "seen": finding.seen,
        "means": finding.means,
        "do": finding.do,
        "rule": finding.rule,
    }

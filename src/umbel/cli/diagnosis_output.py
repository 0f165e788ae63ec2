"""How a diagnosis looks: the steps of the way, the findings, and the sentence to act on."""

import click

from umbel.diagnosis.certificate_check import CertificateCheck, RuleVerdict
from umbel.diagnosis.diagnosis import Diagnosis
from umbel.diagnosis.steps import Sight, StepSeen
from umbel.identity.identity_findings import all_names_of
from umbel.identity.judgement import Judgement, Verdict

from .findings import finding_row, paragraph, print_summary, show_findings, worst_of
from .output import Row

SIGHTS = {
    Sight.GOOD: ("✓", "green"),
    Sight.DOUBTFUL: ("?", "yellow"),
    Sight.BAD: ("✗", "red"),
    Sight.NOT_REACHED: ("–", "bright_black"),
}
_VERDICTS = {
    Verdict.ACCEPTED: ("✓", "green"),
    Verdict.DEPENDS: ("?", "yellow"),
    Verdict.REFUSED: ("✗", "red"),
}
_STEP = 12


def print_diagnosis(diagnosis: Diagnosis, *, with_summary: bool = True) -> None:
    """Print everything about one node and one peer."""
    click.secho(f"{diagnosis.node} → {diagnosis.way}", bold=True)
    for step in diagnosis.steps:
        _print_step(step)
    show_findings(diagnosis.findings)
    if with_summary:
        print_summary(diagnosis.summary, worst=worst_of(diagnosis.findings))


def diagnosis_row(diagnosis: Diagnosis) -> Row:
    """Give a diagnosis as JSON has it."""
    return {
        "node": diagnosis.node,
        "peer": diagnosis.peer,
        "way": diagnosis.way,
        "summary": diagnosis.summary,
        "steps": [
            {"step": step.name, "looks": step.sight.value, "seen": step.text, "took": step.took}
            for step in diagnosis.steps
        ],
        "findings": [finding_row(finding) for finding in diagnosis.findings],
    }


def print_check(check: CertificateCheck) -> None:
    """Print what certificates in files are worth."""
    click.secho(f"{check.node or 'files'}: what peers make of its certificate", bold=True)
    if check.chain:
        for line in paragraph("names", all_names_of(check.names)):
            click.echo(line)
        for line in paragraph("key", check.key.value):
            click.echo(line)
        _print_verdicts(check.verdicts)
    show_findings(check.findings)
    print_summary(check.summary, worst=worst_of(check.findings))


def check_row(check: CertificateCheck) -> Row:
    """Give a check of files as JSON has it."""
    return {
        "node": check.node,
        "names": all_names_of(check.names),
        "key": check.key.value,
        "summary": check.summary,
        "rules": [_verdict_row(verdict) for verdict in check.verdicts],
        "findings": [finding_row(finding) for finding in check.findings],
    }


def _print_step(step: StepSeen) -> None:
    mark, colour = SIGHTS[step.sight]
    took = "" if step.took is None else f" ({1000 * step.took:.0f} ms)"
    lines = list(paragraph(step.name, step.text + took, indent=4, label_width=_STEP))
    click.echo(f"  {click.style(mark, fg=colour)} {lines[0][4:]}")
    for line in lines[1:]:
        click.echo(line)


def _print_verdicts(verdicts: tuple[RuleVerdict, ...]) -> None:
    click.echo()
    click.secho("  rule          we call it   it calls us   chain", bold=True)
    for verdict in verdicts:
        cells = (_mark(verdict.to_peer), _mark(verdict.from_peer))
        chain = click.style("✓", fg="green") if verdict.takes_chain else click.style("✗", fg="red")
        click.echo(
            f"  {verdict.rule.name:<14}{cells[0]}            {cells[1]}             {chain}   "
            + click.style(verdict.rule.title, dim=True)
        )


def _mark(judgement: Judgement) -> str:
    mark, colour = _VERDICTS[judgement.verdict]
    return click.style(mark, fg=colour)


def _verdict_row(verdict: RuleVerdict) -> Row:
    return {
        "rule": verdict.rule.name,
        "to_peer": verdict.to_peer.verdict.value,
        "to_peer_why": str(verdict.to_peer),
        "from_peer": verdict.from_peer.verdict.value,
        "from_peer_why": str(verdict.from_peer),
        "chain": [finding_row(finding) for finding in verdict.chain],
    }

"""How findings look: on a terminal as blocks that can be read in one glance, for programs as JSON."""

import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence

import click

from umbel.core.findings import Finding, Severity
from umbel.trace.visible import visible

from .output import Row

_MARKS = {
    Severity.ERROR: ("✗", "red"),
    Severity.WARNING: ("!", "yellow"),
    Severity.INFO: ("·", "blue"),
}
_NARROWEST, _WIDEST = 60, 100
_LABEL = 8
_COMMAND = re.compile(
    r"\b(?:umbel|openssl|dig|timedatectl|chmod|ip)(?: (?!or\b|and\b|why\b)[^\s;,()]+)+"
)
_GLUE = "\u00a0"
"""Stands for a space that no line is broken at."""


def width() -> int:
    """Give the columns to write in: lines that are too long are hard to read."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))


def show_findings(findings: Iterable[Finding], indent: str = "") -> None:
    """Print each finding as a block: what was seen, what it means, what to do, by which rule."""
    for finding in findings:
        mark, colour = _MARKS[finding.severity]
        sign, code = click.style(mark, fg=colour, bold=True), click.style(finding.code, bold=True)
        click.echo(f"\n{indent}{sign} {code}")
        for line in _body(finding, len(indent)):
            click.echo(line)


def print_summary(sentence: str, *, worst: Severity | None) -> None:
    """Print the sentence that a tired person reads first, which is the last on the screen."""
    mark, colour = _MARKS[worst] if worst is not None and worst > Severity.INFO else ("✓", "green")
    click.echo()
    for number, line in enumerate(wrapped(sentence, width() - 2)):
        start = click.style(mark, fg=colour, bold=True) if number == 0 else " "
        click.echo(f"{start} {click.style(line, bold=True)}")


def worst_of(findings: Sequence[Finding]) -> Severity | None:
    """Give the gravest severity; ``None``: nothing was found."""
    return max((finding.severity for finding in findings), default=None)


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


def paragraph(
    label: str, text: str, *, indent: int = 2, label_width: int = _LABEL
) -> Iterator[str]:
    """Give a labelled paragraph, its lines beneath each other; commands stay on one line."""
    before = " " * indent
    hanging = before + " " * label_width
    first, *others = wrapped(text, width() - len(hanging)) or [""]
    yield f"{before}{click.style(f'{label:<{label_width}}', dim=True)}{first}"
    for line in others:
        yield hanging + line


def wrapped(text: str, columns: int) -> list[str]:
    """Break a text into lines, but no command, so that it can be copied."""
    glued = _COMMAND.sub(_glued, visible(text.replace("\n", " ")))
    lines = textwrap.wrap(glued, columns, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_GLUE, " ") for line in lines]


def _glued(command: re.Match[str]) -> str:
    """Keep a command together; of one that is too long, what it begins with."""
    words = command[0].split(" ")
    whole = len(words) if len(command[0]) <= _NARROWEST - _LABEL else 3
    return " ".join([_GLUE.join(words[:whole]), *words[whole:]])


def _body(finding: Finding, indent: int) -> Iterator[str]:
    for label, text in (
        ("seen", finding.seen),
        ("means", finding.means),
        ("do", finding.do),
        ("rule", finding.rule),
    ):
        if text:
            yield from paragraph(label, text, indent=indent + 2)

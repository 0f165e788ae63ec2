"""How a whole site looks: every node, gateway and direction in one glance, then what is wrong."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import click
from rich.cells import cell_len

from umbel.core.findings import Severity
from umbel.diagnosis.diagnosis import Diagnosis
from umbel.diagnosis.matrix import Cell, MatrixRow, SiteDiagnosis

from .diagnosis_output import SIGHTS, diagnosis_row, print_diagnosis
from .findings import finding_row, print_summary, show_findings, worst_of
from .output import Row

_MARK = 2
"""The width of a mark with the space behind it."""
_HEADER = ("node", "gateway", "to the gateway", "from the gateway")


def print_site(site: SiteDiagnosis, *, in_full: bool) -> None:
    """Print the matrix and the findings; *in_full*: also the steps, and what is only good to know."""
    if not in_full or len(site.diagnoses) > 1:
        _print_matrix(site.rows)
    show_findings(site.own)
    for diagnosis in site.diagnoses:
        if in_full and diagnosis.seen.is_live:
            click.echo()
            print_diagnosis(diagnosis, with_summary=False)
        else:
            _print_trouble(diagnosis, in_full=in_full)
    print_summary(site.summary, worst=worst_of(site.findings))


def site_row(site: SiteDiagnosis) -> Row:
    """Give a site as JSON has it."""
    return {
        "matrix": [_matrix_row(row) for row in site.rows],
        "summary": site.summary,
        "own": [finding_row(finding) for finding in site.own],
        "diagnoses": [diagnosis_row(diagnosis) for diagnosis in site.diagnoses],
    }


def _print_matrix(rows: Sequence[MatrixRow]) -> None:
    lines = [
        (row.node, row.gateway, _words(row.to_gateway), _words(row.from_gateway)) for row in rows
    ]
    widths = [max(map(cell_len, column)) + 2 for column in zip(_HEADER, *lines, strict=True)]
    widths[2] += _MARK
    header = "".join(f"{name:<{width}}" for name, width in zip(_HEADER, widths, strict=True))
    click.secho(header.rstrip(), bold=True)
    last = ""
    for row in rows:
        names = ("" if row.node == last else row.node, row.gateway)
        last = row.node
        cells = [f"{name:<{width}}" for name, width in zip(names, widths, strict=False)]
        click.echo("".join([*cells, _cell(row.to_gateway, widths[2]), _cell(row.from_gateway)]))


def _cell(cell: Cell, width: int = 0) -> str:
    mark, colour = SIGHTS[cell.sight]
    words = _words(cell)
    return f"{click.style(mark, fg=colour)} {words}{' ' * (width - _MARK - cell_len(words))}"


def _words(cell: Cell) -> str:
    return cell.text if cell.at is None else f"{cell.text}, {age(cell.at)} ago"


def age(at: datetime) -> str:
    """Say how long ago something was, in one unit."""
    ago = max(datetime.now(UTC) - at, timedelta())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if ago.total_seconds() >= length:
            return f"{ago.total_seconds() / length:.0f} {unit}"
    return f"{ago.total_seconds():.0f} s"


def _print_trouble(diagnosis: Diagnosis, *, in_full: bool) -> None:
    """Print what is wrong with one row of the matrix."""
    least = Severity.INFO if in_full else Severity.WARNING
    findings = [one for one in diagnosis.findings if one.severity >= least]
    if findings:
        click.echo()
        click.secho("".join(_title(diagnosis)), bold=True)
        show_findings(findings)


def _title(diagnosis: Diagnosis) -> Iterator[str]:
    yield f"{diagnosis.node} → {diagnosis.peer}, {diagnosis.way}"
    if not diagnosis.seen.is_live:
        yield f" (as it saw it {age(diagnosis.seen.at)} ago)"


def _matrix_row(row: MatrixRow) -> Row:
    return {
        "node": row.node,
        "gateway": row.gateway,
        "to_gateway": _cell_row(row.to_gateway),
        "from_gateway": _cell_row(row.from_gateway),
    }


def _cell_row(cell: Cell) -> Row:
    return {"looks": cell.sight.value, "state": cell.text, "at": cell.at}

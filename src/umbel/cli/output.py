"""How the command line answers: tables for people, JSON for programs."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import ParamSpec, TypeVar

import click
from rich.cells import cell_len

from umbel.trace.visible import visible

_CONTROLS = re.compile("[\x7f-\x9f]")
"""DEL and C1, some of which begin commands to a terminal as ESC does."""

Row = Mapping[str, object]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def json_option(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Give a command ``--json``, handed to it as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")(
        command
    )


def show_rows(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Print many things: a table with *columns*, or a JSON list with everything."""
    if as_json:
        print_json([dict(row) for row in rows])
        return
    if not rows:
        click.echo(empty)
        return
    shown = [[words(row.get(column)) for column in columns] for row in rows]
    header = [column.replace("_", " ") for column in columns]
    widths = [max(map(cell_len, column)) for column in zip(header, *shown, strict=True)]
    click.secho(_line(header, widths), bold=True)
    for cells in shown:
        click.echo(_line(cells, widths))


def show_one(row: Row, *, as_json: bool) -> None:
    """Print one thing: a line for each field, or a JSON object."""
    if as_json:
        print_json(dict(row))
        return
    width = max(map(len, row), default=0)
    for name, value in row.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {words(value)}")


def print_json(content: object) -> None:
    """Print *content* as JSON that is stable and readable."""
    click.echo(_json(content, indent=2))


def words(value: object) -> str:
    """Give a value as a person reads it; empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {words(content)}" for name, content in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(words, value))
    return shown(str(value))


def shown(text: str) -> str:
    """Give a text, perhaps of several lines, that cannot steer the terminal: peers write some."""
    return "\n".join(map(visible, text.split("\n")))


def clock_time(at: datetime) -> str:
    """Give the time of day on this machine's clock."""
    return at.astimezone().strftime("%H:%M:%S")


def print_json_line(content: object) -> None:
    """Print *content* as one line of JSON, for what goes on and on."""
    click.echo(_json(content))


def _json(content: object, indent: int | None = None) -> str:
    """Write JSON, readable in every language; controls stay escaped, those that JSON permits too."""
    text = json.dumps(content, indent=indent, ensure_ascii=False, default=_plain)
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Put cells under their headers; nothing is folded or cut, so that it can be copied."""
    padded = (
        cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)
    )
    return "  ".join(padded).rstrip()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)

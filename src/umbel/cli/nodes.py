"""``umbel node list`` and ``show``: what was set about each node, and when it was seen last."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import click

from umbel.admin.administration import Administration
from umbel.core.errors import Mistake
from umbel.directory.objects import Node
from umbel.directory.records import NodeRecord

from .objects import row_of
from .output import Row, json_option, show_one, show_rows
from .session import run

SILENT_AFTER = timedelta(seconds=30)
"""A node tells every ten seconds that it lives; after three times nothing it is thought gone."""


@click.command("list", help="List the nodes, what was set about them, and when each was last seen.")
@json_option
@click.pass_context
def list_nodes(ctx: click.Context, as_json: bool) -> None:
    """List the nodes."""
    rows = run(ctx, _rows)
    show_rows(
        rows if as_json else [{**row, "load": load_in_words(row.get("load"))} for row in rows],
        ("name", "status", "state", "version", "started", "heartbeat", "load", "listeners"),
        as_json=as_json,
        empty="No node has served from this store yet: umbel serve",
    )


@click.command("show", help="Show everything about one node.")
@click.argument("which", metavar="NAME")
@json_option
@click.pass_context
def show_node(ctx: click.Context, which: str, as_json: bool) -> None:
    """Show one node."""
    rows = {str(row["name"]): row for row in run(ctx, _rows)}
    if which not in rows:
        names = ", ".join(rows) or "none yet"
        raise Mistake(f'"{which}"', expected=f"the name of a node ({names})", where="node show")
    show_one(rows[which], as_json=as_json)


async def _rows(admin: Administration) -> Sequence[Row]:
    """Lay what is set beside what is seen: a node may lack either."""
    set_about = {one.name: one for one in await admin.list("node") if isinstance(one, Node)}
    seen = {record.name: record for record in await admin.nodes()}
    return [
        node_row(set_about.get(name, Node(name=name)), seen.get(name))
        for name in sorted(set_about.keys() | seen.keys())
    ]


def load_in_words(load: object) -> str:
    """Give the load of a node as a table has it; empty: it has told none."""
    if not isinstance(load, Mapping):
        return ""
    text = f"{load['calls']} calls, {100 * load['busy']:.0f} % busy"
    for figure, what in (("skipped", "ticks left out"), ("refused", "refused")):
        text += f", {load[figure]} {what}" if load[figure] else ""
    return f"{text}, full" if load["full_because"] else text


def node_row(node: Node, record: NodeRecord | None) -> Row:
    """Give a node as tables and JSON have it."""
    if record is None:
        return {**row_of(node), "state": "never seen"}
    is_alive = datetime.now(UTC) - record.heartbeat < SILENT_AFTER
    return {
        **row_of(node),
        "state": "serving" if is_alive else "silent",
        **dataclasses.asdict(record),
    }

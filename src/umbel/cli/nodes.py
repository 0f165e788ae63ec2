"""``umbel node``: who serves from the store."""

import dataclasses
from datetime import UTC, datetime, timedelta

import click

from umbel.core.errors import Mistake
from umbel.directory.records import NodeRecord

from .output import Row, json_option, show_one, show_rows
from .session import Group, run

SILENT_AFTER = timedelta(seconds=30)
"""A node tells every ten seconds that it lives; after three times nothing it is thought gone."""


@click.group(cls=Group)
def node() -> None:
    """Show the nodes that serve from this store. A node adds itself when it serves."""


@node.command("list")
@json_option
@click.pass_context
def list_nodes(ctx: click.Context, as_json: bool) -> None:
    """List the nodes and when each was last seen."""
    found = run(ctx, lambda admin: admin.nodes())
    show_rows(
        [node_row(record) for record in found],
        ("name", "state", "version", "started", "heartbeat", "listeners"),
        as_json=as_json,
        empty="No node has served from this store yet: umbel serve",
    )


@node.command("show")
@click.argument("name")
@json_option
@click.pass_context
def show_node(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show one node."""
    found = run(ctx, lambda admin: admin.nodes())
    record = next((each for each in found if each.name == name), None)
    if record is None:
        names = ", ".join(each.name for each in found) or "none yet"
        raise Mistake(f'"{name}"', expected=f"the name of a node ({names})", where="node show")
    show_one(node_row(record), as_json=as_json)


def node_row(record: NodeRecord) -> Row:
    """Give a node as tables and JSON have it."""
    is_alive = datetime.now(UTC) - record.heartbeat < SILENT_AFTER
    return dataclasses.asdict(record) | {"state": "serving" if is_alive else "silent"}

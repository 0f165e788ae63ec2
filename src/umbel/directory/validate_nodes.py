"""What may be wrong with nodes."""

from collections.abc import Callable, Iterator

from umbel.core.call_filter import CallFilter
from umbel.core.errors import Mistake
from umbel.core.log_levels import LogLevels

from .objects import Node
from .ports import Configuration
from .problems import Problem, is_host_name


def node_problems(configuration: Configuration) -> Iterator[Problem]:
    """Check every node about which something is set."""
    for name in sorted(configuration.nodes):
        node = configuration.nodes[name]
        yield from _name(name)
        yield from _readable(node, "event_level", LogLevels.parse)
        yield from _readable(node, "event_filter", CallFilter.parse)


def _name(name: str) -> Iterator[Problem]:
    if not is_host_name(name):
        yield Problem(
            code="node.name",
            where=f"node {name}, name",
            found=f'"{name}"',
            expected="the fully qualified domain name that the node's settings file has",
            do="umbel node list shows the nodes that serve",
        )


def _readable(
    node: Node, field: str, parse: Callable[[tuple[str, ...], str], object]
) -> Iterator[Problem]:
    where = f"node {node.name}, {field}"
    try:
        parse(getattr(node, field), where)
    except Mistake as mistake:
        flag = "--" + field.replace("_", "-")
        yield Problem(
            code=f"node.{field}",
            where=where,
            found=mistake.found,
            expected=mistake.expected,
            do=f"umbel node set {node.name} {flag} …",
        )

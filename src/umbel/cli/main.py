"""``umbel``: the command line."""

import warnings
from importlib.metadata import version
from pathlib import Path

import click

from .calls import calls
from .certificate import certificate
from .diagnose import diagnose, test_call
from .events import events
from .messages import message
from .nodes import list_nodes, show_node
from .objects import noun_groups
from .pins import pin
from .serving import serve, try_system
from .session import Group
from .site import apply, export
from .trace import trace


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--settings",
    type=click.Path(path_type=Path),
    envvar="UMBEL_SETTINGS",
    help="The settings file; without it ./umbel.toml, then /etc/umbel/umbel.toml.",
)
@click.version_option(version("umbel"), prog_name="umbel")
def main(settings: Path | None) -> None:
    """Umbel: auto attendant, voice mail and subscriber access for SIP networks.

    New here? umbel try
    """
    # What libraries think of a peer's certificate: our findings say it, and what to do about it.
    warnings.filterwarnings("ignore", module=r"umbel\.")


for _command in (
    serve, try_system, apply, export, events, calls, message, certificate, diagnose, test_call,
    trace,
):  # fmt: skip
    main.add_command(_command)
for _group in noun_groups():
    main.add_command(_group)
    if _group.name == "mailbox":
        _group.add_command(pin)
    if _group.name == "node":
        _group.add_command(list_nodes)
        _group.add_command(show_node)

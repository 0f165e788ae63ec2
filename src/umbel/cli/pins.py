"""``umbel mailbox pin``: give a subscriber a new PIN."""

import click

from .output import json_option, print_json
from .session import run


@click.command("pin")
@click.argument("extension")
@click.option("--choose", is_flag=True, help="Ask for the PIN instead of making one.")
@json_option
@click.pass_context
def pin(ctx: click.Context, extension: str, choose: bool, as_json: bool) -> None:
    """Give the mailbox a new PIN, print it, and end a lockout; the subscriber changes it."""
    chosen = click.prompt("PIN", hide_input=True, confirmation_prompt=True) if choose else None
    new = run(ctx, lambda admin: admin.set_pin(extension, chosen))
    if as_json:
        print_json({"extension": extension, "pin": new})
    elif chosen is None:
        click.echo(f"The PIN of mailbox {extension} is now {new}. It is to be changed at logon.")
    else:
        click.echo(f"The PIN of mailbox {extension} was set. It is to be changed at logon.")

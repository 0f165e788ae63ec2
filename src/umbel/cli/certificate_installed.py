"""How the command line tells what became of a certificate that was to be put to use."""

import click

from umbel.admin.certificates import Installed

from .certificate_facts import facts_row
from .findings import finding_row, show_findings
from .output import print_json
from .session import FINDINGS


def show_installed(ctx: click.Context, done: Installed, *, as_json: bool) -> None:
    """Tell what became of it; exit code 1 where it was refused."""
    if as_json:
        print_json(
            {
                "installed": done.new is not None,
                "old": facts_row(done.old) if done.old else None,
                "new": facts_row(done.new) if done.new else None,
                "findings": [finding_row(one) for one in done.findings],
            }
        )
    else:
        show_findings(done.findings)
        click.echo(_sentence(done))
    if done.new is None:
        ctx.exit(FINDINGS)


def _sentence(done: Installed) -> str:
    if done.new is None:
        return "It does not fit, and nothing was changed. --force overrides ! but never ✗."
    sentence = f"In use: {done.new.subject}, serial {done.new.serial}, until {done.new.ends:%F}."
    if done.old is not None:
        sentence += f" Before: {done.old.subject}, serial {done.old.serial}, kept as .old."
    return sentence

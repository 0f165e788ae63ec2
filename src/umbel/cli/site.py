"""``umbel apply`` and ``umbel export``: the whole site as one file."""

from pathlib import Path

import click

from umbel.admin.kinds import kind_of, name_of
from umbel.admin.plan import Plan
from umbel.core.errors import Mistake, system_says

from .output import json_option, print_json
from .session import run


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--prune", is_flag=True, help="Remove what the file does not mention.")
@json_option
@click.pass_context
def apply(ctx: click.Context, file: Path, dry_run: bool, prune: bool, as_json: bool) -> None:
    """Make the store hold what FILE says, all of it or nothing; prints its plan."""
    text = _read(file)
    where = str(file)
    if dry_run:
        plan = run(ctx, lambda admin: admin.plan(text, where, prune=prune))
    else:
        plan = run(ctx, lambda admin: admin.apply(text, where, prune=prune))
    sentences = [change.sentence for change in plan.changes]
    if as_json:
        print_json({"changes": sentences, "applied": bool(sentences) and not dry_run})
        return
    for sentence in sentences:
        click.echo(sentence)
    click.echo(_summary(plan, dry_run=dry_run))


@click.command()
@click.pass_context
def export(ctx: click.Context) -> None:
    """Print every object, as ``umbel apply`` reads it. Contains gateways' passwords."""
    click.echo(run(ctx, lambda admin: admin.export()), nl=False)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Mistake(system_says(error), expected="a site file", where=str(file)) from error


def _summary(plan: Plan, *, dry_run: bool) -> str:
    count = len(plan.changes)
    done = "Nothing to change." if not count else f"{count} change{'s' * (count > 1)}"
    if count:
        done += " would be made." if dry_run else " made."
    if plan.unmentioned:
        names = ", ".join(f"{kind_of(thing).noun} {name_of(thing)}" for thing in plan.unmentioned)
        done += f" Not in the file and kept (--prune removes them): {names}."
    return done

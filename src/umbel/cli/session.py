"""What every command begins with: the settings, the store behind them, and errors for people."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import click

from umbel.admin.administration import Administration
from umbel.app.settings import Settings, load_settings
from umbel.core.errors import Mistake, Unavailable

Result = TypeVar("Result")

PLACES = (Path("umbel.toml"), Path("/etc/umbel/umbel.toml"))
"""Where settings are looked for when none are named."""

FINDINGS = 1
"""Exit code: it ran, and found something wrong."""
USAGE = 2
"""Exit code: it could not do what was asked."""

EXIT_CODES = {
    0: "Fine.",
    FINDINGS: "It ran, and found something wrong: a finding of severity error, or a proof that failed.",
    USAGE: "It could not do what was asked; what was found, what was expected, where and what to do "
    "is on standard error.",
}
"""What each exit code means, for every command."""


class Group(click.Group):
    """Commands whose mistakes are told in words, with exit code 2."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (Mistake, Unavailable) as error:
            click.echo(f"umbel: {error}", err=True)
            ctx.exit(USAGE)


def settings_of(ctx: click.Context) -> Settings:
    """Load the settings that the command line names, or those at the usual places."""
    return load_settings(settings_path(ctx))


def has_settings(ctx: click.Context) -> bool:
    """Say whether there are settings, named or at the usual places."""
    return _found_settings(ctx) is not None


def settings_path(ctx: click.Context) -> Path:
    """Find the settings file."""
    found = _found_settings(ctx)
    if found is None:
        raise Mistake(
            "no settings",
            expected=" or ".join(str(path) for path in PLACES),
            where=os.getcwd(),
            do="name a file with --settings, or begin with: umbel try",
        )
    return found


def _found_settings(ctx: click.Context) -> Path | None:
    named = ctx.find_root().params.get("settings")
    if isinstance(named, Path):
        return named
    return next((path for path in PLACES if path.exists()), None)


def run(ctx: click.Context, operation: Callable[[Administration], Awaitable[Result]]) -> Result:
    """Run an administrative operation on the store of the settings."""

    # Imported here, like the node in ``serving``: help and mistakes in what was typed come at once.
    from umbel.app.administration import open_administration

    async def work() -> Result:
        async with open_administration(settings_of(ctx)) as administration:
            return await operation(administration)

    return asyncio.run(work())


def follow(ctx: click.Context, operation: Callable[[Administration], Awaitable[None]]) -> None:
    """Run an operation that goes on until somebody presses Ctrl-C, which is no failure."""
    with suppress(KeyboardInterrupt):
        run(ctx, operation)

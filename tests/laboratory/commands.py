"""Whether the commands that a cure names exist, with the options that it gives them."""

import re
from collections.abc import Iterator

import click

from umbel.cli.main import main

_COMMAND = re.compile(r"umbel (?:[^;,:()]+)")
_OPTION = re.compile(r"--[a-z-]+")


def unknown_commands(cure: str) -> Iterator[str]:
    """Give what of a cure nobody could type."""
    for found in _COMMAND.findall(cure):
        words = found.split()[1:]
        command: click.Command = main
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        known = {option for one in command.params for option in one.opts}
        if command is main or (isinstance(command, click.Group) and words):
            yield found
        yield from (option for option in _OPTION.findall(found) if option not in known)

"""``umbel message``: what subscribers were left, from the command line."""

import dataclasses
import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from umbel.core.errors import Mistake, system_says
from umbel.mailbox.message import Message

from .output import Row, json_option, show_rows
from .session import run

PLAYERS = (
    ("aplay", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
    ("play", "-q"),
)
"""Programs that play a WAV file, with their arguments."""


@click.group()
def message() -> None:
    """List, play and export voice messages."""


@message.command("list")
@click.argument("extension")
@json_option
@click.pass_context
def list_messages(ctx: click.Context, extension: str, as_json: bool) -> None:
    """List the messages of the mailbox with EXTENSION."""
    found = run(ctx, lambda admin: admin.messages(extension))
    show_rows(
        [message_row(each) for each in found],
        ("id", "state", "received", "from", "duration", "importance", "was_interrupted"),
        as_json=as_json,
        empty="No messages.",
    )


@message.command("export")
@click.argument("name", metavar="MESSAGE")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def export_message(ctx: click.Context, name: str, file: Path) -> None:
    """Write MESSAGE to FILE as WAV, 16-bit, 8000 samples a second."""
    content = _as_wav(ctx, name)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Mistake(
            system_says(error), expected="a file that can be written", where=str(file)
        ) from error
    click.echo(f"Wrote {file}.")


@message.command("play")
@click.argument("name", metavar="MESSAGE")
@click.pass_context
def play_message(ctx: click.Context, name: str) -> None:
    """Play MESSAGE on this machine."""
    content = _as_wav(ctx, name)
    player = next((command for command in PLAYERS if shutil.which(command[0])), None)
    if player is None:
        raise Mistake(
            "no program that plays sound",
            expected="one of " + ", ".join(command[0] for command in PLAYERS),
            where="umbel message play",
            do=f"umbel message export {name} message.wav",
        )
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        file.write(content)
        file.flush()
        finished = subprocess.run([*player, file.name], check=False)
    if finished.returncode:
        raise Mistake(
            f"{player[0]} ended with code {finished.returncode}",
            expected="sound",
            where="umbel message play",
            do=f"umbel message export {name} message.wav",
        )


def message_row(each: Message) -> Row:
    """Give a message as tables and JSON have it."""
    caller = each.caller.name or each.caller.number or "anonymous"
    row = dataclasses.asdict(each)
    return row | {"from": caller, "duration": round(each.duration, 1)}


def _as_wav(ctx: click.Context, name: str) -> bytes:
    from umbel.media import wav  # With it comes numpy, which no other command waits for.

    _message, linear = run(ctx, lambda admin: admin.message_audio(name))
    return wav.header(len(linear), 8000) + linear

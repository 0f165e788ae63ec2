"""Text of peers, made fit for a terminal and a store: whoever sends it must steer neither."""

from collections.abc import Mapping

from umbel.core.events import Field


def visible(text: str) -> str:
    """
    Give the text in one line: white space as spaces, what cannot be printed as U+FFFD.

    No store takes the surrogates that stand for octets that are no UTF-8, and PostgreSQL no NUL.
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def visible_fields(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Give the fields of an event or a milestone with their texts made visible."""
    return {
        name: visible(value) if isinstance(value, str) else value for name, value in fields.items()
    }


def visible_lines(octets: bytes) -> list[str]:
    """Give a message as lines that can be printed."""
    return [visible(line) for line in octets.decode("utf-8", "replace").splitlines()]


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"

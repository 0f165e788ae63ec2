"""The log: pretty on a terminal, one JSON object a line otherwise."""

import sys
from typing import TextIO

import structlog

from umbel.core.events import Event, Level

from .settings import LogFormat


def configure_log(
    log_format: LogFormat, *, stream: TextIO | None = None, quiet: bool = False
) -> None:
    """
    Set up structlog for this process; the log goes to standard error.

    *quiet*: only warnings and errors.
    """
    stream = stream or sys.stderr
    pretty = stream.isatty() if log_format is LogFormat.AUTO else log_format is LogFormat.PRETTY
    stamps: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[structlog.typing.Processor] = (
        [
            structlog.dev.ConsoleRenderer(
                colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
        if pretty
        else [_TRACEBACKS, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*stamps, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger("warning" if quiet else "info"),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
"""Without local variables: they hold keys, PINs and whole messages."""

_OURS = frozenset({"event", "number", "category", "node", "do"})
"""Keys of a log line that say the same for every event."""


_METHODS = {Level.INFORMATION: "info", Level.WARNING: "warning", Level.ERROR: "error"}


def log_event(event: Event) -> None:
    """Write an event as one line, its fields apart from its sentence."""
    write = getattr(structlog.get_logger("umbel"), _METHODS[event.kind.level])
    fields = {name: value for name, value in event.fields.items() if name not in _OURS}
    if event.kind.level is not Level.INFORMATION:
        fields["do"] = event.cure
    write(
        event.sentence,
        number=event.kind.number,
        category=event.kind.category.value,
        node=event.node,
        **fields,
    )

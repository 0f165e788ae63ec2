"""The log: pretty on a terminal, one JSON object a line otherwise."""

import sys
from typing import TextIO

import structlog

from umbel.core.events import Event, Level

from .settings import LogFormat


def configure_log(log_format: LogFormat, stream: TextIO | None = None) -> None:
    """Set up structlog for this process; the log goes to standard error."""
    stream = stream or sys.stderr
    pretty = stream.isatty() if log_format is LogFormat.AUTO else log_format is LogFormat.PRETTY
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if pretty
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks if not pretty else _leave,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def log_event(event: Event) -> None:
    """Write an event as one line, its fields apart from its sentence."""
    log = structlog.get_logger("umbel")
    write = {
        Level.INFORMATION: log.info,
        Level.WARNING: log.warning,
        Level.ERROR: log.error,
    }[event.kind.level]
    advice = (
        {"do": event.kind.do} if event.kind.do and event.kind.level is not Level.INFORMATION else {}
    )
    fields = {name: value for name, value in event.fields.items() if name not in ("event", "do")}
    write(
        event.sentence,
        number=event.kind.number,
        category=event.kind.category.value,
        node=event.node,
        **{
            name: value
            for name, value in fields.items()
            if name not in ("number", "category", "node")
        },
        **advice,
    )


def _leave(
    _logger: structlog.typing.WrappedLogger, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return event

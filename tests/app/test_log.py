"""Each event is one line of the log: for people on a terminal, for programs elsewhere."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog
from tests.support.still_clock import PIONEERS_DAY

from umbel.app.log import configure_log, log_event
from umbel.app.settings import LogFormat
from umbel.core import event_catalogue as catalogue
from umbel.core.events import Event, EventKind, Field


@pytest.fixture(autouse=True)
def _former_log() -> Iterator[None]:
    """Leave the log of the other tests as it was."""
    former = structlog.get_config()
    yield
    structlog.configure(**former)


class Terminal(io.StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


def event(kind: EventKind, **fields: Field) -> Event:
    return Event(kind=kind, at=PIONEERS_DAY, node="node01.umbel.test", fields=fields)


LOCKED_OUT = event(catalogue.LOCKED_OUT, mailbox="2001", failures=5)
STORE_BACK = event(catalogue.STORE_AVAILABLE, node="node01.umbel.test")


class TestForPrograms:
    def test_an_event_is_one_json_object(self) -> None:
        stream = io.StringIO()
        configure_log(LogFormat.AUTO, stream=stream)
        log_event(LOCKED_OUT)

        line = json.loads(stream.getvalue())
        line.pop("timestamp")
        assert line == {
            "event": LOCKED_OUT.sentence,
            "level": "warning",
            "number": 1012,
            "category": "subscriber-access",
            "node": "node01.umbel.test",
            "mailbox": "2001",
            "failures": 5,
            "do": LOCKED_OUT.cure,
        }

    def test_an_information_has_no_cure(self) -> None:
        stream = io.StringIO()
        configure_log(LogFormat.JSON, stream=stream)
        log_event(STORE_BACK)

        line = json.loads(stream.getvalue())
        assert line["level"] == "info"
        assert "do" not in line

    def test_a_traceback_shows_no_local_variable(self) -> None:
        stream = io.StringIO()
        configure_log(LogFormat.JSON, stream=stream)
        try:
            _fail_with("4711")
        except ValueError as error:
            structlog.get_logger("umbel").error("a call failed", exc_info=error)

        assert "_fail_with" in stream.getvalue()
        assert "4711" not in stream.getvalue()

    def test_they_are_asked_for_on_a_terminal_too(self) -> None:
        stream = Terminal()
        configure_log(LogFormat.JSON, stream=stream)
        log_event(STORE_BACK)

        assert json.loads(stream.getvalue())["number"] == 2061


class TestForPeople:
    def test_an_event_is_its_sentence(self) -> None:
        stream = Terminal()
        configure_log(LogFormat.AUTO, stream=stream)
        log_event(LOCKED_OUT)

        assert LOCKED_OUT.sentence in stream.getvalue()
        assert not stream.getvalue().startswith("{")

    def test_there_is_no_colour_where_nobody_sees_it(self) -> None:
        stream = io.StringIO()
        configure_log(LogFormat.PRETTY, stream=stream)
        log_event(LOCKED_OUT)

        assert LOCKED_OUT.sentence in stream.getvalue()
        assert "\x1b" not in stream.getvalue()

    def test_a_quiet_log_has_only_what_matters(self) -> None:
        stream = Terminal()
        configure_log(LogFormat.AUTO, stream=stream, quiet=True)
        log_event(STORE_BACK)
        log_event(LOCKED_OUT)

        assert STORE_BACK.sentence not in stream.getvalue()
        assert LOCKED_OUT.sentence in stream.getvalue()


def _fail_with(pin: str) -> None:
    if pin:
        raise ValueError("as the test wants it")

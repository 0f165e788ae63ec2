"""A fault that nobody expected is told once, and keeps nobody else from going on."""

import asyncio

import pytest
from tests.support.still_clock import StillClock
from tests.support.told import Told

from umbel.app.faults import TELL_EVERY, Faults
from umbel.core import event_catalogue as catalogue


class TestAFault:
    def test_is_told_with_what_was_being_done(self) -> None:
        told = Told()
        with Faults(told, StillClock()).contained("taking a SIP message"):
            _fail("a byte too many")

        assert told.kinds == [catalogue.FAULT]
        assert told.events[0].fields == {
            "what": "taking a SIP message",
            "error": "ValueError('a byte too many')",
        }

    def test_that_comes_back_at_once_is_told_once_a_minute(self) -> None:
        told, clock = Told(), StillClock()
        faults = Faults(told, clock)
        for _second in range(int(TELL_EVERY) + 1):
            faults.tell("letting a timer act", ValueError("again"))
            clock.go_on(1)

        assert len(told.events) == 2

    def test_of_another_kind_or_at_another_place_is_told_too(self) -> None:
        told = Told()
        faults = Faults(told, StillClock())
        faults.tell("sending", ValueError("one"))
        faults.tell("sending", KeyError("two"))
        faults.tell("taking", ValueError("three"))

        assert [event.fields["what"] for event in told.events] == ["sending", "sending", "taking"]

    def test_keeps_nobody_from_being_cancelled(self) -> None:
        told = Told()
        with (
            pytest.raises(asyncio.CancelledError),
            Faults(told, StillClock()).contained("giving a sign of life"),
        ):
            raise asyncio.CancelledError

        assert told.events == []


def _fail(why: str) -> None:
    raise ValueError(why)

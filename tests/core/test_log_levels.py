"""How much the log tells."""

import pytest

from umbel.core.errors import Mistake
from umbel.core.events import Category, Level
from umbel.core.log_levels import NEEDED, LogLevel, LogLevels


class TestALevel:
    def test_includes_what_those_before_it_tell(self) -> None:
        told = [level.value for level in LogLevel if LogLevel.MEDIUM.includes(level)]
        assert told == ["lowest", "low", "medium"]

    def test_is_needed_the_less_the_worse_an_event_is(self) -> None:
        assert [NEEDED[level] for level in (Level.ERROR, Level.WARNING, Level.INFORMATION)] == [
            LogLevel.LOWEST,
            LogLevel.LOW,
            LogLevel.MEDIUM,
        ]


class TestLevels:
    def test_are_medium_where_nothing_is_said(self) -> None:
        levels = LogLevels()
        assert levels.tells(Category.CALL, LogLevel.MEDIUM)
        assert not levels.tells(Category.CALL, LogLevel.HIGH)

    def test_are_read_whatever_their_case(self) -> None:
        levels = LogLevels.parse(["TLS=Expert", "call-transfer = low"], "here")
        assert levels.of(Category.TLS) is LogLevel.EXPERT
        assert levels.of(Category.CALL_TRANSFER) is LogLevel.LOW
        assert levels.of(Category.CALL) is LogLevel.MEDIUM

    def test_may_be_set_for_all_categories_but_those_named(self) -> None:
        levels = LogLevels.parse(["all=lowest", "sip=high"], "here")
        assert levels.of(Category.CALL) is LogLevel.LOWEST
        assert levels.of(Category.SIP) is LogLevel.HIGH

    @pytest.mark.parametrize("text", ["tls", "tls=loud", "telegraph=high", "=high", ""])
    def test_that_make_no_sense_are_told(self, text: str) -> None:
        with pytest.raises(
            Mistake, match="expected CATEGORY=LEVEL, with a category of all, system"
        ):
            LogLevels.parse([text], "here")

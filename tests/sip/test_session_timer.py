"""Negotiating session timers (RFC 4028)."""

import pytest
from tests.support.sip_messages import a_request, an_answer

from umbel.sip.errors import SessionIntervalTooSmall
from umbel.sip.session_timer import (
    SessionTimer,
    agreed_by_response,
    answer_for,
    check_interval,
    minimum_of,
)

KNOWS = ("Supported", "timer")


class TestTimer:
    def test_is_refreshed_at_half_time(self) -> None:
        assert SessionTimer(interval=1800, is_refreshed_by_us=True).refresh_after == 900

    @pytest.mark.parametrize(("interval", "after"), [(1800, 1768), (90, 60)])
    def test_is_given_up_shortly_before_its_end(self, interval: int, after: float) -> None:
        """Section 10: 32 seconds, or a third of the interval where that is less."""
        assert SessionTimer(interval=interval, is_refreshed_by_us=False).give_up_after == after

    def test_is_written_for_the_role_in_the_transaction(self) -> None:
        ours = SessionTimer(interval=600, is_refreshed_by_us=True)
        theirs = SessionTimer(interval=600, is_refreshed_by_us=False)

        assert (ours.as_server(), ours.as_client(90)) == (
            "600;refresher=uas",
            "600;refresher=uac",
        )
        assert (theirs.as_server(), theirs.as_client(900)) == (
            "600;refresher=uac",
            "900;refresher=uas",
        )


class TestAnswer:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ((), None),
            ((KNOWS,), (1800, False)),
            ((("Require", "timer"), ("Session-Expires", "300")), (300, False)),
            ((KNOWS, ("Session-Expires", "300;refresher=uas")), (300, True)),
            ((("Session-Expires", "300"),), (300, True)),
            ((KNOWS, ("Session-Expires", "300"), ("Min-SE", "400")), (400, False)),
            ((KNOWS, ("Session-Expires", "60")), (90, False)),
        ],
    )
    def test_leaves_refreshing_to_whoever_can(
        self, fields: tuple[tuple[str, str], ...], expected: tuple[int, bool] | None
    ) -> None:
        timer = answer_for(a_request("INVITE", fields=fields), 1800)

        assert (timer and (timer.interval, timer.is_refreshed_by_us)) == expected

    def test_asks_for_none_where_we_want_none(self) -> None:
        assert answer_for(a_request("INVITE", fields=(KNOWS,)), 0) is None


class TestCheck:
    def test_refuses_what_is_too_small(self) -> None:
        request = a_request("INVITE", fields=(KNOWS, ("Session-Expires", "60")))

        with pytest.raises(SessionIntervalTooSmall, match="found 60 s, expected at least 90 s"):
            check_interval(request, 90)

    @pytest.mark.parametrize(
        "fields",
        [(), (KNOWS,), (KNOWS, ("Session-Expires", "90")), (("Session-Expires", "60"),)],
    )
    def test_takes_everything_else(self, fields: tuple[tuple[str, str], ...]) -> None:
        """A peer that does not know timers could not do anything about a 422."""
        request = a_request("INVITE", fields=fields)
        check_interval(request, 90)

        assert minimum_of(request) is None


class TestAgreed:
    @pytest.mark.parametrize(
        ("expires", "expected"),
        [
            ("300;refresher=uac", (300, True)),
            ("300;refresher=uas", (300, False)),
            ("300", (300, True)),
            ("5", (90, True)),
        ],
    )
    def test_is_what_the_response_says(self, expires: str, expected: tuple[int, bool]) -> None:
        response = an_answer(a_request("INVITE"), 200)
        response.headers.add("Session-Expires", expires)
        timer = agreed_by_response(response)

        assert timer is not None
        assert (timer.interval, timer.is_refreshed_by_us) == expected

    def test_is_nothing_where_the_response_says_nothing(self) -> None:
        assert agreed_by_response(an_answer(a_request("INVITE"), 200)) is None

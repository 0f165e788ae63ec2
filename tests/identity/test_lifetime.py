"""When a certificate is renewed, and when its end is told."""

from datetime import UTC, datetime, timedelta

import pytest

from umbel.identity.lifetime import expiry_step, renewal_time, steps_told_with

ENDS = datetime(2027, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


def test_it_is_renewed_when_two_thirds_have_passed() -> None:
    assert renewal_time(ENDS - timedelta(days=90), ENDS) == ENDS - timedelta(days=30)


class TestTheEndOfAYear:
    @pytest.mark.parametrize(
        ("days", "step"),
        [(30.1, None), (30, 30), (14.1, 30), (14, 14), (7, 7), (1.5, 7), (1, 1), (-3, 1)],
    )
    def test_is_told_in_steps(self, days: float, step: int | None) -> None:
        assert expiry_step(ENDS - YEAR, ENDS, ENDS - timedelta(days=days)) == step

    def test_told_late_says_what_came_before_as_well(self) -> None:
        assert list(steps_told_with(7)) == [30, 14, 7]


@pytest.mark.parametrize(("days", "step"), [(8, None), (1.5, None), (1, 1)])
def test_a_certificate_of_nine_days_is_not_old_from_the_start(
    days: float, step: int | None
) -> None:
    assert expiry_step(ENDS - timedelta(days=9), ENDS, ENDS - timedelta(days=days)) == step

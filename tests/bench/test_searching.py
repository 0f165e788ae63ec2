"""The search for the most that holds, without anything that would have to hold it."""

import pytest

from bench.searching import Plan, search


def find(plan: Plan, limit: float) -> tuple[int, list[int]]:
    """Search where everything up to *limit* holds; give what was found, and what was tried."""
    tried: list[int] = []
    progress = search(plan)
    try:
        target = next(progress)
        while True:
            tried.append(target)
            target = progress.send(target <= limit)
    except StopIteration as end:
        return int(end.value), tried


class TestASearch:
    def test_comes_within_its_fineness_of_the_limit(self) -> None:
        found, tried = find(Plan(steps=(10, 100, 1000), fineness=1.05, most=10_000), 1234)

        assert 1234 / 1.05 <= found <= 1234
        assert len(tried) < 12

    def test_goes_on_above_its_steps(self) -> None:
        found, _ = find(Plan(steps=(10,), fineness=1.1, most=10_000), 900)

        assert 900 / 1.1 <= found <= 900

    def test_tries_whole_units_only_once(self) -> None:
        _, tried = find(Plan(steps=(100, 2000), fineness=1.001, most=4000, unit=50), 777)

        assert len(tried) == len(set(tried))
        assert all(each % 50 == 0 for each in tried)

    def test_ends_at_the_most_that_is_allowed(self) -> None:
        assert find(Plan(steps=(10, 5000), fineness=1.1, most=400), 9999) == (400, [10, 400])

    def test_finds_nothing_where_nothing_holds(self) -> None:
        found, tried = find(Plan(steps=(100,), fineness=1.05, most=400, unit=50), 0)

        assert found == 0
        assert tried == [100, 50]

    def test_says_what_a_plan_must_have(self) -> None:
        with pytest.raises(ValueError, match="fineness above 1"):
            Plan(steps=(1,), fineness=1.0, most=10)

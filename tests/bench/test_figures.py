"""What held, what is in doubt, and the ratios that are made of it."""

import json
from dataclasses import replace

import pytest

from bench.figures import (
    Kind,
    Rate,
    Ratio,
    Series,
    Step,
    Window,
    cost_ratio,
    doubts,
    failures,
    limit_ratio,
    rate_lines,
    rate_ratio,
    ratio_lines,
    series_lines,
)
from bench.report import as_json, as_markdown

BOTH = Kind(plays=True, records=True, has_own_ports=False)
RECORDING = Kind(plays=False, records=True)


def window(calls: int, *, late: int = 0, missing: int = 0) -> Window:
    expected = calls * 150
    return Window(
        seconds=3.0,
        streams=calls,
        expected=expected,
        heard=expected - missing,
        on_time=expected - missing - late,
        silent_streams=0,
        sent=expected,
        sent_late=0,
        unverified=0,
        p50=1.0,
        p99=8.0,
        p999=9.0,
        worst=9.5,
    )


def step(calls: int, cpu: float = 0.2) -> Step:
    return Step(
        calls=calls,
        up=calls,
        window=window(calls),
        cpu=cpu,
        memory=50 + calls / 10,
        dropped=0,
        recorded=3.0 * calls,
        foreign=0.0,
        stolen=0.0,
    )


def series(*steps: Step, limit: int, contestant: str = "Umbel") -> Series:
    return Series(contestant=contestant, kind=BOTH, steps=list(steps), limit=limit)


class TestAStep:
    def test_holds_where_all_is_well(self) -> None:
        assert not list(failures(step(100), BOTH))

    def test_fails_where_more_than_one_in_a_hundred_packets_is_late(self) -> None:
        late = replace(step(100), window=window(100, late=151))

        assert list(failures(late, BOTH)) == ["99.0% of the packets on time"]
        assert not list(failures(replace(late, window=window(100, late=150)), BOTH))

    def test_counts_what_is_missing_as_not_on_time(self) -> None:
        assert list(failures(replace(step(100), window=window(100, missing=300)), BOTH))

    def test_of_recordings_asks_nobody_to_play(self) -> None:
        assert not list(failures(replace(step(100), window=window(100, missing=15_000)), RECORDING))

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            (replace(step(100), up=97), "3 calls could not be begun"),
            (replace(step(100), recorded=290.0), "96.7% recorded"),
            (replace(step(100), dropped=150), "1.0% dropped at its sockets"),
        ],
    )
    def test_says_why_it_fails(self, changed: Step, why: str) -> None:
        assert why in list(failures(changed, BOTH))

    def test_is_in_doubt_beside_others(self) -> None:
        noisy = replace(step(100), foreign=0.5, stolen=0.04)

        assert [str(it) for it in doubts(noisy)] == [
            "of a core used by others: 50%",
            "of a core taken by the host: 4%",
        ]

    def test_is_in_doubt_where_the_generator_was_late(self) -> None:
        late = replace(step(100), window=replace(window(100), sent_late=300))

        assert [str(it) for it in doubts(late)] == ["packets that the generator sent late: 2%"]


class TestASeries:
    def test_tells_the_cost_of_a_hundred_calls(self) -> None:
        measured = series(step(200, 0.1), step(2000, 0.8), limit=2000)

        assert measured.cost_per_100() == pytest.approx({200: 5.0, 2000: 4.0})

    def test_tells_the_memory_of_a_hundred_more_calls(self) -> None:
        assert series(step(100), step(1100), limit=1100).memory_per_100() == pytest.approx(10.0)

    def test_tells_no_memory_where_steps_are_too_near(self) -> None:
        assert series(step(100), step(150), limit=150).memory_per_100() is None

    def test_is_not_in_doubt_where_one_try_failed_undisturbed(self) -> None:
        fails = replace(step(200), window=window(200, late=9000))
        measured = series(step(100), replace(fails, foreign=1.0), fails, limit=100)

        assert measured.doubts() == ()

    def test_is_in_doubt_where_every_try_that_failed_was_disturbed(self) -> None:
        fails = replace(step(200), window=window(200, late=9000), foreign=0.5)
        measured = series(step(100), fails, replace(fails, foreign=0.9), limit=100)

        assert [str(it) for it in measured.doubts()] == ["of a core used by others: 90%"]

    def test_that_ended_without_a_failure_says_that_there_may_be_more(self) -> None:
        (doubt,) = series(step(100), limit=100).doubts()

        assert str(doubt) == "Umbel may hold more: nothing failed"


def failing(calls: int) -> Step:
    return replace(step(calls), window=window(calls, late=calls * 100))


class TestARatio:
    def test_meets_its_target_or_not(self) -> None:
        ours = series(step(900), failing(1000), limit=900)
        theirs = series(step(1000), failing(1100), limit=1000, contestant="C loop")

        assert limit_ratio(ours, theirs, 0.9).is_met is True
        assert limit_ratio(ours, theirs, 0.95).is_met is False
        assert limit_ratio(ours, theirs).is_met is None

    def test_against_nothing_is_none(self) -> None:
        none = Ratio(what="calls", ours=5, theirs=0, against="nobody", target=1.0)

        assert none.value is None
        assert none.is_met is None
        assert "| – |" in list(ratio_lines([none]))[-1]

    def test_of_cost_is_at_least_one_where_many_calls_are_no_dearer(self) -> None:
        ratio = cost_ratio(series(step(200, 0.1), step(2000, 0.8), limit=2000), 200, 2000)

        assert ratio is not None
        assert ratio.value == pytest.approx(1.25)
        assert ratio.is_met

    def test_of_cost_is_not_told_without_both_numbers(self) -> None:
        assert cost_ratio(series(step(200), limit=200), 200, 2000) is None

    def test_in_doubt_is_neither_met_nor_missed(self) -> None:
        ours = series(step(900), limit=900)
        theirs = series(step(100), failing(200), limit=100, contestant="C loop")
        line = list(ratio_lines([limit_ratio(ours, theirs, 0.9)]))[-1]

        assert "in doubt (Umbel may hold more: nothing failed)" in line
        assert "met" not in line


def rate(contestant: str, value: float) -> Rate:
    return Rate(
        what="OPTIONS/s UDP",
        contestant=contestant,
        value=value,
        cpu=0.98,
        p50=1.0,
        p99=2.0,
        failed=0,
    )


class TestAReport:
    def test_is_one_object_with_all_figures(self) -> None:
        measured = series(step(100), failing(200), limit=100)
        ours, theirs = rate("Umbel", 5000), rate("Asterisk", 4000)
        ratio = rate_ratio(ours, theirs, 1.0)
        whole = json.loads(json.dumps(as_json({"cores": "2"}, [measured], [ours], [ratio])))

        assert whole["ratios"][0]["value"] == 1.25
        assert whole["ratios"][0]["met"] is True
        assert whole["series"][0]["limit"] == 100
        assert whole["series"][0]["steps"][1]["failures"] == ["33.3% of the packets on time"]
        assert whole["rates"][0]["value"] == 5000

    def test_has_a_row_for_each_figure(self) -> None:
        measured = series(step(100), failing(200), limit=100)
        text = as_markdown({"cores": "2"}, [measured], [rate("Umbel", 5000)], [])

        assert (
            "| playing and recording, RTP, shared ports | Umbel | 100 | 8.0 | – | 20.00 |" in text
        )
        assert "| OPTIONS/s UDP | Umbel | 5,000 | 1.0 | 2.0 | 98 |  |" in text

    def test_tables_have_as_many_cells_in_every_row(self) -> None:
        for table in (
            list(series_lines([series(step(100), step(200), limit=200)])),
            list(rate_lines([rate("Umbel", 1)])),
            list(ratio_lines([rate_ratio(rate("Umbel", 1), rate("Asterisk", 2))])),
        ):
            assert len({row.count("|") for row in table}) == 1

"""The plot is XML that anything can show, and its points are where the figures are."""

from xml.etree import ElementTree

import pytest

from bench.plot import Line, Panel, draw, ticks

SVG = "{http://www.w3.org/2000/svg}"


def panel(*lines: Line, mark: float | None = None) -> Panel:
    return Panel(title="a < b", across="calls", up="ms", lines=lines, most_up=10.0, mark=mark)


class TestAPlot:
    def test_has_a_line_for_each_name_and_says_whose_it_is(self) -> None:
        one = Line(name="Umbel & co", points=((0.0, 0.0), (100.0, 5.0)))
        other = Line(name="C loop", points=((0.0, 1.0), (100.0, 2.0)))
        tree = ElementTree.fromstring(draw([panel(one, other, mark=5.0), panel(one)]))
        words = [text.text for text in tree.iter(f"{SVG}text")]
        colours = [line.get("stroke") for line in tree.iter(f"{SVG}polyline")]

        assert {"Umbel & co", "C loop", "a < b"} <= set(words)
        assert colours[0] == colours[2] != colours[1]

    def test_draws_what_is_too_high_at_the_edge(self) -> None:
        line = Line(name="late", points=((0.0, 10.0), (100.0, 5000.0)))
        (drawn,) = ElementTree.fromstring(draw([panel(line)])).iter(f"{SVG}polyline")
        heights = [point.split(",")[1] for point in (drawn.get("points") or "").split()]

        assert heights[0] == heights[1]

    def test_can_be_empty(self) -> None:
        ElementTree.fromstring(draw([panel()]))


class TestTicks:
    @pytest.mark.parametrize(
        ("most", "expected"),
        [
            (10, [0, 2, 4, 6, 8, 10]),
            (3000, [0, 500, 1000, 1500, 2000, 2500, 3000]),
            (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ],
    )
    def test_are_round_numbers(self, most: float, expected: list[float]) -> None:
        assert ticks(most) == pytest.approx(expected)

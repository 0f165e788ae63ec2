"""The plot is XML that anything can show, and its points are where the figures are."""

from xml.etree import ElementTree

import pytest

from bench.plot import Line, Panel, draw, ticks

SVG = "{http://www.w3.org/2000/svg}"


def panel(*lines: Line, mark: float | None = None) -> Panel:
    return Panel(title="a < b", across="calls", up="ms", lines=lines, most_up=10.0, mark=mark)


class TestAPlot:
    def test_says_whose_each_line_is(self) -> None:
        one = Line(name="Umbel & co", points=((0.0, 0.0), (100.0, 5.0)), group="RTP")
        tree = ElementTree.fromstring(draw([panel(one, mark=5.0)]))

        assert {"Umbel & co", "a < b"} <= {text.text for text in tree.iter(f"{SVG}text")}

    def test_gives_one_colour_to_what_is_compared_and_dashes_the_other(self) -> None:
        points = ((0.0, 0.0), (100.0, 5.0))
        ours = Line(name="Umbel", points=points, group="RTP")
        theirs = Line(name="C loop", points=points, group="RTP", is_dashed=True)
        secure = Line(name="Umbel, SRTP", points=points, group="SRTP")
        tree = ElementTree.fromstring(draw([panel(ours, theirs, secure)]))
        drawn = list(tree.iter(f"{SVG}polyline"))[:3]

        assert drawn[0].get("stroke") == drawn[1].get("stroke") != drawn[2].get("stroke")
        assert [bool(line.get("stroke-dasharray")) for line in drawn] == [False, True, False]

    def test_draws_what_is_too_high_at_the_edge(self) -> None:
        line = Line(name="late", points=((0.0, 10.0), (100.0, 5000.0)), group="RTP")
        drawn = next(ElementTree.fromstring(draw([panel(line)])).iter(f"{SVG}polyline"))
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

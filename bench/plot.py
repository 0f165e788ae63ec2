"""Draws calls against lateness, and against the use of the core, as SVG: lines, axes, words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import cycle
from math import floor, log10
from typing import Final

from .figures import ON_TIME_SHARE, Series

Point = tuple[float, float]

_COLOURS: Final = (
    "#1f6fb4",
    "#d1495b",
    "#2e8b57",
    "#8e5ea2",
    "#e08e0b",
    "#555555",
    "#00a5a5",
    "#c2188b",
)
_WIDTH, _HEIGHT = 560, 320
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 44, 24, 52
_LINE: Final = 18
_TICKS: Final = 6
_LATEST_SHOWN: Final = 40.0
"""Milliseconds; what is later is drawn at the edge."""
_LATE: Final = 10.0
_OURS: Final = "Umbel"
_DASHES: Final = "6 4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points that belong together."""

    name: str
    points: tuple[Point, ...]
    group: str
    """Lines of a group have one colour: they are what is to be compared."""
    is_dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture with axes."""

    title: str
    across: str
    up: str
    lines: tuple[Line, ...]
    most_up: float
    mark: float | None = None
    """A line across, at a limit."""


def plot(all_series: Sequence[Series]) -> str:
    """Give both panels side by side, with the names of the lines beneath."""
    late = Panel(
        title=f"Lateness of the latest {1 - ON_TIME_SHARE:.0%} of the packets",
        across="calls",
        up="ms (99th percentile)",
        lines=tuple(_lateness(it) for it in all_series if it.kind.plays),
        most_up=_LATEST_SHOWN,
        mark=_LATE,
    )
    core = Panel(
        title="Use of the core",
        across="calls",
        up="% of a core",
        lines=tuple(map(_use, all_series)),
        most_up=100.0,
    )
    return draw((late, core))


def _lateness(series: Series) -> Line:
    return _line(series, {step.calls: step.window.p99 for step in series.steps})


def _use(series: Series) -> Line:
    return _line(series, {step.calls: 100 * step.cpu for step in series.steps})


def _line(series: Series, last_of_each: dict[int, float]) -> Line:
    return Line(
        name=f"{series.contestant}: {series.kind.name}",
        points=tuple(sorted(last_of_each.items())),
        group=series.kind.name,
        is_dashed=series.contestant != _OURS,
    )


def draw(panels: Sequence[Panel]) -> str:
    """Give an SVG document, with the names of all lines beneath."""
    lines = {line.name: line for panel in panels for line in panel.lines}
    groups = dict.fromkeys(line.group for line in lines.values())
    colours = dict(zip(groups, cycle(_COLOURS), strict=False))
    width, height = _WIDTH * len(panels), _HEIGHT + _LINE * len(lines) + _LINE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for place, panel in enumerate(panels):
        parts.append(f'<g transform="translate({place * _WIDTH} 0)">')
        parts += _draw_panel(panel, colours)
        parts.append("</g>")
    for place, line in enumerate(lines.values()):
        y = _HEIGHT + _LINE * place
        parts.append(_polyline([(_LEFT, y), (_LEFT + 26, y)], line, colours))
        parts.append(_text(_LEFT + 34, y + 4, line.name))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _polyline(places: Sequence[Point], line: Line, colours: dict[str, str]) -> str:
    points = " ".join(f"{x:g},{y:g}" for x, y in places)
    dashes = f' stroke-dasharray="{_DASHES}"' if line.is_dashed else ""
    colour = colours[line.group]
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _draw_panel(panel: Panel, colours: dict[str, str]) -> Iterator[str]:
    most_across = max((x for line in panel.lines for x, _ in line.points), default=1.0) or 1.0
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def at(point: Point) -> Point:
        x = _LEFT + point[0] / most_across * (right - _LEFT)
        y = bottom - min(point[1], panel.most_up) / panel.most_up * (bottom - _TOP)
        return round(x, 1), round(y, 1)

    yield _text(_LEFT, _TOP - 20, panel.title, weight="bold")
    yield _text(right, bottom + 38, panel.across, anchor="end")
    yield _text(_LEFT, _TOP - 5, panel.up)
    for value in ticks(most_across):
        x, _ = at((value, 0))
        yield _stroke((x, bottom), (x, _TOP), "#eeeeee")
        yield _text(x, bottom + 18, f"{value:,.0f}", anchor="middle")
    for value in ticks(panel.most_up):
        _, y = at((0, value))
        yield _stroke((_LEFT, y), (right, y), "#eeeeee")
        yield _text(_LEFT - 8, y + 4, f"{value:g}", anchor="end")
    if panel.mark is not None:
        yield _stroke(at((0, panel.mark)), at((most_across, panel.mark)), "#bb0000", dashes="5 4")
    for line in panel.lines:
        places = [at(point) for point in line.points]
        yield _polyline(places, line, colours)
        for x, y in places:
            yield f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="{colours[line.group]}"/>'


def ticks(most: float) -> list[float]:
    """Give round numbers from 0 to *most*, about six of them."""
    raw = most / _TICKS
    power = 10.0 ** floor(log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    return [step * place for place in range(int(most / step + 1e-9) + 1)]


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(words)}</text>"
    )


def _stroke(start: Point, end: Point, colour: str, *, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{start[0]:g}" y1="{start[1]:g}" x2="{end[0]:g}" y2="{end[1]:g}" '
        f'stroke="{colour}"{dashed}/>'
    )

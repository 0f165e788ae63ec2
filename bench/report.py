"""What a run tells at its end: one JSON object, tables in Markdown, a plot."""

from collections.abc import Iterator, Mapping, Sequence

from .figures import Json, Rate, Ratio, Series, rate_lines, ratio_lines, series_lines


def as_json(
    machine: Mapping[str, str],
    series: Sequence[Series],
    rates: Sequence[Rate],
    ratios: Sequence[Ratio],
) -> Json:
    """Give all figures and ratios as one object."""
    return {
        "machine": dict(machine),
        "ratios": [it.to_json() for it in ratios],
        "rates": [it.to_json() for it in rates],
        "series": [it.to_json() for it in series],
    }


def as_markdown(
    machine: Mapping[str, str],
    series: Sequence[Series],
    rates: Sequence[Rate],
    ratios: Sequence[Ratio],
) -> str:
    """Give everything but the single steps as tables."""
    return "\n".join(_paragraphs(machine, series, rates, ratios)) + "\n"


def _paragraphs(
    machine: Mapping[str, str],
    series: Sequence[Series],
    rates: Sequence[Rate],
    ratios: Sequence[Ratio],
) -> Iterator[str]:
    yield ", ".join(f"{what} {value}" for what, value in machine.items()) + "."
    if ratios:
        yield ""
        yield from ratio_lines(ratios)
    if series:
        yield ""
        yield from series_lines(series)
    if rates:
        yield ""
        yield from rate_lines(rates)

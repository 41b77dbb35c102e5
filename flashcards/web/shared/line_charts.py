"""Line charts with a band around a line: where their marks stand. Templates draw them (templates/charts.html)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flashcards.web.shared.bar_charts import Label, ticks

LEFT, TOP, BELOW = 46.0, 10.0, 22.0
_LINE = 13.0
"""Two numbers at the ends of lines stand at least so far apart."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Series:
    """A line: `kind` is its class, `points` are (x, value)."""

    kind: str
    points: Points


@dataclass(frozen=True, slots=True)
class End:
    """A number at the right end of a line; `strong` for the one that matters."""

    value: float
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with what is said of it."""

    x: float
    value: float
    title: str


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """A text below the axis: `anchor` is start, middle or end."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline: its class and its points as SVG takes them."""

    kind: str
    points: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """A chart, placed. `right` is where the plot ends; `ends` are (y, text, class)."""

    width: int
    height: int
    right: float
    grid: tuple[Label, ...]
    band: str
    lines: tuple[Line, ...]
    dots: tuple[tuple[float, float, str], ...]
    ends: tuple[tuple[float, str, str], ...]
    labels: tuple[PlacedLabel, ...]


def line_chart(
    width: int,
    height: int,
    first: float,
    last: float,
    series: Sequence[Series],
    *,
    labels: Sequence[tuple[float, str]],
    band: Sequence[tuple[float, float, float]] = (),
    ends: Sequence[End] = (),
    dots: Sequence[Dot] = (),
    room: float = 60.0,
) -> LineChart:
    """The lines from `first` to `last` on the axis, values from 0. `band` is (x, low, high); `room` is for `ends`."""
    values = [value for it in series for _, value in it.points] + [high for _, _, high in band]
    highest = max(1.0, *values) if values else 1.0
    right = width - (room if ends else 8.0)
    span = max(1e-9, last - first)

    def across(x: float) -> float:
        return round(LEFT + (right - LEFT) * (x - first) / span, 1)

    def down(value: float) -> float:
        return round(height - BELOW - (height - BELOW - TOP) * value / highest, 1)

    edge = [*((x, high) for x, _, high in band), *((x, low) for x, low, _ in reversed(band))]
    return LineChart(
        width=width,
        height=height,
        right=round(right, 1),
        grid=tuple(Label(LEFT, down(tick), f"{tick:,}") for tick in ticks(round(highest))),
        band=" ".join(f"{across(x)},{down(value)}" for x, value in edge),
        lines=tuple(Line(it.kind, " ".join(f"{across(x)},{down(value)}" for x, value in it.points)) for it in series),
        dots=tuple((across(it.x), down(it.value), it.title) for it in dots),
        ends=_apart([(down(it.value), it.text, "strong" if it.strong else "") for it in ends]),
        labels=tuple(
            PlacedLabel(across(x), text, "start" if x <= first else "end" if x >= last else "middle")
            for x, text in labels
        ),
    )


def _apart(ends: list[tuple[float, str, str]]) -> tuple[tuple[float, str, str], ...]:
    """The numbers at the ends so that none covers another: the lower one gives way."""
    placed: list[tuple[float, str, str]] = []
    for y, text, kind in sorted(ends):
        lowest = placed[-1][0] + _LINE if placed else y
        placed.append((max(y, lowest), text, kind))
    return tuple(placed)


@dataclass(frozen=True, slots=True)
class Span:
    """A range on a scale of 400: where the bar begins, how long it is, and where its tick stands."""

    start: float
    length: float
    tick: float


def span(cards: int, low: float, middle: float, high: float) -> Span:
    """The range of what is known of so many cards."""
    unit = 400 / max(1, cards)
    return Span(round(low * unit, 1), round((high - low) * unit, 1), round(min(397.0, middle * unit - 1), 1))

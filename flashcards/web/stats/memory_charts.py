"""The charts of the page of memory: predictions against what happened, and both by week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flashcards.counted import counted
from flashcards.web.shared.bar_charts import Label
from flashcards.web.shared.dates import short_date

BINS = 10
ENOUGH = 30
"""Answers from which on a dot is filled: fewer say little."""
_LEFT, _TOP, _RIGHT, _STRIP, _BELOW = 44.0, 10.0, 8.0, 44.0, 32.0
_SIZES = {"wide": (432, 380), "narrow": (288, 300)}
_WEEKS_SIZES = {"wide": (880, 190), "narrow": (288, 170)}


@dataclass(frozen=True, slots=True)
class Dot:
    """A bin of predictions: `happened` above `predicted`, and a bar below that says of how many answers."""

    x: float
    y: float
    filled: bool
    title: str
    bar_x: float
    bar_y: float
    bar_width: float
    bar_height: float


@dataclass(frozen=True, slots=True)
class Plot:
    """The plot of one width. `lines` are the grid's, `labels` stand below; the diagonal runs from corner to corner."""

    width: int
    height: int
    left: float
    right: float
    top: float
    base: float
    foot: float
    lines: tuple[Label, ...]
    labels: tuple[Label, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Two lines over weeks: points as SVG wants them."""

    width: int
    height: int
    left: float
    right: float
    lines: tuple[Label, ...]
    labels: tuple[Label, ...]
    predicted: str
    happened: str
    dots: tuple[Label, ...]


def calibration(figures: Mapping[str, Any]) -> tuple[Plot, Plot]:
    """Predicted against happened, for the two widths."""
    return tuple(_plot(figures["bins"], *_SIZES[size]) for size in ("wide", "narrow"))  # type: ignore[return-value]


def _plot(bins: Sequence[Mapping[str, Any]], width: int, height: int) -> Plot:
    right, foot = width - _RIGHT, height - _BELOW + 10
    base = foot - _STRIP - 10
    across, up = right - _LEFT, base - _TOP
    most = max([1, *(it["answers"] for it in bins)])
    slot = across / BINS
    dots = []
    for it in bins:
        place = min(BINS - 1, int(it["predicted"] * BINS))
        bar = max(1.0, it["answers"] / most * _STRIP)
        dots.append(
            Dot(
                round(_LEFT + it["predicted"] * across, 1), round(base - it["happened"] * up, 1),
                it["answers"] >= ENOUGH,
                f"Predicted {it['predicted']:.0%}, happened {it['happened']:.0%}, {counted(it['answers'], 'answer')}",
                round(_LEFT + place * slot + 1, 1), round(foot - bar, 1), round(slot - 2, 1), round(bar, 1),
            )
        )  # fmt: skip
    quarters = [0, 25, 50, 75, 100]
    lines = tuple(Label(_LEFT, round(base - up * it / 100, 1), f"{it}%") for it in quarters)
    labels = tuple(Label(round(_LEFT + across * it / 100, 1), height - 5, f"{it}%") for it in quarters)
    return Plot(width, height, _LEFT, right, _TOP, base, foot, lines, labels, tuple(dots))


def bin_rows(figures: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """All ten bins as the rows of a table."""
    by_place = {min(BINS - 1, int(it["predicted"] * BINS)): it for it in figures["bins"]}
    rows = []
    for place in range(BINS):
        name = f"{place * 10} to {place * 10 + 10}%"
        it = by_place.get(place)
        rows.append(
            (name, "–", "–", "0")
            if it is None
            else (name, f"{it['predicted']:.1%}", f"{it['happened']:.1%}", f"{it['answers']:,}")
        )
    return rows


def by_week(figures: Mapping[str, Any]) -> tuple[Lines, Lines] | None:
    """Retention by week; None where there are fewer than two weeks to draw a line between."""
    weeks = figures.get("weeks", [])
    if len(weeks) < 2:
        return None
    return tuple(_lines(weeks, *_WEEKS_SIZES[size]) for size in ("wide", "narrow"))  # type: ignore[return-value]


def axis_start(figures: Mapping[str, Any]) -> int:
    """Where the axis of weeks begins, in percent: a round number below all that is drawn."""
    lowest = min(min(it[1], it[2]) for it in figures["weeks"])
    return max(0, int(lowest * 20) * 5)


def _lines(weeks: Sequence[Sequence[Any]], width: int, height: int) -> Lines:
    low = axis_start({"weeks": weeks}) / 100
    left, right, base = 46.0, width - 10.0, height - 22.0
    up = (base - _TOP) / (1 - low)

    def points(column: int) -> list[Label]:
        return [
            Label(round(left + index * (right - left) / (len(weeks) - 1), 1), round(base - (it[column] - low) * up, 1),
                  f"Week from {short_date(it[0])}: {it[column]:.1%}")
            for index, it in enumerate(weeks)
        ]  # fmt: skip

    step = 0.05 if low >= 0.75 else 0.1 if low >= 0.5 else 0.25
    marks = [low + step * index for index in range(int(round((1 - low) / step, 6)) + 1)]
    lines = tuple(Label(left, round(base - (it - low) * up, 1), f"{it:.0%}") for it in marks)
    predicted, happened = points(1), points(2)
    labels = tuple(
        Label(happened[place].x, height - 4, short_date(weeks[place][0]).rsplit(" ", 1)[0])
        for place in sorted({0, (len(weeks) - 1) // 2, len(weeks) - 1} if width > 500 else {0, len(weeks) - 1})
    )
    return Lines(width, height, left, right, lines, labels, _svg(predicted), _svg(happened), tuple(happened))


def _svg(points: Sequence[Label]) -> str:
    return " ".join(f"{it.x},{it.y}" for it in points)


def week_rows(figures: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """The weeks as the rows of a table, the newest first."""
    return [
        (short_date(first), f"{predicted:.1%}", f"{happened:.1%}", f"{answers:,}")
        for first, predicted, happened, answers in reversed(figures.get("weeks", []))
    ]

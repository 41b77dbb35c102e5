"""Where the marks of our charts stand; templates draw them as SVG with classes, no styles and no script.

Each chart comes in a wide and a narrow version, so that its text is never scaled below its size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flashcards.domain.study_day import date_of
from flashcards.services.review.facade import DayCount
from flashcards.web.shared.bar_charts import Bar, Label, Stack, stacked
from flashcards.web.shared.dates import MONTHS, WEEKDAYS

CELL = 16
"""The distance of two days in the calendar, their gap included."""
LEFT, TOP = 30, 18
WEEKS_WIDE, WEEKS_NARROW = 53, 16


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar; `level` is 0 to 4."""

    x: int
    y: int
    level: int
    day: int
    count: int
    today: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """A heat map: one column a week, Monday on top."""

    width: int
    cells: tuple[Cell, ...]
    months: tuple[Label, ...]
    total: int


def calendar(counts: Mapping[int, int], today: int, weeks: int) -> Calendar:
    """The last `weeks` weeks, this one included; `counts` maps epoch days to reviews."""
    monday = today - date_of(today).weekday() - 7 * (weeks - 1)
    busy = _busy(counts)
    cells = tuple(
        Cell(
            x=LEFT + (day - monday) // 7 * CELL,
            y=TOP + (day - monday) % 7 * CELL,
            level=_level(counts.get(day, 0), busy),
            day=day,
            count=counts.get(day, 0),
            today=day == today,
        )
        for day in range(monday, today + 1)
    )
    total = sum(cell.count for cell in cells)
    return Calendar(LEFT + weeks * CELL, cells, _months(monday, weeks), total)


def _busy(counts: Mapping[int, int]) -> int:
    """A busy day's count (the 90th percentile): one extreme day must not pale all others."""
    ordered = sorted(count for count in counts.values() if count)
    return ordered[(len(ordered) - 1) * 9 // 10] if ordered else 1


def _level(count: int, busy: int) -> int:
    return min(4, -(-4 * count // busy)) if count else 0


def _months(monday: int, weeks: int) -> tuple[Label, ...]:
    labels: list[Label] = []
    for week in range(weeks):
        month = date_of(monday + 7 * week).month
        if week == 0 or month != date_of(monday + 7 * (week - 1)).month:
            # The first month's name would touch the second's where it has one or two weeks.
            if labels and week < 3 and len(labels) == 1:
                labels.clear()
            labels.append(Label(LEFT + week * CELL, TOP - 7, MONTHS[month - 1][:3]))
    return tuple(labels)


def forecast(days: Sequence[DayCount], today: int, width: int, height: int) -> Stack:
    """The cards due on the next days, young ones on the axis, mature ones on top of them."""
    bars = []
    for day in days:
        name = "today" if day.day == today else WEEKDAYS[date_of(day.day).weekday()][:3]
        total = day.young + day.mature
        bars.append(Bar(f"{name}: {total:,} {'card' if total == 1 else 'cards'}", (day.young, day.mature), name))
    return stacked(bars, ("young", "mature"), width, height)

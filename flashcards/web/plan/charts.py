"""The charts of plans: what will be known up to the day, and the cards of each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flashcards.counted import counted
from flashcards.domain.plan.model import Known, PathPoint
from flashcards.domain.study_day import Day, date_of
from flashcards.services.plan.contract import DayOutlook, Outlook, PlanToday
from flashcards.web.shared.bar_charts import NARROW, WIDE, Bar, Stack, stacked
from flashcards.web.shared.dates import MONTHS
from flashcards.web.shared.line_charts import Dot, End, LineChart, Series, line_chart


def day_label(day: Day) -> str:
    """`11 Dec`."""
    when = date_of(day)
    return f"{when.day} {MONTHS[when.month - 1][:3]}"


@dataclass(frozen=True, slots=True)
class PathRow:
    """A day of the path as a table has it."""

    day: Day
    plan: int
    low: int
    high: int
    without: int


def path_rows(path: Sequence[PathPoint], known: Known) -> list[PathRow]:
    """The path in numbers; its range opens from what is known today to that of the last day."""
    if not path:
        return []
    first, last = path[0].day, path[-1].day
    low, high = _share(known.low, known.median), _share(known.high, known.median)
    rows = []
    for point in path:
        along = (point.day - first) / max(1, last - first)
        least, most = (round(point.plan * share**along) for share in (low, high))
        rows.append(PathRow(point.day, round(point.plan), least, most, round(point.without)))
    return rows


def _share(value: float, middle: float) -> float:
    return value / middle if middle > 0 else 1.0


def path_chart(outlook: Outlook, width: int, height: int) -> LineChart:
    """What is expected to be known under the plan, with its range, and going on as today."""
    path, known = outlook.path, outlook.known
    first, last = path[0].day, path[-1].day
    ends = [
        End(path[-1].plan, f"{round(path[-1].plan):,}", True),
        End(path[-1].without, f"{round(path[-1].without):,}"),
    ]
    return line_chart(
        width,
        height,
        first,
        last,
        [
            Series("asis", [(it.day, it.without) for it in path]),
            Series("plan", [(it.day, it.plan) for it in path]),
        ],
        labels=_days(first, last),
        band=[(it.day, it.low, it.high) for it in path_rows(path, known)],
        ends=ends,
    )


def _days(first: Day, last: Day) -> list[tuple[float, str]]:
    middle = (first + last) // 2
    between = [(float(middle), day_label(middle))] if last - first >= 6 else []
    return [(float(first), day_label(first)), *between, (float(last), day_label(last))]


def today_chart(today: PlanToday, study_day: Day) -> LineChart | None:
    """The small one: so far, and from now on."""
    path = today.path
    if not path or today.known is None:
        return None
    past = [(day, value) for day, value in today.past if day <= study_day]
    first = min([path[0].day, *(day for day, _ in past)])
    last = path[-1].day
    labels = [(float(first), "today" if first == study_day else day_label(first)), (float(last), day_label(last))]
    ahead = [(it.day, it.plan) for it in path]
    return line_chart(
        NARROW,
        128,
        first,
        last,
        [Series("past", past), Series("plan", ahead)] if len(past) > 1 else [Series("plan", ahead)],
        labels=labels,
        band=[(it.day, it.low, it.high) for it in path_rows(path, today.known)],
        ends=[End(path[-1].plan, f"{round(path[-1].plan):,}", True)],
        dots=[Dot(study_day, path[0].plan, f"As today begins: {counted(round(path[0].plan), 'card')} known")],
        room=48.0,
    )


def days_charts(days: Sequence[DayOutlook]) -> tuple[Stack, Stack]:
    """The cards of each day, wide and narrow."""

    def bars(most_labels: int) -> list[Bar]:
        every = max(1, -(-len(days) // most_labels))
        return [
            Bar(
                f"{day_label(day.day)}: {day.new} new, {day.again} again",
                (day.new, day.again),
                day_label(day.day) if number % every == 0 else "",
            )
            for number, day in enumerate(days)
        ]

    kinds = ("fresh", "young")
    return stacked(bars(14), kinds, WIDE, 180), stacked(bars(4), kinds, NARROW, 170)

"""A learner's figures, from sums of their log: pure arithmetic. Days are whole days since 1970-01-01.

Mature is a card whose interval is 21 days or more, young one with an interval of 1 to 20 days. A card without
an interval is new (or was reset).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import add
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.study_day import Day, zone

MATURE = 21
"""From this interval in days on a card is mature."""
QUALITIES = 6
SCHEDULED = frozenset({"scheduled", "imported"})
"""Kinds of answers that say whether a card was remembered when its time had come."""
WINDOWS = (("today", 0, 1), ("yesterday", 1, 1), ("7 days", 0, 7), ("30 days", 0, 30), ("365 days", 0, 365))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = timedelta(minutes=15)
QUARTER_MS = 15 * 60_000


class DayCounts(NamedTuple):
    """The answers of a day: all with a grade, and those among them that say whether a card was remembered in time.

    `due` are answers of the kinds `SCHEDULED` to cards that had an interval, `due_mature` those of them to mature
    cards; `remembered` and `remembered_mature` are as many of these as were remembered.
    """

    answers: int = 0
    due: int = 0
    due_mature: int = 0
    remembered: int = 0
    remembered_mature: int = 0

    def plus(self, other: DayCounts) -> DayCounts:
        """Both together."""
        return DayCounts(*map(add, self, other))

    def times(self, count: int) -> DayCounts:
        """So many of these; -1 where these answers count no more."""
        return DayCounts(*(it * count for it in self))


def day_counts(kind: str, quality: int, interval: int) -> DayCounts:
    """One answer: its kind, its grade, and the interval in days that its card had before."""
    is_due = kind in SCHEDULED and interval >= 1
    is_mature, is_right = is_due and interval >= MATURE, is_due and quality >= REMEMBERED
    return DayCounts(1, int(is_due), int(is_mature), int(is_right), int(is_mature and is_right))


@dataclass(frozen=True, slots=True)
class DaySums:
    """The answers of one kind on one day.

    `asked` counts them by the interval that the card had before (none, young, mature), `right` those of them
    that were remembered. `ms` is the time they took, `buttons` how many there were of each quality.
    """

    day: Day
    kind: str
    asked: tuple[int, int, int]
    right: tuple[int, int, int]
    ms: int
    buttons: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """`right` of `asked`."""

    right: int = 0
    asked: int = 0

    @property
    def rate(self) -> float | None:
        """From 0 to 1; None where nothing was asked."""
        return self.right / self.asked if self.asked else None

    def __add__(self, other: Share) -> Share:
        return Share(self.right + other.right, self.asked + other.asked)


@dataclass(frozen=True, slots=True)
class Retention:
    """What was remembered within a window of days."""

    window: str
    young: Share
    mature: Share

    @property
    def both(self) -> Share:
        """Young and mature cards together."""
        return self.young + self.mature


def retention(sums: Iterable[DaySums], today: Day) -> tuple[Retention, ...]:
    """The share remembered, in each of `WINDOWS` and in all.

    Of an answer that was scheduled: the first to its card on its day, for the schedule moves once a day. Only
    cards that had an interval of a day or more; drills, extra answers, cramming and mocks say nothing here.
    """
    counted = [it for it in sums if it.kind in SCHEDULED]
    spans = [(name, today - back - days, today - back) for name, back, days in WINDOWS]
    return tuple(
        Retention(name, *(_share(counted, part, after, last) for part in (1, 2)))
        for name, after, last in [*spans, ("all", None, None)]
    )


def _share(sums: Iterable[DaySums], part: int, after: Day | None, last: Day | None) -> Share:
    chosen = [it for it in sums if (after is None or it.day > after) and (last is None or it.day <= last)]
    return Share(sum(it.right[part] for it in chosen), sum(it.asked[part] for it in chosen))


KINDS = ("mature", "young", "new", "drill", "other")


def kinds_by_day(sums: Iterable[DaySums]) -> dict[Day, dict[str, int]]:
    """How many answers of each of `KINDS` there were on each day that has any.

    `other` are answers that were not due: extra, cram, mock and ahead. An answer that was brought from
    elsewhere counts by the interval that its card had there; without one it is `other`.
    """
    found: dict[Day, dict[str, int]] = {}
    for it in sums:
        day = found.setdefault(it.day, dict.fromkeys(KINDS, 0))
        none, young, mature = it.asked
        if it.kind in SCHEDULED:
            day["new" if it.kind == "scheduled" else "other"] += none
            day["young"] += young
            day["mature"] += mature
        else:
            day["drill" if it.kind == "drill" else "other"] += none + young + mature
    return found


def buttons(sums: Iterable[DaySums]) -> tuple[int, ...]:
    """How often each quality was given, 0 to 5, to cards whose time had come."""
    counted = [it.buttons for it in sums if it.kind in SCHEDULED]
    return tuple(sum(column) for column in zip(*counted, strict=True)) if counted else (0,) * QUALITIES


def by_hour(quarters: Iterable[tuple[int, int, int]], timezone: str) -> tuple[Share, ...]:
    """The shares of the 24 hours of the wall clock in an IANA zone.

    `quarters` are (quarter of an hour since 1970 in UTC, answers, remembered): every zone's offset of our days
    is a whole number of quarters.
    """
    here = zone(timezone)
    hours = [Share()] * 24
    for _, of_day in groupby(sorted(quarters), key=lambda row: row[0] // 96):
        rows = list(of_day)
        # A day without a clock change has one offset: asking the zone is what takes time.
        first, last = (_offset(rows[index][0], here) for index in (0, -1))
        for quarter, asked, right in rows:
            offset = first if first == last else _offset(quarter, here)
            hour = (quarter + offset) // 4 % 24
            hours[hour] += Share(right, asked)
    return tuple(hours)


def _offset(quarter: int, here: ZoneInfo) -> int:
    local = (_EPOCH + quarter * _QUARTER).astimezone(here)
    offset = local.utcoffset()
    return 0 if offset is None else offset // _QUARTER


@dataclass(frozen=True, slots=True)
class Bin:
    """Days that stand together in a chart, both ends counted in."""

    first: Day
    last: Day
    counts: tuple[int, ...]


def binned(days: Mapping[Day, Sequence[int]], first: Day, last: Day, *, most: int, columns: int) -> tuple[Bin, ...]:
    """The days from `first` to `last` in at most `most` bins of as many days each, the last one ending at `last`.

    A day has `columns` counts; days that are not in `days` have none.
    """
    length = max(1, last - first + 1)
    size = -(-length // most)
    count = -(-length // size)
    sums = [[0] * columns for _ in range(count)]
    for day, values in days.items():
        if first <= day <= last:
            row = sums[count - 1 - (last - day) // size]
            for column, value in enumerate(values):
                row[column] += value
    ends = [last - size * (count - 1 - number) for number in range(count)]
    return tuple(Bin(max(first, end - size + 1), end, tuple(row)) for end, row in zip(ends, sums, strict=True))


INTERVALS = ((1, "1 d"), (2, "2–6 d"), (7, "1–3 wk"), (21, "3–8 wk"), (60, "2–6 mo"), (183, "6–12 mo"),
             (365, "1–2 y"), (730, "over 2 y"))  # fmt: skip
EASES = ((130, "1.3"), (150, "1.5"), (170, "1.7"), (190, "1.9"), (210, "2.1"), (230, "2.3"), (250, "2.5"),
         (270, "2.7"), (290, "2.9 +"))  # fmt: skip


def histogram(values: Iterable[tuple[int, int]], bounds: Sequence[tuple[int, str]]) -> tuple[tuple[str, int], ...]:
    """(name, count) for each of `bounds`, given as (least value, name); `values` are (value, count)."""
    counts = [0] * len(bounds)
    for value, count in values:
        place = max((number for number, (least, _) in enumerate(bounds) if value >= least), default=0)
        counts[place] += count
    return tuple((name, count) for (_, name), count in zip(bounds, counts, strict=True))


def daily_load(intervals: Iterable[tuple[int, int]]) -> float:
    """Answers a day to be expected if every interval stays as it is: the sum of 1 / interval.

    `intervals` are (interval, cards); a card without one comes every day.
    """
    return sum(count / max(1, interval) for interval, count in intervals)

"""Which of the nightly backups are kept: of the last days, of some weeks before them, of a year's months."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

DAILY, WEEKLY, MONTHLY = 7, 4, 12


def kept(days: Iterable[date]) -> set[date]:
    """The last `DAILY` days, and the newest day of each of the last `WEEKLY` weeks and `MONTHLY` months with one."""
    newest_first = sorted(days, reverse=True)
    weekly = _newest_of_each(newest_first, lambda day: day.isocalendar()[:2], WEEKLY)
    monthly = _newest_of_each(newest_first, lambda day: (day.year, day.month), MONTHLY)
    return {*newest_first[:DAILY], *weekly, *monthly}


def _newest_of_each(newest_first: Iterable[date], span: Callable[[date], tuple[int, int]], most: int) -> list[date]:
    found: dict[tuple[int, int], date] = {}
    for day in newest_first:
        found.setdefault(span(day), day)
    return list(found.values())[:most]

"""The streak: how many study days in a row somebody has studied."""

from __future__ import annotations

from collections.abc import Iterable

from flashcards.domain.study_day import Day


def streak(days: Iterable[Day], today: Day) -> int:
    """How many days in a row there are in `days` (the latest first), up to today, or up to yesterday while
    today is not among them.
    """
    count, expected = 0, today
    for day in days:
        if count == 0 and day == today - 1:
            expected = day
        if day != expected:
            break
        count, expected = count + 1, expected - 1
    return count

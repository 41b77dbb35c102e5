"""Which nightly backups are kept."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flashcards.services.upkeep.generations import kept

LAST = date(2026, 11, 28)


def every_night(count: int) -> set[date]:
    """What there is after so many nights, each of which drops what is not kept."""
    there: set[date] = set()
    for back in reversed(range(count)):
        there = kept({*there, LAST - timedelta(back)})
    return there


def test_after_two_years_there_are_days_weeks_and_months() -> None:
    assert sorted(every_night(730), reverse=True) == [
        *(LAST - timedelta(back) for back in range(7)),  # Saturday the 28th to Sunday the 22nd, its week's last
        date(2026, 11, 15), date(2026, 11, 8),
        *(date(2026, month, day) for month, day in (
            (10, 31), (9, 30), (8, 31), (7, 31), (6, 30), (5, 31), (4, 30), (3, 31), (2, 28), (1, 31),
        )),
        date(2025, 12, 31),
    ]  # fmt: skip


@given(st.sets(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=60))
def test_the_last_week_stays_and_nothing_comes_of_nothing(days: set[date]) -> None:
    left = kept(days)
    assert left <= days
    assert set(sorted(days)[-7:]) <= left
    assert len(left) <= 7 + 4 + 12
    assert kept(left) == left

"""The hour of a reminder, at clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from flashcards.domain.reminder_hour import letter_due, reminder_due
from flashcards.domain.study_day import day_of, zone


def at(zone_name: str, year: int, month: int, day: int, hour: int, minute: int = 0, fold: int = 0) -> int:
    local = datetime(year, month, day, hour, minute, tzinfo=zone(zone_name), fold=fold)
    return int(local.astimezone(UTC).timestamp() * 1000)


def day(year: int, month: int, number: int) -> int:
    return day_of(date(year, month, number))


def test_it_is_due_from_its_hour_on_and_not_for_ever() -> None:
    berlin = "Europe/Berlin"
    assert reminder_due(at(berlin, 2026, 5, 4, 6, 59), berlin, 7) is None
    assert reminder_due(at(berlin, 2026, 5, 4, 7), berlin, 7) == day(2026, 5, 4)
    assert reminder_due(at(berlin, 2026, 5, 4, 12, 59), berlin, 7) == day(2026, 5, 4)
    assert reminder_due(at(berlin, 2026, 5, 4, 13), berlin, 7) is None


def test_one_of_the_late_evening_may_come_after_midnight() -> None:
    assert reminder_due(at("UTC", 2026, 5, 5, 1), "UTC", 23) == day(2026, 5, 4)


@pytest.mark.parametrize("weekday", range(1, 8))
def test_a_weekly_letter_is_due_for_two_days_from_its_hour_on(weekday: int) -> None:
    its_day = 3 + weekday  # 4 May 2026 is a Monday
    begins = at("UTC", 2026, 5, its_day, 9)
    due = {hours: letter_due(begins + hours * 3_600_000, "UTC", weekday, 9) for hours in (-1, 0, 47, 48, 24 * 6)}
    assert due == {-1: None, 0: day(2026, 5, its_day), 47: day(2026, 5, its_day), 48: None, 24 * 6: None}


def test_an_hour_that_is_left_out_comes_as_much_later() -> None:
    berlin = "Europe/Berlin"  # 29 March 2026: 02:00 to 03:00 does not exist
    assert reminder_due(at(berlin, 2026, 3, 29, 1, 59), berlin, 2) is None
    assert reminder_due(at(berlin, 2026, 3, 29, 3), berlin, 2) == day(2026, 3, 29)


def test_of_an_hour_that_comes_twice_it_is_the_first() -> None:
    berlin = "Europe/Berlin"  # 25 October 2026: 02:00 to 03:00 comes twice
    assert reminder_due(at(berlin, 2026, 10, 25, 2, 0, fold=0), berlin, 2) == day(2026, 10, 25)
    assert reminder_due(at(berlin, 2026, 10, 25, 2, 0, fold=1) - 1, berlin, 2) == day(2026, 10, 25)


@pytest.mark.parametrize("zone_name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_a_year_of_every_hour_has_each_day_once_at_its_hour(zone_name: str) -> None:
    here, start = zone(zone_name), at(zone_name, 2026, 1, 1, 0)
    for hour in (2, 7):
        first: dict[int, datetime] = {}
        for step in range(365 * 24 * 4):
            now = start + step * 900_000
            due = reminder_due(now, zone_name, hour)
            if due is not None and due not in first:
                first[due] = datetime.fromtimestamp(now / 1000, UTC).astimezone(here)
        days = sorted(first)
        assert days == list(range(days[0], days[0] + len(days)))
        assert len(days) >= 364
        late = [when for when in first.values() if (when.hour, when.minute) != (hour, 0)]
        assert len(late) <= (1 if hour == 2 else 0)  # the hour that is left out in spring

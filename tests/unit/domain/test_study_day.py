"""Study days across clock changes, flights and set clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.study_day import date_of, day_of, raw_study_day, study_day, zone

MINUTE = 60_000
HOUR = 60 * MINUTE
ZONES = ["Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


def instant(text: str, timezone: str, fold: int = 0) -> int:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold)
    return int(local.astimezone(UTC).timestamp() * 1000)


def the_day(text: str, timezone: str, day_start: int = 4, fold: int = 0) -> date:
    return date_of(raw_study_day(instant(text, timezone, fold), timezone, day_start))


def test_days_are_counted_from_1970() -> None:
    assert (day_of(date(1970, 1, 1)), day_of(date(2026, 11, 22))) == (0, 20_779)
    assert date_of(20_779) == date(2026, 11, 22)


@pytest.mark.parametrize("day_start", range(24))
def test_a_day_begins_at_its_hour(day_start: int) -> None:
    before = f"2026-06-10T{(day_start or 24) - 1:02}:59:59.999"
    if day_start == 0:
        before = "2026-06-09T23:59:59.999"
    assert the_day(before, "Europe/Berlin", day_start) == date(2026, 6, 9)
    assert the_day(f"2026-06-10T{day_start:02}:00", "Europe/Berlin", day_start) == date(2026, 6, 10)


# (zone, the day on which clocks go forward, the day on which they go back); the third is southern
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29), date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8), date(2026, 11, 1)),
    ("America/Santiago", date(2026, 9, 6), date(2026, 4, 5)),
    ("Australia/Sydney", date(2026, 10, 4), date(2026, 4, 5)),
]


@pytest.mark.parametrize(("timezone", "forward", "back"), CHANGES)
@pytest.mark.parametrize("day_start", [0, 2, 3, 4])
def test_each_wall_time_around_a_clock_change_has_the_day_that_it_says(
    timezone: str, forward: date, back: date, day_start: int
) -> None:
    for change in (forward, back):
        first = instant(f"{date.fromordinal(change.toordinal() - 1)}T12:00", timezone)
        seen = []
        for at in range(first, first + 48 * HOUR, 10 * MINUTE):
            local = datetime.fromtimestamp(at / 1000, ZoneInfo(timezone))
            expected = local.date().toordinal() - (local.hour < day_start)
            day = raw_study_day(at, timezone, day_start)
            assert day == day_of(date.fromordinal(expected)), local
            seen.append(day)
        assert seen == sorted(seen)


def test_the_hour_that_comes_twice_does_not_make_today_go_back() -> None:
    # In St. John's clocks went back at 00:01: a day that starts at 0 began, ended and began again.
    first = instant("2010-11-07T00:00:30", "America/St_Johns", fold=0)
    later = instant("2010-11-06T23:30", "America/St_Johns", fold=1)
    assert later > first
    latest = raw_study_day(first, "America/St_Johns", 0)
    assert raw_study_day(later, "America/St_Johns", 0) == latest - 1
    assert study_day(later, "America/St_Johns", 0, latest) == latest


def test_an_hour_that_is_left_out_still_begins_the_day() -> None:
    # Berlin, 29 March 2026: 02:00 to 03:00 does not exist; a day that starts at 2 begins at 03:00 summer time.
    assert the_day("2026-03-29T01:59", "Europe/Berlin", 2) == date(2026, 3, 28)
    assert the_day("2026-03-29T03:00", "Europe/Berlin", 2) == date(2026, 3, 29)
    assert instant("2026-03-29T03:00", "Europe/Berlin") - instant("2026-03-29T01:59", "Europe/Berlin") == MINUTE


def test_a_flight_west_does_not_go_back_and_one_east_goes_on() -> None:
    at = instant("2026-06-10T09:00", "Asia/Tokyo")
    in_tokyo = study_day(at, "Asia/Tokyo", 4, None)
    assert date_of(in_tokyo) == date(2026, 6, 10)
    assert raw_study_day(at + HOUR, "America/Los_Angeles", 4) == in_tokyo - 1
    assert study_day(at + HOUR, "America/Los_Angeles", 4, in_tokyo) == in_tokyo
    # The day after, both agree again.
    assert study_day(at + 24 * HOUR, "America/Los_Angeles", 4, in_tokyo) == in_tokyo
    assert study_day(at + 36 * HOUR, "America/Los_Angeles", 4, in_tokyo) == in_tokyo + 1
    assert study_day(at, "Pacific/Kiritimati", 4, in_tokyo - 1) == in_tokyo


def test_a_clock_that_was_far_ahead_is_not_followed() -> None:
    at = instant("2026-06-10T12:00", "UTC")
    raw = raw_study_day(at, "UTC", 4)
    assert [study_day(at, "UTC", 4, raw + ahead) - raw for ahead in (-3, 0, 1, 2, 400)] == [0, 0, 1, 0, 0]


@given(
    st.integers(0, 4_000_000_000_000),
    st.integers(0, 3 * 24 * HOUR),
    st.sampled_from(ZONES),
    st.integers(0, 23),
)
def test_days_follow_one_another(at: int, later: int, timezone: str, day_start: int) -> None:
    first = raw_study_day(at, timezone, day_start)
    second = study_day(at + later, timezone, day_start, first)
    assert first <= second <= first + 4


@pytest.mark.parametrize("name", ["", "Berlin", "Europe", "../etc/passwd", "/etc/localtime", "Europe/Berlin\0", "ä"])
def test_zones_that_are_none(name: str) -> None:
    with pytest.raises(ValueError):
        zone(name)


@pytest.mark.parametrize("at", [-1, 10**18])
def test_instants_out_of_reach(at: int) -> None:
    with pytest.raises(ValueError, match="1970"):
        raw_study_day(at, "UTC", 4)

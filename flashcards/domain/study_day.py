"""Study days: the dates of a learner's own calendar, whose days start at an hour of their choice.

A day is an int, whole days since 1970-01-01; an instant is epoch milliseconds in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Day = int

DAY_START = 4
"""The hour at which a day starts unless the learner chose another."""

_EPOCH = date(1970, 1, 1).toordinal()
_EPOCH_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
MAXIMUM_INSTANT = 253_370_764_800_000
"""The last year that a local date can be computed for ends here (the end of the year 9998)."""


def raw_study_day(at: int, timezone: str, day_start: int) -> Day:
    """The date of the local wall time at the instant `at`, minus `day_start` hours.

    Raises ValueError for an unknown zone or an instant outside of the years 1970 to 9998.
    """
    if not 0 <= at < MAXIMUM_INSTANT:
        raise ValueError(f"the instant {at} is outside of the years 1970 to 9998")
    return _day_of_second(at // 1000, timezone, day_start)


@lru_cache(maxsize=64)  # a busy server asks of one second again and again, and its learners live in few zones
def _day_of_second(second: int, timezone: str, day_start: int) -> Day:
    local = (_EPOCH_INSTANT + timedelta(seconds=second)).astimezone(zone(timezone))
    # Subtracting from a local time is arithmetic on the wall clock, whatever a clock change did in those hours.
    return day_of((local - timedelta(hours=day_start)).date())


def study_day(at: int, timezone: str, day_start: int, latest: Day | None) -> Day:
    """Today, which never goes back: at least `latest`, the last day in the learner's log, where that is at
    most one day ahead (a flight west). A log that is further ahead had a wrong clock and does not count.
    """
    raw = raw_study_day(at, timezone, day_start)
    return latest if latest == raw + 1 else raw


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name such as Europe/Berlin; raises ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}: use a name such as Europe/Berlin") from error


def day_of(when: date) -> Day:
    """A date as a day."""
    return when.toordinal() - _EPOCH


def date_of(day: Day) -> date:
    """A day as a date."""
    return date.fromordinal(day + _EPOCH)

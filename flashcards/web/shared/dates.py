"""Days and instants as text: ISO for programs, words for people. No clock and no zone of its own."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from flashcards.domain.study_day import date_of, day_of, zone

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?!24)\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)  # fromisoformat alone takes week dates and bare dates too, and from Python 3.14 on the hour 24
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def iso_date(day: int | None) -> str | None:
    """An epoch day as ``2026-11-22``."""
    return None if day is None else date_of(day).isoformat()


def parse_date(text: str) -> int:
    """The epoch day of ``2026-11-22``; raises ValueError."""
    if not ISO_DATE.fullmatch(text):
        raise ValueError("not an ISO date")
    return day_of(date.fromisoformat(text))


def instant(at: int) -> str:
    """Epoch milliseconds as RFC 3339 in UTC."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def parse_instant(text: str) -> int:
    """Epoch milliseconds of an RFC 3339 instant; raises ValueError."""
    if not RFC_3339.fullmatch(text):
        raise ValueError("not an RFC 3339 instant")
    moment = datetime.fromisoformat(text.upper().replace(" ", "T"))
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def long_date(day: int, today: int) -> str:
    """``Sunday 22 November``; with the year, ``Friday 22 January 2027``, where it is not that of `today`."""
    return f"{WEEKDAYS[date_of(day).weekday()]} {day_and_month(day, today)}"


def day_and_month(day: int, today: int) -> str:
    """``22 November``, or ``22 January 2027``, as above."""
    when = date_of(day)
    year = "" if when.year == date_of(today).year else f" {when.year}"
    return f"{when.day} {MONTHS[when.month - 1]}{year}"


def short_date(day: int) -> str:
    """``22 Nov 2026``."""
    when = date_of(day)
    return f"{when.day} {MONTHS[when.month - 1][:3]} {when.year}"


def relative_day(day: int, today: int) -> str:
    """``today``, ``tomorrow``, ``on Friday``, ``on 3 Mar 2027``; for the past ``3 days ago``."""
    ahead = day - today
    if ahead == 0:
        return "today"
    if ahead == 1:
        return "tomorrow"
    if ahead < 0:
        return "yesterday" if ahead == -1 else f"{-ahead:,} days ago"
    return f"on {WEEKDAYS[date_of(day).weekday()]}" if ahead < 7 else f"on {short_date(day)}"


def local_time(at: int, timezone: str) -> str:
    """Epoch milliseconds as ``22 Nov 2026, 14:05`` in an IANA zone."""
    moment = datetime.fromtimestamp(at / 1000, zone(timezone))
    return f"{short_date(day_of(moment.date()))}, {moment:%H:%M}"


def interval_words(days: int) -> str:
    """An interval as a button has room for: ``1 d``, ``36 d``, ``4.1 mo``, ``1.2 y``."""
    if days < 100:
        return f"{days} d"
    if days < 365:
        return f"{days / 30.4375:.1f} mo"
    return f"{days / 365.25:.1f} y" if days < 3653 else f"{days / 365.25:,.0f} y"


def seconds_words(seconds: int) -> str:
    """A length of work to come: ``Less than a minute``, ``About 9 minutes``, ``About 1 h 20 min``."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "Less than a minute"
    if minutes < 60:
        return "About 1 minute" if minutes == 1 else f"About {minutes} minutes"
    return f"About {minutes // 60} h {minutes % 60} min"


def stopwatch_words(ms: int) -> str:
    """A measured length: ``8 min 40 s``, ``12 s``."""
    seconds = round(ms / 1000)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def length_words(ms: int) -> str:
    """How long a job took: ``40 ms``, ``1.3 s``, ``8 min 40 s``."""
    if ms < 1000:
        return f"{ms} ms"
    return f"{ms / 1000:.1f} s" if ms < 10_000 else stopwatch_words(ms)

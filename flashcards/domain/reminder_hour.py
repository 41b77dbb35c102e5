"""When a learner is told something: at an hour on their clock, once on each of its days, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from flashcards.domain.study_day import Day, day_of, zone

LATEST_MS = 6 * 3_600_000
"""So late a reminder still comes, where the server or the mail server was away at its hour."""
LATEST_LETTER_MS = 48 * 3_600_000
"""So late a weekly letter still comes."""


def reminder_due(now: int, timezone: str, hour: int) -> Day | None:
    """The day whose reminder is due at the instant `now`, None where none is.

    An hour that a clock change leaves out comes as much later as the clock jumped; of one that comes twice it is the
    first. Whoever gets None for a day twice, or a day twice, asks what was sent already.
    """
    today = _date(now, timezone)
    return _latest(now, timezone, hour, (today, today - timedelta(days=1)), LATEST_MS)


def letter_due(now: int, timezone: str, weekday: int, hour: int) -> Day | None:
    """The day whose weekly letter is due at the instant `now`, None where none is; `weekday` is 1 (Monday) to 7."""
    today = _date(now, timezone)
    last = today - timedelta(days=(today.isoweekday() - weekday) % 7)
    return _latest(now, timezone, hour, (last,), LATEST_LETTER_MS)


def _date(now: int, timezone: str) -> date:
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(zone(timezone)).date()


def _latest(now: int, timezone: str, hour: int, dates: tuple[date, ...], latest_ms: int) -> Day | None:
    """The first of the dates whose hour has come, unless that is too long ago."""
    for it in dates:
        at = datetime(it.year, it.month, it.day, hour, tzinfo=zone(timezone)).timestamp() * 1000
        if at <= now:
            return day_of(it) if now - at < latest_ms else None
    return None

"""When a reminder is due: at an hour on the learner's clock, once on each of its days, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flashcards.domain.study_day import Day, day_of, zone

LATEST_MS = 6 * 3_600_000
"""So late a reminder still comes, where the server or the mail server was away at its hour."""


def reminder_due(now: int, timezone: str, hour: int) -> Day | None:
    """The day whose reminder is due at the instant `now`, None where none is.

    An hour that a clock change leaves out comes as much later as the clock jumped; of one that comes twice it is the
    first. Whoever gets None for a day twice, or a day twice, asks what was sent already.
    """
    here = zone(timezone)
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(here)
    for date in (local.date(), local.date() - timedelta(days=1)):
        at = datetime(date.year, date.month, date.day, hour, tzinfo=here).timestamp() * 1000
        if at <= now:
            return day_of(date) if now - at < LATEST_MS else None
    return None

"""Schedules as columns: the same six, in the same order, wherever a schedule is stored."""

from __future__ import annotations

from flashcards.domain.schedule import NEVER_SEEN, New, Schedule, Scheduled
from flashcards.domain.sm2 import Memory

COLUMNS = ("repetition", "ease", "interval", "due_on", "suspended", "buried_until")

Columns = tuple[int, int, int, int | None, int, int | None]


def shown_on(day: str, table: str = "") -> str:
    """The condition that a schedule is neither suspended nor buried on a day: `Schedule.hidden_on`, in SQL.

    `day` is a parameter or a column, `table` the name of the schedule's table with a dot behind it. In every query
    of what can be asked, this is the one place that says so.
    """
    return f"({table}suspended = 0 AND ({table}buried_until IS NULL OR {table}buried_until <= {day}))"


def asked_on(day: str, table: str = "") -> str:
    """The condition that a scheduled card is asked on a day: `Schedule.asked_on`, in SQL, of cards that are not new."""
    return f"({table}due_on IS NOT NULL AND {table}due_on <= {day} AND {shown_on(day, table)})"


def columns_of(schedule: Schedule) -> Columns:
    """The values of `COLUMNS`."""
    memory = schedule.memory
    return (
        memory.repetition,
        memory.ease,
        memory.interval,
        schedule.due_on,
        int(schedule.suspended),
        schedule.buried_until,
    )


def schedule_of(
    repetition: int | None,
    ease: int | None,
    interval: int | None,
    due_on: int | None,
    suspended: int | None,
    buried_until: int | None,
) -> Schedule:
    """The schedule with these columns; all of them None for a card that has none."""
    if repetition is None or ease is None or interval is None:
        return NEVER_SEEN
    progress = New() if due_on is None else Scheduled(Memory(repetition, ease, interval), due_on)
    return Schedule(progress, bool(suspended), buried_until)

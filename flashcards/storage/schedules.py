"""Schedules as columns: the same six, in the same order, wherever a schedule is stored."""

from __future__ import annotations

from flashcards.domain.schedule import NEVER_SEEN, New, Schedule, Scheduled
from flashcards.domain.sm2 import Memory

COLUMNS = ("repetition", "ease", "interval", "due_on", "suspended", "buried_until")

Columns = tuple[int, int, int, int | None, int, int | None]


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

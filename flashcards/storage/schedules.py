"""Schedules as columns: the same six, in the same order, wherever a schedule is stored."""

from __future__ import annotations

from typing import Any

from peewee import Case, Context

from flashcards.domain.schedule import NEVER_SEEN, New, Schedule, Scheduled
from flashcards.domain.sm2 import Memory
from flashcards.storage.models import Card, Note

COLUMNS = ("repetition", "ease", "interval", "due_on", "suspended", "buried_until")

Columns = tuple[int, int, int, int | None, int, int | None]


def columns(table: Any, prefix: str = "") -> tuple[Any, ...]:
    """The columns of `COLUMNS` in a table (or its alias): in the log they stand twice, `before_` and `after_`."""
    return tuple(getattr(table, prefix + column) for column in COLUMNS)


def shown_on(schedule: Any, day: Any) -> Any:
    """The condition that a schedule is neither suspended nor buried on a day: `Schedule.hidden_on`, in a query.

    `schedule` is the table or its alias. In every query of what can be asked, this is the one place that says so.
    """
    return (schedule.suspended == 0) & (schedule.buried_until.is_null() | (schedule.buried_until <= day))


def asked_on(schedule: Any, day: Any) -> Any:
    """The condition that a scheduled card is asked on a day: `Schedule.asked_on`, of cards that are not new."""
    return schedule.due_on.is_null(False) & (schedule.due_on <= day) & shown_on(schedule, day)


def place(card: Any, note: Any) -> Any:
    """The deck under which a card of a note is studied; NULL while it is hidden."""
    visible = card.removed_at.is_null() & note.removed_at.is_null() & (note.draft == 0)
    return Case(None, ((visible, note.deck),))


def _by_hand(expression: Any) -> str:
    """An expression as SQL, its values (whole numbers) written out."""
    text, values = Context(param="?").sql(expression).query()  # type: ignore[no-untyped-call]
    for value in values:
        text = text.replace("?", str(int(value)), 1)
    return str(text)


PLACE_BY_HAND = _by_hand(place(Card.alias("c"), Note.alias("n")))
"""`place` of the card `c` of the note `n`, for SQL by hand."""


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

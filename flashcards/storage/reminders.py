"""What learners want to be told, and where; and what they were told."""

from __future__ import annotations

from typing import NamedTuple

from flashcards.storage.database import Database
from flashcards.storage.models import Learner
from flashcards.storage.prepared import Query, prepared


class ReminderRow(NamedTuple):
    """A learner's wishes. `reminder` is the hour on their clock, ``07:00``; None: no reminder.

    `calendar_generation` counts the addresses that were made or taken back; above 0 the last one is good.
    """

    email: str | None
    email_verified_at: int | None
    reminder: str | None
    calendar_generation: int


@prepared
def _one(learner: int) -> Query:
    columns = (Learner.email, Learner.email_verified_at, Learner.reminder, Learner.calendar_generation)
    return Learner.select(*columns).where(Learner.id == learner)


@prepared
def _set_generation(generation: int, learner: int) -> Query:
    return Learner.update({Learner.calendar_generation: generation}).where(Learner.id == learner)


class ReminderRows:
    """Reads and writes, within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, learner: int) -> ReminderRow | None:
        """The learner's wishes; None where there is no such account."""
        row = _one.one(self._db, learner)
        return ReminderRow(*row) if row else None

    def set_generation(self, learner: int, generation: int) -> None:
        """Stores how many addresses of the calendar there were."""
        _set_generation.run(self._db, generation, learner)

"""How much there is, read from what counts it."""

from __future__ import annotations

from peewee import fn

from flashcards.storage.database import Database
from flashcards.storage.models import Learner, LearnerState
from flashcards.storage.prepared import Query, prepared


@prepared
def _learners() -> Query:
    return Learner.select(fn.count(Learner.id))


@prepared
def _log_rows() -> Query:
    return LearnerState.select(fn.coalesce(fn.sum(LearnerState.last_seq), 0))


def learners_and_log_rows(database: Database) -> tuple[int, int]:
    """Accounts, and the rows of all their logs."""
    with database.read():
        learners, rows = _learners.one(database), _log_rows.one(database)
    return int(learners[0]) if learners else 0, int(rows[0]) if rows else 0

"""Searches that learners keep under a name."""

from __future__ import annotations

from typing import NamedTuple

from flashcards.domain.ids import LearnerId
from flashcards.storage import models
from flashcards.storage.database import Database
from flashcards.storage.prepared import Query, inserting, prepared

_insert = inserting(
    models.SavedSearch, models.SavedSearch.learner, models.SavedSearch.id, models.SavedSearch.name,
    models.SavedSearch.query, models.SavedSearch.on_today, models.SavedSearch.position,
)  # fmt: skip


@prepared
def _all(learner: LearnerId) -> Query:
    kept = models.SavedSearch
    found = kept.select(kept.id, kept.name, kept.query, kept.on_today)
    return found.where(kept.learner == learner).order_by(kept.position, kept.id)


@prepared
def _delete(learner: LearnerId) -> Query:
    return models.SavedSearch.delete().where(models.SavedSearch.learner == learner)


class SavedSearch(NamedTuple):
    """A search with its name, and whether it stands on the first page."""

    id: str
    name: str
    query: str
    on_today: bool


class SavedSearchRows:
    """Reads and writes of saved searches, within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self, learner: LearnerId) -> list[SavedSearch]:
        """The learner's searches, in their order."""
        rows = _all.all(self._db, learner)
        return [SavedSearch(id_, name, query, bool(on_today)) for id_, name, query, on_today in rows]

    def replace(self, learner: LearnerId, searches: list[SavedSearch]) -> None:
        """Stores the learner's searches as they are here, in this order."""
        _delete.run(self._db, learner)
        _insert.many(
            self._db,
            [(learner, it.id, it.name, it.query, int(it.on_today), position) for position, it in enumerate(searches)],
        )

"""Searches that learners keep under a name."""

from __future__ import annotations

from typing import NamedTuple

from flashcards.storage.database import Database


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

    def all(self, learner: int) -> list[SavedSearch]:
        """The learner's searches, in their order."""
        rows = self._db.all(
            "SELECT id, name, query, on_today FROM saved_search WHERE learner_id = ? ORDER BY position, id", (learner,)
        )
        return [SavedSearch(id_, name, query, bool(on_today)) for id_, name, query, on_today in rows]

    def replace(self, learner: int, searches: list[SavedSearch]) -> None:
        """Stores the learner's searches as they are here, in this order."""
        self._db.execute("DELETE FROM saved_search WHERE learner_id = ?", (learner,))
        self._db.executemany(
            "INSERT INTO saved_search(learner_id, id, name, query, on_today, position) VALUES (?, ?, ?, ?, ?, ?)",
            [(learner, it.id, it.name, it.query, int(it.on_today), position) for position, it in enumerate(searches)],
        )

"""How much there is in the database, for whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass

from flashcards.storage.database import Database
from flashcards.storage.figures import learners_and_log_rows


@dataclass(frozen=True, slots=True)
class Counted:
    """Accounts, and rows of all logs."""

    learners: int
    log_rows: int


class Counts:
    """`Counts(database)`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def now(self) -> Counted:
        """Read from counters: the logs are not walked."""
        return Counted(*learners_and_log_rows(self._db))

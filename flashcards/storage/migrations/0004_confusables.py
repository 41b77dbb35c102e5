"""The fronts of cards as numbers, so that cards whose questions are nearly the same are asked apart."""

from typing import Any

from flashcards.storage.fronts import fill

STATEMENT = """
    CREATE TABLE note_front (
        note_id INTEGER NOT NULL REFERENCES note(id),
        ordinal INTEGER NOT NULL,                -- of the card: 0 forward, 1 backward; gaps have none
        mark INTEGER NOT NULL,                   -- domain/fronts.py: the same for confusable fronts
        PRIMARY KEY (note_id, ordinal)
    ) WITHOUT ROWID
"""


def up(migrator: Any, db: Any) -> None:
    """Creates the table and fills it with the notes that are there, removed ones too."""
    db.execute_sql(STATEMENT)
    fill(db.connection())

"""The words of notes, for searching: SQLite's FTS5 over the same text that `search_text` makes of a note."""

from typing import Any

from flashcards.storage.search_text import search_text

STATEMENT = (
    "CREATE VIRTUAL TABLE note_text USING fts5(text, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4')"
)


def up(migrator: Any, db: Any) -> None:
    """Creates the table and fills it with the notes that are there, removed ones too."""
    db.execute_sql(STATEMENT)
    for note, *texts in db.execute_sql("SELECT id, key, question, answer FROM note").fetchall():
        db.execute_sql("INSERT INTO note_text(rowid, text) VALUES (?, ?)", (note, search_text(*texts)))

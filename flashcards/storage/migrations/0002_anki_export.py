"""What exports to Anki keep: each note's fields as Anki gets them, and what Anki was told last."""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE anki_fields (
        note_id INTEGER PRIMARY KEY REFERENCES note(id),
        render_key TEXT NOT NULL,                -- of the text that they were made from
        version INTEGER NOT NULL,                -- of the program that made them
        created_at INTEGER NOT NULL,             -- when the note was first seen
        first TEXT NOT NULL,                     -- HTML: a basic note's question, a cloze note's text
        rest TEXT NOT NULL,                      -- the answer (or heading), rubric, follow-ups, sources: by U+001F
        media TEXT NOT NULL                      -- names of pictures and sounds: by U+001F
    )
    """,
    """
    CREATE TABLE anki_export (
        learner_id INTEGER REFERENCES learner(id) ON DELETE CASCADE,  -- NULL: exported for nobody by name
        guid TEXT NOT NULL,
        note_id INTEGER NOT NULL REFERENCES note(id),
        modified INTEGER NOT NULL,               -- the note's `mod` in that package, epoch seconds
        digest BLOB NOT NULL,                    -- of its tags and fields
        removed INTEGER NOT NULL DEFAULT 0       -- it was exported as removed
    )
    """,
    "CREATE UNIQUE INDEX anki_export_note ON anki_export(coalesce(learner_id, 0), note_id, guid)",
)


def up(migrator: Any, db: Any) -> None:
    """Creates the tables."""
    for statement in STATEMENTS:
        db.execute_sql(statement)

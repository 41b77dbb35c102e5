"""What the decks say for practice: points and follow-ups with the cards that teach and answer them, long forms.

The two tables are filled by sync and say nothing that the notes do not say: a reference that names no card leaves the
card NULL until there is one.
"""

from typing import Any

STATEMENTS = (
    # As lists of null or {deck, id, level}, as long as the list that they go with; empty where no item has one.
    "ALTER TABLE note ADD COLUMN rubric_refs TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE note ADD COLUMN follow_up_refs TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE note ADD COLUMN in_full TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE note ADD COLUMN clarify TEXT NOT NULL DEFAULT '[]'",
    "CREATE INDEX note_refers ON note(deck_id) WHERE rubric_refs <> '[]' OR follow_up_refs <> '[]'",
    """
    CREATE TABLE rubric_point (
        note_id INTEGER NOT NULL,
        point TEXT NOT NULL,                     -- the id that it names, else a hash of its text
        position INTEGER NOT NULL,
        text TEXT NOT NULL,
        level TEXT,                              -- junior, mid, senior
        teaches_card INTEGER,
        PRIMARY KEY (note_id, point)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX rubric_point_card ON rubric_point(teaches_card) WHERE teaches_card IS NOT NULL",
    """
    CREATE TABLE follow_up (
        note_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        text TEXT NOT NULL,
        answered_by_card INTEGER,
        PRIMARY KEY (note_id, position)
    ) WITHOUT ROWID
    """,
)


def up(migrator: Any, db: Any) -> None:
    """Makes the columns and the tables; the next sync reads all decks anew and fills them."""
    for statement in STATEMENTS:
        db.execute_sql(statement)

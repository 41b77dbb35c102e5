"""What Anki knew of the answers and cards that came from it.

A row of its log keeps its kind, its intervals and its ease as they were, so that an export gives them back; the row
that closes an import says how often the card had been forgotten there.
"""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE imported_review (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,                    -- of the row in the learner's log
        type INTEGER NOT NULL,                   -- 0 learning, 1 review, 2 relearning, 3 filtered, 4 and 5 by hand
        interval INTEGER NOT NULL,               -- in days; negative: in seconds
        last_interval INTEGER NOT NULL,
        factor INTEGER NOT NULL,                 -- in permille
        PRIMARY KEY (learner_id, seq)
    ) WITHOUT ROWID
    """,
    # Only rows that close an import have it: a replay counts lapses from there on. NULL: they stay as they are.
    "ALTER TABLE review ADD COLUMN after_lapses INTEGER",
)


def up(migrator: Any, db: Any) -> None:
    """Makes the table and the column."""
    for statement in STATEMENTS:
        db.execute_sql(statement)

"""Addresses of learners beside mail, where they are told that cards are due, and the weekly letter."""

from typing import Any

STATEMENTS = (
    # Addresses hold secrets: they are sealed with the server's key, and `shown` is what a page may say of one.
    """
    CREATE TABLE channel (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        id INTEGER NOT NULL,                     -- of this learner, from 1
        kind TEXT NOT NULL,                      -- ntfy, Telegram, ...
        shown TEXT NOT NULL,
        url_encrypted TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0,     -- in a row
        tried_at INTEGER,                        -- the last time
        trouble TEXT NOT NULL DEFAULT '',        -- what went wrong then, for people
        PRIMARY KEY (learner_id, id)
    ) WITHOUT ROWID
    """,
    # When the weekly letter comes on the learner's clock, such as 1-07:00 (Monday); NULL: never.
    "ALTER TABLE learner ADD COLUMN letter TEXT",
)


def up(migrator: Any, db: Any) -> None:
    """Makes the table and the column."""
    for statement in STATEMENTS:
        db.execute_sql(statement)

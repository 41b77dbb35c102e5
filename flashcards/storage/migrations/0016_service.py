"""What a service that nobody watches keeps: the runs of its jobs, and what it sent to whom.

Learners get an address for reminders, the hour of theirs, and the count that their calendar's address is made with.
"""

from typing import Any

STATEMENTS = (
    # The jobs of the process that leads: other processes show them, and may ask for a run.
    """
    CREATE TABLE job (
        name TEXT NOT NULL PRIMARY KEY,
        title TEXT NOT NULL,
        rhythm TEXT NOT NULL,                    -- in words: every night at 03:00 UTC
        next_at INTEGER,                         -- NULL: whenever something changes
        asked_at INTEGER                         -- somebody wants a run now
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE job_run (
        job TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        finished_at INTEGER NOT NULL,
        ok INTEGER NOT NULL,
        result TEXT NOT NULL,                    -- a sentence for people
        PRIMARY KEY (job, started_at)
    ) WITHOUT ROWID
    """,
    # Once a day each: whoever has a row here has had it.
    """
    CREATE TABLE sent (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        kind TEXT NOT NULL,                      -- reminder
        study_day INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (learner_id, kind, study_day)
    ) WITHOUT ROWID
    """,
    "ALTER TABLE learner ADD COLUMN email TEXT",
    "ALTER TABLE learner ADD COLUMN email_verified_at INTEGER",
    "ALTER TABLE learner ADD COLUMN reminder TEXT",  # the hour on the learner's clock, 07:00; NULL: no reminder
    # Counts up whenever an address is made or taken back; below zero: there is none.
    "ALTER TABLE learner ADD COLUMN calendar_generation INTEGER NOT NULL DEFAULT 0",
)


def up(migrator: Any, db: Any) -> None:
    """Makes the tables and the columns."""
    for statement in STATEMENTS:
        db.execute_sql(statement)

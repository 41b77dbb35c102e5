"""Of each day of a learner what was due and what of it was remembered, counted as answers come; and marks of change.

The statistics read the whole log for what older days say. A mark is another number whenever something of a learner's,
or something of the collection, is no longer as it was: whoever keeps what was computed asks the mark whether it holds.
"""

from typing import Any

_DUE = "before_interval >= 1 AND kind IN ('imported', 'scheduled')"
STATEMENTS = (
    "ALTER TABLE learner_day ADD COLUMN due INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE learner_day ADD COLUMN due_mature INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE learner_day ADD COLUMN remembered INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE learner_day ADD COLUMN remembered_mature INTEGER NOT NULL DEFAULT 0",
    f"""
    UPDATE learner_day SET due = counted.due, due_mature = counted.due_mature, remembered = counted.remembered,
        remembered_mature = counted.remembered_mature
    FROM (
        SELECT learner_id, study_day, count(*) AS due,
            sum(CASE WHEN before_interval >= 21 THEN 1 ELSE 0 END) AS due_mature,
            sum(CASE WHEN quality >= 3 THEN 1 ELSE 0 END) AS remembered,
            sum(CASE WHEN quality >= 3 AND before_interval >= 21 THEN 1 ELSE 0 END) AS remembered_mature
        FROM review WHERE quality IS NOT NULL AND undone = 0 AND {_DUE} GROUP BY learner_id, study_day
    ) AS counted
    WHERE learner_day.learner_id = counted.learner_id AND learner_day.study_day = counted.study_day
    """,
    # Counts up with every change of the learner's log, schedules, memories or decks switched on.
    "ALTER TABLE learner_state ADD COLUMN changes BIGINT NOT NULL DEFAULT 0",
    # Counts of the service as a whole, by name: `collection` goes up whenever a sync changes something.
    """
    CREATE TABLE service (
        key TEXT NOT NULL PRIMARY KEY,
        value BIGINT NOT NULL
    ) WITHOUT ROWID
    """,
)


def up(migrator: Any, db: Any) -> None:
    """Makes the columns, counts, makes the table."""
    for statement in STATEMENTS:
        on_postgresql = getattr(db, "dialect", "sqlite") == "postgresql"
        db.execute_sql(statement.replace(" WITHOUT ROWID", "") if on_postgresql else statement)

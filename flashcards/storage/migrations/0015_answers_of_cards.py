"""How often a learner has answered each card, counted as answers come; and what few cards have, by index.

A search for `prop:reviews`, `prop:lapses`, `is:leech` or `is:suspended` counted the log of every card, or looked at
every schedule, to find a few.
"""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE card_answers (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        card_id INTEGER NOT NULL,
        answers INTEGER NOT NULL,                -- rows of the log with a grade, undone ones aside
        PRIMARY KEY (learner_id, card_id)
    ) WITHOUT ROWID
    """,
    "INSERT INTO card_answers(learner_id, card_id, answers) SELECT learner_id, card_id, count(*) FROM review"
    " WHERE quality IS NOT NULL AND undone = 0 GROUP BY learner_id, card_id",
    "CREATE INDEX card_answers_most ON card_answers(learner_id, answers)",
    "CREATE INDEX schedule_lapses ON schedule(learner_id, lapses, note_id) WHERE lapses > 0",
    "CREATE INDEX schedule_suspended ON schedule(learner_id, note_id) WHERE suspended = 1",
)


def up(migrator: Any, db: Any) -> None:
    """Makes the table, counts, makes the indexes."""
    for statement in STATEMENTS:
        db.execute_sql(statement)

"""Answers cost less, and what Anki forgot is forgotten.

An index over the count of a card's answers cost each answer more than it gave the searches that asked it. And cards
that Anki had forgotten (a row of type 4 with a factor of 0) are computed anew: their memory begins after that row.
"""

from typing import Any

_FORGOTTEN = """
    SELECT r.learner_id, r.card_id, min(r.seq) AS seq FROM review r
    JOIN imported_review i ON i.learner_id = r.learner_id AND i.seq = r.seq
    WHERE i.type = 4 AND i.factor = 0 AND r.quality IS NULL AND r.undone = 0
    GROUP BY r.learner_id, r.card_id
"""
STATEMENTS = (
    "DROP INDEX IF EXISTS card_answers_most",
    "UPDATE memory SET parameters = ''"
    f" WHERE (learner_id, card_id) IN (SELECT learner_id, card_id FROM ({_FORGOTTEN}) AS f)",
    "UPDATE review SET stability = NULL, difficulty = NULL, parameters = NULL FROM"
    f" ({_FORGOTTEN}) AS f WHERE review.learner_id = f.learner_id AND review.card_id = f.card_id"
    " AND review.quality IS NOT NULL",
)


def up(migrator: Any, db: Any) -> None:
    """Drops the index; marks the cards."""
    for statement in STATEMENTS:
        db.execute_sql(statement)

"""What the statistics are read from: an index of the log that says enough of each answer, one of when notes came."""

from typing import Any

STATEMENTS = (
    "DROP INDEX review_day",
    # The columns up to card_id are those that it had: whoever read it by them still does.
    "CREATE INDEX review_day ON review"
    "(learner_id, study_day, kind, card_id, undone, quality, before_interval, took_ms, at)",
    "CREATE INDEX revision_first ON revision(at, note_id) WHERE number = 1",
)


def up(migrator: Any, db: Any) -> None:
    """Makes the indexes."""
    for statement in STATEMENTS:
        db.execute_sql(statement)

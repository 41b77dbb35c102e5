"""How many notes there are to learn is counted by two indexes: those that stand in a file, less the drafts.

Every first page of every learner looked at each note, with its text, for that one number.
"""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Makes the index of drafts; that of all notes is `note_deck`."""
    db.execute_sql("CREATE INDEX note_drafts ON note(deck_id) WHERE draft = 1 AND removed_at IS NULL")

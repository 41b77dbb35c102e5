"""An index over the count of a card's answers cost each answer more than it gave the searches that asked it."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Drops the index."""
    db.execute_sql("DROP INDEX card_answers_most")

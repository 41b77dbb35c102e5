"""Substantive edits that an author has saved, until a sync has stored their text."""

from typing import Any

STATEMENT = """
    CREATE TABLE expected_edit (
        note TEXT PRIMARY KEY,                   -- deck#note, as its file says
        source TEXT NOT NULL,                    -- the text that was marked, with the definitions that it uses
        definitions TEXT NOT NULL,
        returned INTEGER                         -- how many cards came back; NULL: the text is not stored yet
    ) WITHOUT ROWID
"""


def up(migrator: Any, db: Any) -> None:
    """Makes the table."""
    db.execute_sql(STATEMENT)

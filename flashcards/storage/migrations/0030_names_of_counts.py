"""A text that servers got without its collation is compared by bytes, as all others are.

The program that first had 0029 said its types to a server as they stand there. A new database, and one that a later
program brought up to date, has the column as it should be; there, and on SQLite, nothing changes.
"""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Says the column's type once more, on a server."""
    if getattr(db, "dialect", "sqlite") == "postgresql":
        db.execute_sql('ALTER TABLE service ALTER COLUMN key TYPE text COLLATE "C"')

"""Which migrations a file has, beside those of this program."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flashcards.storage.database import Database, our_migrations

APPLIED = "SELECT name FROM schema_migration"


def versions(database: Database) -> tuple[set[str], set[str]]:
    """The migrations that the file lacks, and those in it that this program does not know."""
    ours = our_migrations()
    if not database.one("SELECT 1 FROM sqlite_master WHERE name = 'schema_migration'"):
        return ours, set()
    applied = {name for (name,) in database.all(APPLIED)}
    return ours - applied, applied - ours


def newer(path: Path, unknown: Iterable[str]) -> str:
    """What to say of a file that has migrations which this program does not know."""
    names = ", ".join(sorted(unknown))
    return (
        f"The database {path} was made by a newer version of this program (it has {names}): install that"
        " version, or restore a backup that is older. Nothing was changed."
    )

"""Which SQLite there is, in words."""

from __future__ import annotations

from flashcards.storage.sqlite_database import SQLITE_VERSION, SQLITE_WITH_RESET_BUG


def sqlite_note() -> str:
    """The SQLite in use, and plainly whether it is one that can damage a database."""
    note = f"SQLite {SQLITE_VERSION}"
    if SQLITE_WITH_RESET_BUG:
        note += (
            ": older than 3.51.3, it can corrupt a database that several connections write."
            " Install the package pysqlite3, or where it has no build for this machine (Linux on ARM),"
            " a Python that links a newer SQLite"
        )
    return note

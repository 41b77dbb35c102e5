"""Which database there is, in words."""

from __future__ import annotations

from flashcards.database_address import DatabaseAddress, ServerAddress
from flashcards.storage.sqlite_driver import SQLITE_VERSION, SQLITE_WITH_RESET_BUG


def database_note(address: DatabaseAddress) -> str:
    """The database in use: a server's address, or the SQLite, and plainly whether it is one that can damage a file."""
    if isinstance(address, ServerAddress):
        return f"PostgreSQL at {address}"
    note = f"SQLite {SQLITE_VERSION}"
    if SQLITE_WITH_RESET_BUG:
        note += (
            ": older than 3.51.3, it can corrupt a database that several connections write."
            " Install the package pysqlite3, or where it has no build for this machine (Linux on ARM),"
            " a Python that links a newer SQLite"
        )
    return note

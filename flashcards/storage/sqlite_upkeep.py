"""What is done to a database file that nobody has open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playhouse.migrations import Runner

from flashcards.errors import Unavailable
from flashcards.storage import locks
from flashcards.storage.database import migrations_folder, our_migrations
from flashcards.storage.sqlite_database import SqliteDatabase
from flashcards.storage.sqlite_driver import connections_of
from flashcards.storage.sqlite_errors import busy, translated
from flashcards.storage.sqlite_files import keep_to_owner, log_paths
from flashcards.storage.sqlite_versions import newer, versions


def migrate_file(path: Path, before: Callable[[set[str]], None]) -> list[str]:
    """Makes the database or brings it up to date; returns the names of the migrations that it ran.

    As `database.migrate` says; processes take turns by a file lock, and the file is its owner's alone.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locks.held(path.with_name(path.name + ".migrating")):
            _make_private(path)
            missing = _lacks(path)
            if missing and missing != our_migrations():
                before(missing)
            ran = _migrate(path)
            _make_private(path)
            return ran
    except OSError as error:
        raise Unavailable(f"The data folder {path.parent} cannot be written: {error.strerror}.") from error


def _make_private(path: Path) -> None:
    """Lets nobody else read the database: SQLite itself would make it as the user's mask has it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for file in (path, *log_paths(path)):
        if file.exists():
            keep_to_owner(file, 0o600)


def _lacks(path: Path) -> set[str]:
    """The migrations that a database which nobody may migrate meanwhile lacks; all of ours where it is new."""
    connections = connections_of(path, read_only=False)
    database = SqliteDatabase(connections, path, None)
    try:
        return versions(database)[0]
    finally:
        database.close()


def _migrate(path: Path) -> list[str]:
    """All that the database lacks in one transaction: who is killed on the way leaves it as it was."""
    connections = connections_of(path, read_only=False)
    try:
        with translated(path):
            runner = Runner(connections, str(migrations_folder()))
            unknown = [migration.name for migration in runner.status() if migration.path is None]
            if unknown:
                raise Unavailable(newer(path, unknown))
            # Only outside of a transaction: a table that is rebuilt would take along what refers to it.
            connections.pragma("foreign_keys", 0)
            runner.migrator.transactional_ddl = False
            with connections.atomic():
                ran: list[str] = runner.up()
            return ran
    finally:
        connections.close_all()


def count_accounts_in_file(path: Path) -> int:
    """How many accounts a file holds; 0 where there is none, or nothing in it. Raises Unavailable."""
    if not path.is_file() or not path.stat().st_size:
        return 0
    database = SqliteDatabase(connections_of(path, read_only=True), path, None)
    try:
        if not database.one("SELECT 1 FROM sqlite_master WHERE name = 'learner'"):
            return 0
        row = database.one("SELECT count(*) FROM learner")
        return int(row[0]) if row else 0
    finally:
        database.close()


def check_file(path: Path) -> None:
    """Proves that a file nobody has open is a whole database of ours that this program can use.

    Raises Unavailable saying what is wrong.
    """
    connections = connections_of(path, read_only=True)
    database = SqliteDatabase(connections, path, None)
    try:
        for (line,) in database.all("PRAGMA quick_check(1)"):
            if line != "ok":
                raise Unavailable(f"The database {path} is damaged: {line}.")
        missing, unknown = versions(database)
        if unknown:
            raise Unavailable(newer(path, unknown))
        if missing == our_migrations():
            raise Unavailable(f"The file {path} is a database, but not one of this program.")
    finally:
        database.close()


def fold_log(path: Path) -> None:
    """Writes what SQLite's log holds into the database file, which none of ours has open; the log goes.

    Nothing happens where there is no log. Raises Unavailable where the file is damaged or the disk refuses, or where
    a program that is not ours reads it meanwhile.
    """
    if not path.is_file() or not any(log.exists() for log in log_paths(path)):
        return
    connections = connections_of(path, read_only=False)
    try:
        with translated(path):
            connection = connections.connection()  # type: ignore[no-untyped-call]
            is_in_use, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if is_in_use:
                raise busy(path)
    finally:
        connections.close_all()

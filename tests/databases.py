"""Which database the tests use: a file of SQLite's, or with `-p tests.on_postgresql` one on a server of their own.

Tests name a file; `address_of` says where the database of that name is. On a server it is a database of its own, copied
from one that has the tables already. To copy one takes long: when a test is over, the next one gets it, emptied.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from flashcards.database_address import DatabaseAddress, ServerAddress
from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.storage.database import Database, migrate

SERVER = "FLASHCARDS_TEST_SERVER"
"""The variable with the address of the server's first database; tests run on SQLite where it is not set."""
_TEMPLATE = "with_tables"
_FIRST_ROW = (DEFAULTS.name, DEFAULTS.canonical)
_numbers = count(1)

_made: dict[Path, ServerAddress] = {}
_spare: list[ServerAddress] = []
_EMPTIED = """
    DO $$ DECLARE it record; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR it IN SELECT tablename FROM pg_tables
                  WHERE schemaname = 'public' AND tablename <> 'schema_migration' LOOP
            EXECUTE format('DELETE FROM %I', it.tablename);
        END LOOP;
        FOR it IN SELECT relname FROM pg_class WHERE relkind = 'S' LOOP
            EXECUTE format('ALTER SEQUENCE %I RESTART', it.relname);
        END LOOP;
    END $$
"""


def on_postgresql() -> bool:
    """Whether the tests run on PostgreSQL."""
    return SERVER in os.environ


OF_SQLITE = {
    "test_api.py::test_a_batch_that_the_disk_did_not_take_is_acknowledged_to_nobody": "a server waits for its own disk",
    "test_api.py::test_a_batch_waits_for_the_disk_once": "a server waits for its own disk",
    "test_backup.py": "copies of a file; test_server_backup.py has the same of a server",
    "test_backup_of_all_decks.py::test_such_a_backup_comes_back_and_leaves_the_decks": "the way back of a file",
    "test_busy_database.py": "the write lock of a file; test_writers_beside_each_other.py has a server's",
    "test_card_answers.py::test_a_search_for_what_few_have_walks_no_table": "SQLite's plans",
    "test_confusables.py::test_an_older_database_gets_the_marks": "a version from before there were servers",
    "test_database.py": "files: their locks, full disks, read-only folders; test_postgresql.py has a server's faults",
    "test_doctor.py::test_a_damaged_file_is_a_finding_and_no_traceback": "a file that is damaged",
    "test_export_commands.py::test_anki_without_a_database": "on a server there is always one",
    "test_group_sync.py": "the wait for the disk, which is a server's own matter",
    "test_lost_database.py": "a file that is gone",
    "test_models.py": "the schema that migrations make; test_postgresql.py compares a server's",
    "test_older_databases.py": "versions from before there were servers; test_older_servers.py has those of servers",
    "test_pages_for_servers.py": "a machine with its own file; test_server_backup.py has a server's way",
    "test_practice_migration.py": "a version from before there were servers",
    "test_prepared.py::test_a_constant_is_a_literal_so_that_a_partial_index_is_used": "SQLite's plans",
    "test_prepared.py::test_an_index_is_a_hint_for_sqlite_alone": "SQLite's plans",
    "test_prepared.py::test_tables_are_read_in_the_order_that_a_cross_join_says": "SQLite's plans",
    "test_query_plans.py": "SQLite's plans",
    "test_reminders.py::test_reminders_wait_while_somebody_holds_the_database": "the write lock of a file",
    "test_restore_decks.py": "the way back of a file; test_server_backup.py has a server's",
    "test_restore_killed.py": "the renames that bring back a file; test_server_backup.py has a server's way",
    "test_search_migration.py": "a version from before there were servers",
    "test_statements_kept.py": "what SQLite asks while it compiles",
    "test_stats.py::test_the_migration_keeps_an_index_for_the_queue": "the text of SQLite's schema",
    "test_sync_bad_input.py::test_a_full_disk_changes_nothing": "test_server_disk_full.py has a server's",
    "test_whole_backup.py": "copies of a file; test_server_backup.py has the same of a server",
    "test_workers.py::test_where_the_disk_fails_nobody_who_was_held_back_for_others_is_told_that_it_was_stored": (
        "a server waits for its own disk"
    ),
}
"""Files of tests/integration, and tests in others, that are about SQLite alone, and why. All others run on both."""


def address_of(file: Path) -> DatabaseAddress:
    """Where the database is that a test calls by the name of this file; on a server it is made, and has its tables."""
    if not on_postgresql():
        return file
    if file not in _made:
        _made[file] = _spare.pop() if _spare else _make(_TEMPLATE)
    return _made[file]


def opened(file: Path) -> Database:
    """That database with its tables, open; like all that tests open, it is closed when its test is over."""
    address = address_of(file)
    migrate(address)
    return Database.open(address)


def copy_of(file: Path, other: Path) -> DatabaseAddress:
    """A copy of the database of one name under another; nobody may be using it."""
    if not on_postgresql():
        return other  # the file is copied with its folder
    made = _made[other] = _make(_made[file].name)
    return made


def settings_for(data: Path, decks: Path) -> dict[str, str]:
    """What tells a program of ours where its folders and its database are."""
    address = address_of(data / "flashcards.sqlite3")
    database = {} if isinstance(address, Path) else {"FLASHCARDS_DATABASE_URL": address.url}
    return {"FLASHCARDS_DATA": str(data), "FLASHCARDS_DECKS": str(decks), **database}


def give_back(folder: Path) -> None:
    """Ends the use of the databases whose names are those of files below a folder: others get them, empty."""
    import psycopg

    for file in [file for file in _made if file.is_relative_to(folder)]:
        database = _made.pop(file)
        try:
            with psycopg.connect(database.url) as connection:
                connection.execute("SET lock_timeout = 1000")
                connection.execute(_EMPTIED)
                connection.execute("INSERT INTO fsrs_parameters(name, numbers) VALUES (%s, %s)", _FIRST_ROW)
            _spare.append(database)
        except psycopg.Error:  # a test has left it changed, or in use
            _command(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")


def prepare_server(first: str) -> None:
    """Makes the database that others are copied from; `first` is the address of the server's first one."""
    os.environ[SERVER] = first
    _command(f"CREATE DATABASE {_TEMPLATE}")
    migrate(_named(_TEMPLATE))


def _make(template: str) -> ServerAddress:
    name = f"t{os.getpid()}_{next(_numbers)}"
    # What is in use cannot be copied: one connection left open would fail all tests that come after.
    _command(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{template}'")
    _command(f"CREATE DATABASE {name} TEMPLATE {template}")
    return _named(name)


def _named(name: str) -> ServerAddress:
    return ServerAddress(urlunsplit(urlsplit(os.environ[SERVER])._replace(path=f"/{name}")))


def _command(sql: str) -> None:
    import psycopg

    with psycopg.connect(os.environ[SERVER], autocommit=True) as connection:
        connection.execute(sql)

"""Bringing a database on a server up to date.

A new one is made of the models as they are, so all migrations there were until then are in it. Later ones run as on
SQLite, each in a transaction; one whose statements differ asks ``db.dialect`` which database it is in.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from flashcards.storage.database import migrations_folder

if TYPE_CHECKING:
    from collections.abc import Collection

    from flashcards.storage.postgresql_database import PostgresqlDatabase


class _Migrated:
    """What a migration is given as its database: as much of peewee's as migrations use."""

    def __init__(self, database: PostgresqlDatabase) -> None:
        self._db = database
        self.dialect = database.dialect.name

    def execute_sql(self, sql: str, params: Any = ()) -> Any:
        """Runs a statement."""
        return self._db.execute(sql, params or ())

    def connection(self) -> PostgresqlDatabase:
        """What has `execute` and `executemany`."""
        return self._db


def bring_up_to_date(database: PostgresqlDatabase, missing: Collection[str]) -> None:
    """Runs these migrations in their order, each in a transaction of its own, and remembers it there."""
    for name in sorted(missing):
        with database.write():
            _load(name).up(None, _Migrated(database))
            database.execute("INSERT INTO schema_migration(name) VALUES (?)", (name,))


def _load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, migrations_folder() / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

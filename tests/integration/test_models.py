"""The models describe the tables that the migrations make: nothing more, nothing less, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import peewee
import pytest

from flashcards.storage import models
from flashcards.storage.database import Database, migrate
from flashcards.storage.models.base import Pointer
from flashcards.storage.sqlite_database import SqliteDatabase

MODELS: dict[str, Any] = {getattr(models, name)._meta.table_name: getattr(models, name) for name in models.__all__}

NOT_MODELLED_YET: set[str] = set()
"""Tables of migrations, made or to come, whose queries are not peewee's yet. A name goes when its model comes."""

VIRTUAL = {"note_text"}
"""What the migration alone describes: a full-text index, for which peewee's module would load a lot."""
DESCRIBED = sorted(set(MODELS) - VIRTUAL)

NOT_OURS = {"schema_migration", "sqlite_sequence"}
"""The table of the migrations' runner, and SQLite's own."""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("migrated") / "flashcards.sqlite3"
    migrate(path)
    database = Database.open(path)
    yield database
    database.close()


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the tables that peewee makes of the models; only ever for comparing."""
    path = tmp_path_factory.mktemp("described") / "flashcards.sqlite3"
    made = peewee.SqliteDatabase(str(path))
    for model in (MODELS[table] for table in DESCRIBED):
        with made.bind_ctx([model]):
            model._schema.create_table(safe=False)
            model._schema.create_indexes(safe=False)
    made.close()
    connections = peewee.SqliteDatabase(str(path))
    database = SqliteDatabase(connections, path, None)  # type: ignore[arg-type]
    yield database
    database.close_thread()


def test_every_table_has_a_model(migrated: Database) -> None:
    rows = migrated.all("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')")
    tables = {name for (name,) in rows if not name.startswith("sqlite_")} - NOT_OURS
    assert tables - NOT_MODELLED_YET == set(MODELS)
    assert not NOT_MODELLED_YET & set(MODELS), "they have a model now: take them out of the list"


@pytest.mark.parametrize("table", DESCRIBED)
def test_columns(migrated: Database, described: Database, table: str) -> None:
    assert _columns(described, table) == _columns(migrated, table)


@pytest.mark.parametrize("table", DESCRIBED)
def test_foreign_keys(migrated: Database, described: Database, table: str) -> None:
    pointers = {field.column_name for field in MODELS[table]._meta.sorted_fields if isinstance(field, Pointer)}
    foreign = _foreign_keys(migrated, table)
    assert {key for key in _foreign_keys(described, table) if key[0] not in pointers} == foreign
    assert not pointers & {key[0] for key in foreign}, "the database holds to it: it is a Reference"


@pytest.mark.parametrize("table", DESCRIBED)
def test_indexes(migrated: Database, described: Database, table: str) -> None:
    assert _indexes(described, table) == _indexes(migrated, table)


@pytest.mark.parametrize("table", DESCRIBED)
def test_whether_rows_have_numbers_of_their_own(migrated: Database, described: Database, table: str) -> None:
    sql = "SELECT wr, type FROM pragma_table_list WHERE schema = 'main' AND name = ?"
    assert described.one(sql, (table,)) == migrated.one(sql, (table,))


def test_how_words_are_cut(migrated: Database) -> None:
    made = _plain(migrated.all("SELECT sql FROM sqlite_master WHERE name = 'note_text'")[0][0])
    assert _settings(made) == {"text", "tokenize=unicode61 remove_diacritics 2", "prefix=2 3 4"}
    columns = {name for (name,) in migrated.all("SELECT name FROM pragma_table_info('note_text')")}
    assert {"rowid", *columns} == {field.column_name for field in MODELS["note_text"]._meta.sorted_fields}


def _settings(sql: str) -> set[str]:
    """What stands between the brackets of a virtual table."""
    return {part.strip().replace(" = ", "=") for part in sql.partition("fts5")[2].split(",")}


def _columns(database: Database, table: str) -> dict[str, tuple[object, ...]]:
    """By name: SQLite's affinity, whether it may be NULL, its default, its place in the key."""
    rows = database.all('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', (table,))
    return {
        name: (_affinity(type_), bool(not_null or key), default, key) for name, type_, not_null, default, key in rows
    }


def _affinity(declared: str) -> str:
    """The five rules of https://sqlite.org/datatype3.html, section 3.1."""
    for words, affinity in (("INT", "integer"), ("CHAR CLOB TEXT", "text"), ("REAL FLOA DOUB", "real")):
        if any(word in declared.upper() for word in words.split()):
            return affinity
    return "blob" if declared in ("BLOB", "") else "numeric"


def _foreign_keys(database: Database, table: str) -> set[tuple[str, str, str, str]]:
    """(column, table, its column, what happens when that goes)."""
    rows = database.all('SELECT "from", "table", "to", on_delete FROM pragma_foreign_key_list(?)', (table,))
    return {(column, other, key or "id", gone) for column, other, key, gone in rows}


def _indexes(database: Database, table: str) -> set[tuple[object, ...]]:
    """(name, unique, columns, condition); those that a constraint made have no name, and keys are compared above."""
    found = set()
    for name, unique, origin in database.all('SELECT name, "unique", origin FROM pragma_index_list(?)', (table,)):
        if origin == "pk":
            continue
        (sql,) = database.one("SELECT sql FROM sqlite_master WHERE name = ?", (name,)) or (None,)
        columns = [column for (column,) in database.all("SELECT name FROM pragma_index_info(?)", (name,))]
        shown, _, condition = _plain(sql or "").partition(" where ")
        of_expressions = shown.partition(f" on {table}")[2].strip() if None in columns else ""
        named = name if origin == "c" and not _made_by_peewee(name, table, columns) else ""
        found.add((named, unique, tuple(columns), of_expressions, condition))
    return found


def _made_by_peewee(name: str, table: str, columns: list[str]) -> bool:
    """A unique column without a name for its index: an index in what peewee makes, a constraint in the migrations."""
    return name == f"{table}_{'_'.join(column or '' for column in columns)}"


def _plain(sql: str) -> str:
    """Without quotes, brackets, the names of tables before those of columns, and blanks that say nothing."""
    text = re.sub(r'"(\w+)"\."', '"', sql)
    return re.sub(r"\s+", " ", re.sub(r"[\"'()`]", "", text)).replace("!=", "<>").strip().lower()

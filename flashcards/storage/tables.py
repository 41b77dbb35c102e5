"""Whole tables as the models describe them, for proofs and for moving to another database.

Search rows are left out: they follow from the notes, and each database has its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from peewee import AutoField, CompositeKey, sort_models  # type: ignore[attr-defined]  # it is there, without types

from flashcards.storage import models
from flashcards.storage.database import Database, Row
from flashcards.storage.words import keep_words

_ORDER_WITHOUT_KEY = {"anki_export": "coalesce(learner_id, 0), guid, note_id"}


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table: its columns in the order of the model, what its rows are put in order by, and its numbered column."""

    name: str
    columns: tuple[str, ...]
    order: str
    numbered: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a table holds: how many rows, and the SHA-256 of all of them in the order of the key."""

    table: str
    rows: int
    sha256: str


@cache
def stored_tables() -> tuple[StoredTable, ...]:
    """All tables in the order of their foreign keys: none refers to one that comes later."""
    described = [getattr(models, name) for name in models.__all__ if name != "NoteText"]
    return tuple(map(_described, sort_models(described)))


def _described(model: Any) -> StoredTable:
    meta = model._meta
    key = meta.primary_key
    fields = [meta.fields[name] for name in key.field_names] if isinstance(key, CompositeKey) else [key]
    order = ", ".join(_quoted(field.column_name) for field in fields) if key else _ORDER_WITHOUT_KEY[meta.table_name]
    columns = tuple(field.column_name for field in meta.sorted_fields)
    return StoredTable(meta.table_name, columns, order, key.column_name if isinstance(key, AutoField) else None)


def rows_of(database: Database, table: StoredTable) -> Generator[Row, None, None]:
    """A table's rows in the order of its key; within `read()` or `write()`."""
    columns = ", ".join(map(_quoted, table.columns))
    yield from database.each(f"SELECT {columns} FROM {table.name} ORDER BY {table.order}")


def count_rows(database: Database, table: StoredTable) -> int:
    """How many rows a table has."""
    row = database.one(f"SELECT count(*) FROM {table.name}")
    return int(row[0]) if row else 0


def empty_table(database: Database, table: StoredTable) -> None:
    """Deletes all rows of a table."""
    database.execute(f"DELETE FROM {table.name}")


class Proving:
    """Rows on their way, counted and hashed; `proof` is theirs when all have passed."""

    def __init__(self, table: StoredTable, rows: Iterable[Row]) -> None:
        self._table = table
        self._rows = rows
        self._count = 0
        self._hash = hashlib.sha256()

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self._count += 1
            # Integers, floats, texts, bytes and None are all there is, and repr says each in one way.
            self._hash.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
            yield row

    @property
    def proof(self) -> Proof:
        """Of the rows that have passed."""
        return Proof(self._table.name, self._count, self._hash.hexdigest())


def proof_of(database: Database, table: StoredTable) -> Proof:
    """What a table holds; within `read()` or `write()`."""
    proving = Proving(table, rows_of(database, table))
    for _ in proving:
        pass
    return proving.proof


def number_on(database: Database) -> None:
    """Lets all numbers that the database itself gives go on behind those that are there."""
    for table in stored_tables():
        if table.numbered:
            database.number_on(table.name, table.numbered)


def find_words(database: Database) -> None:
    """Makes the search rows anew, from the notes."""
    database.execute("DELETE FROM note_text")
    keep_words(database, database.all("SELECT id, key, question, answer FROM note"))


def lacking(database: Database) -> Iterator[str]:
    """Columns that the models have and the database has not, or the other way round: a sentence each."""
    for table in stored_tables():
        there = {column[0] for column in database.execute(f"SELECT * FROM {table.name} LIMIT 0").description}
        for column in sorted({*table.columns} - there):
            yield f"the table {table.name} has no column {column}"
        for column in sorted(there - {*table.columns}):
            yield f"the table {table.name} has a column {column} that this program does not know"


def _quoted(name: str) -> str:
    return f'"{name}"'

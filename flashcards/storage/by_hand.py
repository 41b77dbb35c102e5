"""SQL by hand, for what peewee has no words for or needs more of than the SQL, in the words of each database.

A statement is SQL as SQLite and PostgreSQL both have it, with marks in braces where they differ::

    _OF_NOTES = ByHand("SELECT learner_id FROM schedule s {by schedule_note} WHERE s.note_id {among ?1}")

    rows = _OF_NOTES.all(database, notes)

| mark | what |
|---|---|
| `{by index}` | behind a table: to be read by this index; `{by}`: by none |
| `{among ?1}` | behind a column: is one of a list, which is given as a list |
| `{rows ?1 AS j}` | a list of numbers as a table, with the column `value` |
| `{differs}` | is not the same as, NULL being a value like others |
| `{least}(a, b)`, `{greatest}(a, b)` | the smaller and the larger of two that are not NULL |
| `{as number}` | behind a condition in brackets, to be added or counted |
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from flashcards.storage.database import Database, Row
from flashcards.storage.dialects import Dialect

_MARK = re.compile(r"\{([a-z]+)(?: ([^}]*))?\}")


class ByHand:
    """A statement by hand; `ByHand(sql)` with marks as the module says."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._said: dict[Dialect, str] = {}

    def text(self, dialect: Dialect) -> str:
        """The statement as one database has it."""
        said = self._said.get(dialect)
        if said is None:
            said = self._said[dialect] = _MARK.sub(lambda mark: _said(dialect, mark[1], mark[2] or ""), self._sql)
        return said

    def all(self, database: Database, *values: Any) -> list[Row]:
        """The rows; a list among the values is what `{among ...}` and `{rows ...}` take."""
        return database.all(self.text(database.dialect), _encoded(database.dialect, values))

    def one(self, database: Database, *values: Any) -> Row | None:
        """The first row, or None."""
        return database.one(self.text(database.dialect), _encoded(database.dialect, values))

    def each(self, database: Database, *values: Any) -> Iterator[Row]:
        """The rows one by one, as far as they are taken: within one transaction."""
        return database.each(self.text(database.dialect), _encoded(database.dialect, values))

    def run(self, database: Database, *values: Any) -> Any:
        """Executes, and returns the driver's cursor."""
        return database.execute(self.text(database.dialect), _encoded(database.dialect, values))

    def many(self, database: Database, rows: Iterable[Sequence[Any]]) -> None:
        """Executes a change once for each of `rows`."""
        database.executemany(self.text(database.dialect), rows)


def _encoded(dialect: Dialect, values: Sequence[Any]) -> list[Any]:
    return [dialect.encode_list(value) if _is_list(value) else value for value in values]


def _is_list(value: Any) -> bool:
    return isinstance(value, Collection) and not isinstance(value, (str, bytes))


def _said(dialect: Dialect, mark: str, what: str) -> str:
    match mark:
        case "by":
            return dialect.index_hint(what or None)
        case "among":
            before, after = dialect.membership(False)
            return before.strip() + what + after
        case "rows":
            value, _, alias = what.partition(" AS ")
            return dialect.numbers_as_table(value, alias)
        case "differs":
            return dialect.differs.strip()
        case "least":
            return dialect.least
        case "greatest":
            return dialect.greatest
        case "as":
            return dialect.as_number
    raise ValueError(f"{{{mark}}} is no mark of a statement by hand.")

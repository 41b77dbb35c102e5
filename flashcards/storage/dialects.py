"""How one peewee query is said to SQLite and to PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

import peewee

from flashcards.storage.search_text import tsquery, tsvector

Slot = tuple[int, Callable[[Any], Any] | None]
"""A placeholder: the place of its value, and what makes of it what the driver takes (None: it is taken as it is)."""


class Rendered(str):
    """SQL that a dialect has rendered: its placeholders are those of the driver."""

    __slots__ = ()


IN_ORDER = "JOIN IN THIS ORDER"
"""A kind of join: the table before is to be read before the table behind, where the database can be told so."""


class Dialect:
    """One kind of database: what it calls what peewee has no word for. The two are `SQLITE` and `POSTGRESQL`."""

    name = ""
    differs = ""
    """Between two sides that are not the same, NULL being a value like others."""
    has_element = ("", "", "")
    """Before, between and behind a column that holds a JSON list and a text that may be one of its elements."""
    as_number = "::int::bigint"
    """Behind a condition that is to be counted or added."""
    searches_column = False
    """Whether words are looked for in a column; else in a table as a whole."""
    has_words = ""
    """Between what is searched and the words that are looked for, which `encode_match` has encoded."""
    encode_match: Callable[[str], str] | None = None
    as_words = ""
    """Behind a text whose words are to be found, which `encode_words` has encoded."""
    encode_words: Callable[[str], str] | None = None
    as_wide = "::bigint"
    """Behind a number that is moved by bits, so that none of them falls out."""
    as_bits = ")::int)"
    """Behind the number of bits by which another number is moved, within two brackets."""
    least = "LEAST"
    """The function that gives the smaller of two that are not NULL."""
    greatest = "GREATEST"
    """The function that gives the larger."""
    in_order = " INNER JOIN "
    """Between two tables that are to be read in this order, where the database can be told."""

    def __init__(self, database: peewee.Database) -> None:
        self._peewee = database
        self._percent = database.param == "%s"

    def compiled(self, query: Any) -> tuple[str, list[Slot]]:
        """The SQL of a query, and its placeholders in their order. Raises TypeError or ValueError where a constant in
        it cannot be a literal.
        """
        context: Any = _Context(self, self._peewee.get_context_options(), doubled_percent=self._percent)
        sql, slots = context.sql(query).query()
        return self._rendered(sql), slots

    def _rendered(self, sql: str) -> str:
        return sql

    def index_hint(self, index: str | None) -> str:
        """What follows a table that is to be read by an index (None: by none)."""
        return ""

    def at_most(self, column: Any, most: int) -> Any:
        """The smaller of a column and a constant; NULL where the column is NULL (`LEAST` would pass over it)."""
        return peewee.Case(None, ((column > most, most),), column)

    def membership(self, negate: bool) -> tuple[str, str]:
        """What stands before and behind a placeholder for a list that holds what comes before."""
        raise NotImplementedError

    def encode_list(self, values: Collection[Any]) -> Any:
        """A list as `membership` takes it."""
        raise NotImplementedError

    def encode_json(self, values: Collection[Any]) -> str:
        """A list as `list_as_table` takes it."""
        return json.dumps(_as_list(values), ensure_ascii=False)

    def list_as_table(self, alias: str) -> tuple[str, str]:
        """What stands before and behind a placeholder for a list that is a source of rows."""
        raise NotImplementedError

    def numbers_as_table(self, value: str, alias: str) -> str:
        """A placeholder for a list, as `membership` takes it, as a source of rows with the column `value`."""
        raise NotImplementedError

    def number_in_list(self, alias: str) -> str:
        """The values of such a source, which are numbers."""
        raise NotImplementedError

    def text_in_list(self, alias: str) -> str:
        """The values of such a source, which are texts."""
        raise NotImplementedError

    def place_in_list(self, alias: str) -> str:
        """The column of such a source that says where a value stood."""
        raise NotImplementedError

    def part_of_pair(self, alias: str, number: int, of: type) -> str:
        """A part of the values of such a source, as a text or an integer."""
        raise NotImplementedError


class _Sqlite(Dialect):
    name = "sqlite"
    differs = " IS NOT "
    has_element = ("EXISTS (SELECT 1 FROM json_each(", ") AS e WHERE e.value = ", ")")
    has_words = " MATCH "
    as_number = ""
    as_wide = ""
    as_bits = "))"
    least = "min"
    greatest = "max"
    in_order = " CROSS JOIN "

    def index_hint(self, index: str | None) -> str:
        return f" INDEXED BY {index}" if index else " NOT INDEXED"

    def at_most(self, column: Any, most: int) -> Any:
        return peewee.fn.min(column, most)

    def membership(self, negate: bool) -> tuple[str, str]:
        return f" {'NOT ' if negate else ''}IN (SELECT value FROM json_each(", "))"

    def encode_list(self, values: Collection[Any]) -> Any:
        return self.encode_json(values)

    def list_as_table(self, alias: str) -> tuple[str, str]:
        return "json_each(", f') AS "{alias}"'

    def numbers_as_table(self, value: str, alias: str) -> str:
        return f"json_each({value}) AS {alias}"

    def number_in_list(self, alias: str) -> str:
        return f'"{alias}"."value"'

    def text_in_list(self, alias: str) -> str:
        return self.number_in_list(alias)

    def place_in_list(self, alias: str) -> str:
        return f'"{alias}"."key"'

    def part_of_pair(self, alias: str, number: int, of: type) -> str:
        return f'"{alias}"."value" ->> {number}'


class _Postgresql(Dialect):
    name = "postgresql"

    def _rendered(self, sql: str) -> str:
        return Rendered(sql)

    differs = " IS DISTINCT FROM "
    has_element = ("jsonb_exists(", "::jsonb, ", ")")
    searches_column = True
    has_words = " @@ "
    encode_match = staticmethod(tsquery)
    as_words = "::tsvector"
    encode_words = staticmethod(tsvector)

    def membership(self, negate: bool) -> tuple[str, str]:
        return (" <> ALL(" if negate else " = ANY("), ")"

    def encode_list(self, values: Collection[Any]) -> Any:
        return _as_list(values)

    def list_as_table(self, alias: str) -> tuple[str, str]:
        return "jsonb_array_elements(", f'::jsonb) WITH ORDINALITY AS "{alias}"("value", "place")'

    def numbers_as_table(self, value: str, alias: str) -> str:
        return f"unnest({value}::bigint[]) AS {alias}(value)"

    def number_in_list(self, alias: str) -> str:
        return f'("{alias}"."value")::bigint'

    def text_in_list(self, alias: str) -> str:
        return f'"{alias}"."value" #>> \'{{}}\''

    def place_in_list(self, alias: str) -> str:
        return f'"{alias}"."place"'

    def part_of_pair(self, alias: str, number: int, of: type) -> str:
        part = f'"{alias}"."value" ->> {number}'
        return f"({part})::bigint" if of is int else part


SQLITE: Dialect = _Sqlite(peewee.SqliteDatabase(None))
POSTGRESQL: Dialect = _Postgresql(peewee.PostgresqlDatabase(None))


_PeeweeContext: Any = peewee.Context  # it has no types


class _Context(_PeeweeContext):  # type: ignore[misc]
    """peewee's writer of SQL, with constants as literals and placeholders that know their values."""

    __slots__ = ("_doubled", "dialect")

    def __init__(self, dialect: Dialect, options: dict[str, Any], *, doubled_percent: bool) -> None:
        super().__init__(**options)
        self.dialect = dialect
        self._doubled = doubled_percent

    def as_new(self) -> _Context:
        return _Context(self.dialect, self.state.settings, doubled_percent=self._doubled)

    def slot(self, index: int, encode: Callable[[Any], Any] | None) -> _Context:
        """Adds a placeholder."""
        self._sql.append(self.state.param or "?")
        self._values.append((index, encode))
        return self

    def literal(self, keyword: str) -> _Context:
        if keyword == f" {IN_ORDER} ":
            keyword = self.dialect.in_order
        self._sql.append(keyword.replace("%", "%%") if self._doubled else keyword)
        return self

    def value(self, value: Any, converter: Any = None, add_param: bool = True) -> Any:
        if not add_param:
            raise TypeError("SQL(...) with values of its own has no place in a prepared query.")
        if converter is None:
            converter = self.state.converter
        if converter:
            value = converter(value)
        if isinstance(value, peewee.Node):
            with self(converter=None):
                return self.sql(value)
        if _is_model(value):
            with self.scope_column():
                return self.sql(value)
        return self.literal(_literal(value))


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, peewee.Model)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if type(value) is int:
        return str(value) if value >= 0 else f"({value})"
    if type(value) is str:
        if "\0" in value:
            raise ValueError("A text with NUL cannot be a constant of a query.")
        return "'" + value.replace("'", "''") + "'"
    raise TypeError(
        f"{value!r} cannot be a constant of a query: only integers, texts and None can. Make it one of its values."
    )


def _as_list(values: Iterable[Any]) -> list[Any]:
    """The values of a list parameter, whatever holds them."""
    return values if isinstance(values, list) else list(values)

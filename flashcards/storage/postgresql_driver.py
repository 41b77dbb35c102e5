"""psycopg, taught to speak as SQLite's driver does: the same placeholders in, the same kinds of values out.

Values that would come back as something else than from SQLite would differ silently somewhere: a sum as a Decimal,
a condition as True. So numbers are integers of 64 bits wherever they are given, conditions come back as 0 and 1, sums
as integers, JSON as its text.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Dumper, Loader
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import TextLoader

from flashcards.storage.dialects import Rendered


class _Truth(Dumper):
    """True and False as the numbers that the columns hold."""

    oid = psycopg.adapters.types["int8"].oid

    def dump(self, obj: bool) -> Buffer:
        return b"1" if obj else b"0"


class _Condition(Loader):
    """A condition as 0 or 1."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"t")


class _Number(Loader):
    """A sum of integers as an integer, anything else as a float."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return float(text) if b"." in text or b"N" in text else int(text)


def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(bool, _Truth)
    adapters.register_loader("bool", _Condition)
    adapters.register_loader("numeric", _Number)
    adapters.register_loader("json", TextLoader)
    adapters.register_loader("jsonb", TextLoader)
    return adapters


ADAPTERS = _adapters()
logging.getLogger("psycopg").addFilter(lambda record: "error ignored terminating" not in record.getMessage())
"""It would say of every statement that failed in a pipeline, beside the error itself, that another was not run."""


class _Translation(NamedTuple):
    """A statement with psycopg's placeholders; `numbered` is whether its values are named by their numbers."""

    sql: str
    numbered: bool


_PART = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*"  # what is no placeholder, whatever stands in it
    r"|::|\?(?P<number>\d+)|(?P<next>\?)|:(?P<name>[a-z_]\w*)|%"
)
_translations: dict[str, _Translation] = {}


def translated(sql: str, params: Any) -> tuple[str, Any]:
    """A statement with the placeholders ``?``, ``?1`` or ``:name``, and its values, as psycopg takes them.

    What a dialect has rendered is in the driver's words already.
    """
    if type(sql) is Rendered:
        return sql, params
    found = _translations.get(sql) or _keep(sql)
    return found.sql, _by_number(params) if found.numbered else params


def translated_rows(sql: str, rows: Iterable[Sequence[Any]]) -> tuple[str, Iterable[Any]]:
    """The same for a statement that runs once for each row."""
    if type(sql) is Rendered:
        return sql, rows
    found = _translations.get(sql) or _keep(sql)
    return found.sql, map(_by_number, rows) if found.numbered else rows


def _by_number(params: Sequence[Any]) -> dict[str, Any]:
    return {f"p{number}": value for number, value in enumerate(params, 1)}


def _keep(sql: str) -> _Translation:
    numbered = any(part["number"] for part in _PART.finditer(sql))
    made = _translations[sql] = _Translation("".join(_translated_parts(sql)), numbered)
    return made


def _translated_parts(sql: str) -> Iterator[str]:
    end = 0
    for part in _PART.finditer(sql):
        yield sql[end : part.start()]
        end = part.end()
        if part["number"]:
            yield f"%(p{part['number']})s"
        elif part["name"]:
            yield f"%({part['name']})s"
        elif part["next"]:
            yield "%s"
        else:
            yield part[0].replace("%", "%%")
    yield sql[end:]

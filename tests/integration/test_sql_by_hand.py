"""Queries are peewee's and built once; what SQL is still written by hand is listed, with its reason."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.storage.database import Database
from flashcards.storage.dialects import POSTGRESQL, SQLITE
from flashcards.storage.prepared import Prepared
from tests.databases import opened

STORAGE = Path(__file__).parents[2] / "flashcards/storage"

SETS = "whole sets against each other, or all rows anew: rare, and a condition each that SQL says best"
ANKI = "exchange with Anki, deck by deck: not hot; in marks where the databases differ (`by_hand`)"
YOUNG = "came while the others were rewritten: to follow"
BY_HAND: dict[str, tuple[int, str]] = {
    "checks": (45, SETS + "; SQLite's own examination of its file"),
    "counters": (35, SETS + ": one pass that counts what moves twice, an UPDATE FROM a query, what a day is made of"),
    "dialects": (6, "what peewee has no word for, said to each database"),
    "exports": (60, ANKI),
    "former_notes": (11, ANKI),
    "fronts": (2, "a migration fills the table, through whatever connection it has"),
    "plans": (39, YOUNG),
    "postgresql_database": (40, "locks, settings, the server's own tables, who is connected, and the versions"),
    "postgresql_lease": (2, "a lock of a connection, and whether it is still there"),
    "postgresql_migrations": (1, "which migrations there are, in the words of the table's maker"),
    "postgresql_schema": (1, "what makes the words and the history of migrations; other tables are made of models"),
    "practice_points": (7, YOUNG),
    "search_text": (1, "the language of FTS5, in which words are looked for"),
    "sqlite_database": (12, "settings of SQLite's, and its own examination"),
    "sqlite_upkeep": (4, "SQLite's own list of tables, its examination, and its log"),
    "sqlite_versions": (2, "SQLite's own list of tables, and the history of migrations"),
    "tables": (7, "whole tables by the names of their columns, for proofs and for moving"),
    "transfer": (12, "whole tables by the names of their columns, out and in"),
}
"""By module: how many lines with SQL it has at most, and why.

Who writes one more has to find a reason, or peewee's words.
"""

SQL = re.compile(
    r"\b(SELECT|INSERT (OR \w+ )?INTO|UPDATE \w|DELETE FROM|PRAGMA|FROM|JOIN|WHERE|AND|GROUP BY|ORDER BY|ON CONFLICT"
    r"|VALUES|UNION|EXISTS|coalesce\(|IS NULL|IS NOT NULL)\b"
)


def modules() -> list[str]:
    return sorted(path.stem for path in STORAGE.glob("*.py"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = opened(tmp_path_factory.mktemp("by-hand") / "flashcards.sqlite3")
    yield database
    database.close()


def test_the_sql_that_is_written_by_hand_is_listed_with_its_reason() -> None:
    found = {name: count for name in modules() if (count := len(lines_of_sql(STORAGE / f"{name}.py")))}
    assert {name: count for name, count in found.items() if count > BY_HAND.get(name, (0, ""))[0]} == {}
    assert set(BY_HAND) == set(found), "it has none any more: take it out of the list"


@pytest.mark.parametrize("name", modules())
def test_every_query_can_be_built_for_both_databases_and_this_one_takes_it(database: Database, name: str) -> None:
    module = importlib.import_module(f"flashcards.storage.{name}")
    for query in vars(module).values():
        if isinstance(query, Prepared) and not query.shapes:
            sql, said = query.text(SQLITE), query.text(POSTGRESQL)
            if database.dialect is SQLITE:
                database.all(f"EXPLAIN {sql}", (None,) * sql.count("?"))
            else:
                database.connection().execute(f"EXPLAIN {said}", (None,) * len(re.findall("(?<!%)(?:%%)*%s", said)))
            assert "json_each" not in said
            assert "INDEXED BY" not in said
            assert "?" not in said


def lines_of_sql(path: Path) -> set[int]:
    """The lines of a module with strings that hold SQL, what it says of itself aside."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    lines: set[int] = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Constant, ast.JoinedStr))
            and not {id(node)} & (said | parts)
            and SQL.search(_text(node))
        ):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))

"""A query is built once, its constants are part of it, and its values come with each execution."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest
from peewee import SQL, fn

from flashcards.storage.database import Database, IntegrityError
from flashcards.storage.dialects import POSTGRESQL, SQLITE
from flashcards.storage.models import Card, Deck, Folder, Note, NoteTag, Review, Schedule, Throttle
from flashcards.storage.prepared import (
    IN_ORDER,
    MOST_SHAPES,
    Among,
    Differs,
    Indexed,
    Listed,
    Query,
    inserting,
    prepared,
    storing,
)
from tests.databases import opened


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = opened(tmp_path_factory.mktemp("prepared") / "flashcards.sqlite3")
    yield database
    database.close()


@pytest.fixture
def folders(database: Database) -> Iterator[Database]:
    """Folders a to d; whatever a test changes is undone."""
    with database.write():
        inserting(Folder, Folder.path, Folder.title, Folder.sort_order).many(
            database, [("a", "A", 1.5), ("b", "B", None), ("c", None, 2), ("d", "A", None)]
        )
    yield database
    with database.write():
        database.execute("DELETE FROM folder")


@prepared
def _titled(title: str) -> Query:
    return Folder.select(Folder.path).where(Folder.title == title).order_by(Folder.path)


def _plan(database: Database, query: Any, *values: Any) -> str:
    sql, bound = query.bound(SQLITE, values, {})
    return "; ".join(row[3] for row in database.all(f"EXPLAIN QUERY PLAN {sql}", bound))


# --- executing


def test_the_ways_to_execute_a_query(folders: Database) -> None:
    assert _titled.all(folders, "A") == [("a",), ("d",)]
    assert _titled.one(folders, "A") == ("a",)
    assert _titled.one(folders, "none") is None
    assert list(_titled.each(folders, "B")) == [("b",)]
    assert _titled.run(folders, "B").fetchall() == [("b",)]


def test_it_is_built_once(folders: Database) -> None:
    built = []

    @prepared
    def query(title: str) -> Query:
        built.append(title)
        return Folder.select(Folder.path).where(Folder.title == title)

    for title in ("A", "B", "none"):
        query.all(folders, title)
    assert len(built) == 1


def test_values_go_where_the_query_wants_them_as_often_as_it_does(folders: Database) -> None:
    @prepared
    def query(title: str, path: str) -> Query:
        return Folder.select(Folder.path).where(
            (Folder.path > path) & ((Folder.title == title) | (Folder.title > title)) | (Folder.path == path)
        )

    assert sorted(query.all(folders, "A", "b")) == [("b",), ("d",)]


def test_a_write_says_how_many_rows_it_changed(folders: Database) -> None:
    @prepared
    def rename(path: str, title: str) -> Query:
        return Folder.update({Folder.title: title}).where(Folder.path == path)

    assert rename.run(folders, "a", "new").rowcount == 1
    rename.many(folders, [("b", "new"), ("c", "new")])
    assert _titled.all(folders, "new") == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize("values", [(), ("A", "B")])
def test_a_wrong_number_of_values_is_refused(database: Database, values: Any) -> None:
    with pytest.raises(TypeError, match="takes 1 values, not"):
        _titled.all(database, *values)
    _titled.all(database, "A")  # built meanwhile
    with pytest.raises(TypeError, match="takes 1 values, not"):
        _titled.all(database, *values)


def test_a_value_that_the_query_forgets_is_refused(database: Database) -> None:
    @prepared
    def query(title: str, path: str) -> Query:
        return Folder.select(Folder.path).where(Folder.title == title)

    with pytest.raises(TypeError, match="does not use all of its values"):
        query.all(database, "A", "a")


# --- constants


def test_a_constant_is_a_literal_so_that_a_partial_index_is_used(database: Database) -> None:
    due = Indexed(Schedule, "schedule_due")

    @prepared
    def query(learner: int, today: int) -> Query:
        return due.select(due.card).where(
            due.learner == learner, due.due_on <= today, due.due_on.is_null(False), due.suspended == 0,
            due.deck.is_null(False),
        )  # fmt: skip

    assert "INDEX schedule_due" in _plan(database, query, 1, 20_000)
    # What the literal spares us:
    bound = query.bound(SQLITE, (1, 2), {})[0].replace('"suspended" = 0', '"suspended" = ?')
    with pytest.raises(Exception, match="no query solution"):
        database.all(f"EXPLAIN QUERY PLAN {bound}", (1, 2, 0))


@pytest.mark.parametrize(
    ("constant", "found"), [("A", ["a", "d"]), ("O'Hara", []), ('"', []), ("50 %", []), ("", []), (None, ["c"])]
)
def test_texts_and_none_are_constants(folders: Database, constant: Any, found: list[str]) -> None:
    @prepared
    def query() -> Query:
        return Folder.select(Folder.path).where(Folder.title == constant).order_by(Folder.path)

    assert [path for (path,) in query.all(folders)] == found


@pytest.mark.parametrize("constant", [0, -1, 1 << 62])
def test_integers_are_constants(database: Database, constant: int) -> None:
    @prepared
    def query(number: int) -> Query:
        return Folder.select(fn.coalesce(number, 0) - constant).from_(SQL("(SELECT 1) AS one"))

    assert query.all(database, 5) == [(5 - constant,)]


@pytest.mark.parametrize(("constant", "error"), [(b"x", TypeError), (1.5, TypeError), (True, TypeError),
                                                 ("a\0b", ValueError), (object(), TypeError)])  # fmt: skip
def test_everything_else_is_refused_when_the_query_is_built(database: Database, constant: Any, error: Any) -> None:
    @prepared
    def query() -> Query:
        return Folder.select(Folder.path).where(fn.lower(Folder.path) == constant)

    with pytest.raises(error, match="cannot be a constant of a query"):
        query.all(database)


def test_sql_by_hand_brings_no_values(database: Database) -> None:
    @prepared
    def query() -> Query:
        return Folder.select(Folder.path).where(SQL("path = ?", ["a"]))

    with pytest.raises(TypeError, match="values of its own"):
        query.all(database)


def test_a_percent_sign_is_doubled_where_the_driver_reads_it() -> None:
    @prepared
    def query(path: str) -> Query:
        return Folder.select(Folder.path).where(Folder.title == "50 %", SQL("path LIKE 'a%'"), Folder.path == path)

    assert query.bound(POSTGRESQL, ("a",), {})[0].count("%%") == 2
    assert "%%" not in query.bound(SQLITE, ("a",), {})[0]


# --- shapes


def test_a_value_may_be_left_out(folders: Database) -> None:
    built = []

    @prepared
    def query(path: str, title: str | None = None) -> Query:
        built.append(title is None)
        found = Folder.select(Folder.path).where(Folder.path >= path).order_by(Folder.path)
        return found if title is None else found.where(Folder.title == title)

    assert query.all(folders, "b") == query.all(folders, "b", None) == [("b",), ("c",), ("d",)]
    assert query.all(folders, "b", "A") == [("d",)]
    assert query.all(folders, "a", "B") == [("b",)]
    assert built == [True, False]


def test_keywords_shape_a_query_and_values_may_be_any_number(folders: Database) -> None:
    @prepared
    def query(path: str, *values: str, columns: tuple[str, ...], down: bool = False) -> Query:
        found = Folder.select(Folder.path).where(Folder.path >= path)
        for column, value in zip(columns, values, strict=True):
            found = found.where(getattr(Folder, column) == value)
        return found.order_by(Folder.path.desc() if down else Folder.path)

    assert query.all(folders, "a", "A", columns=("title",)) == [("a",), ("d",)]
    assert query.all(folders, "a", "A", columns=("title",), down=True) == [("d",), ("a",)]
    assert query.all(folders, "a", "A", "d", columns=("title", "path")) == [("d",)]
    with pytest.raises(TypeError, match="only what shapes the query has a name"):
        query.all(folders, path="a", columns=())


def test_the_shapes_that_are_kept_have_an_end(database: Database) -> None:
    @prepared
    def query(*values: str, most: int) -> Query:
        return Folder.select(Folder.path).limit(most)

    for most in range(MOST_SHAPES + 5):
        query.all(database, most=most)
    assert len(query._statements) == MOST_SHAPES


def test_a_query_whose_values_may_be_missing_cannot_run_for_many_rows(database: Database) -> None:
    @prepared
    def query(path: str, title: str | None = None) -> Query:
        return Folder.update({Folder.title: title}).where(Folder.path == path)

    with pytest.raises(TypeError, match="cannot run for many rows"):
        query.many(database, [("a", "b")])


# --- lists, indexes, order, NULL


@pytest.mark.parametrize("make", [list, tuple, set, frozenset, iter], ids=str)
def test_a_list_is_one_value(folders: Database, make: Callable[[list[str]], Collection[str]]) -> None:
    @prepared
    def query(paths: Collection[str], title: str, *, negate: bool) -> Query:
        return Folder.select(Folder.path).where(Among(Folder.path, paths, negate=negate), Folder.title == title)

    assert query.all(folders, make(["a", "b", "ü\"'"]), "A", negate=False) == [("a",)]
    assert query.all(folders, make([]), "A", negate=False) == []
    assert query.all(folders, make(["a"]), "A", negate=True) == [("d",)]


def test_a_list_that_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="one of the query's own values"):
        Among(Folder.path, ["a"])
    with pytest.raises(TypeError, match="one of the query's own values"):
        Listed(["a"])


def test_a_list_keeps_its_order_as_a_table(folders: Database) -> None:
    @prepared
    def query(paths: Collection[str]) -> Query:
        wanted = Listed(paths)
        return (
            Folder.select(Folder.path)
            .from_(wanted)
            .join(Folder, IN_ORDER, on=(Folder.path == wanted.text))
            .order_by(wanted.place)
        )

    assert query.all(folders, ["d", "a", "x", "c"]) == [("d",), ("a",), ("c",)]


def test_a_list_of_pairs(folders: Database) -> None:
    @prepared
    def query(pairs: Collection[Any]) -> Query:
        wanted = Listed(pairs)
        return (
            Folder.select(Folder.path)
            .from_(wanted)
            .join(Folder, on=((Folder.path == wanted.part(0)) & (Folder.title == wanted.part(1))))
        )

    assert query.all(folders, [("a", "A"), ("b", "A")]) == [("a",)]


def test_an_index_is_a_hint_for_sqlite_alone(database: Database) -> None:
    log = Indexed(Review, "review_day")

    @prepared
    def query(learner: int) -> Query:
        return log.select(Note.deck).join(Note, on=(Note.id == log.note)).where(log.learner == learner)

    assert "review_day" in _plan(database, query, 1)
    assert "INDEXED" not in query.bound(POSTGRESQL, (1,), {})[0]
    assert 'INNER JOIN "note"' in query.bound(POSTGRESQL, (1,), {})[0]


def test_a_table_may_be_read_without_an_index(database: Database) -> None:
    log = Indexed(Review, None)

    @prepared
    def query(learner: int) -> Query:
        return log.select(log.seq).where(log.learner == learner, log.study_day == 1)

    assert "NOT INDEXED" in query.bound(SQLITE, (1,), {})[0]


def test_tables_are_read_in_the_order_that_a_cross_join_says(database: Database) -> None:
    @prepared
    def query(deck: int) -> Query:
        return Card.select(Card.id).join(Note, IN_ORDER, on=(Card.note == Note.id)).where(Note.deck == deck)

    assert _plan(database, query, 1).startswith("SCAN t1")  # the cards first, though the deck is known
    assert "CROSS" not in query.bound(POSTGRESQL, (1,), {})[0]


@pytest.mark.parametrize(("title", "found"), [("A", ["b", "c"]), (None, ["a", "b", "d"])])
def test_null_differs_from_everything_but_null(folders: Database, title: str | None, found: list[str]) -> None:
    @prepared
    def query(title: str | None) -> Query:
        return Folder.select(Folder.path).where(Differs(Folder.title, title)).order_by(Folder.path)

    assert [path for (path,) in query.all(folders, title)] == found
    assert "IS DISTINCT FROM" in query.bound(POSTGRESQL, (title,), {})[0]


# --- adding rows


def test_a_row_that_is_there_is_refused_left_or_changed(folders: Database) -> None:
    with pytest.raises(IntegrityError):
        inserting(Folder, Folder.path, Folder.title).run(folders, "a", "new")
    inserting(Folder, Folder.path, Folder.title, ignore=True).run(folders, "a", "new")
    assert _titled.all(folders, "new") == []
    storing(Folder, Folder.path, Folder.title, key=(Folder.path,)).many(folders, [("a", "new"), ("x", "new")])
    assert _titled.all(folders, "new") == [("a",), ("x",)]


def test_what_is_stored_once_stays(folders: Database) -> None:
    store = storing(
        Throttle, Throttle.bucket, Throttle.window_start, Throttle.hits, key=(Throttle.bucket,), once=(Throttle.hits,)
    )
    store.many(folders, [("b", 1, 1), ("b", 2, 2)])
    assert folders.one("SELECT window_start, hits FROM throttle WHERE bucket = 'b'") == (2, 1)


def test_references_join_by_themselves(database: Database) -> None:
    @prepared
    def query(tag: str) -> Query:
        return NoteTag.select(Deck.key).join(Note).join(Deck).where(NoteTag.tag == tag)

    assert query.all(database, "x") == []

"""Every program of the SQL deck prints what its card says, and the numbers without a program hold in SQLite."""

import sqlite3
from contextlib import closing

import pytest

from tests.decks.numbers.programs import run, said
from tests.decks.test_facts import note_source

DECK = "sql"


def rows(query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(":memory:")) as database:
        return database.execute(query).fetchall()


@pytest.mark.parametrize(
    "note", ["sql", "sql-latest-row", "sql-session-flag", "sql-d7", "sql-streaks", "sql-median", "sql-auc"]
)
def test_a_program_prints_what_its_comments_say(note: str) -> None:
    printed, _ = run(DECK, note)

    assert printed == said(DECK, note)


def test_conditions_in_on_and_in_where() -> None:
    assert run(DECK, "sql-on-where-print")[0] == ["[(1, 2), (2, 0), (3, 0)]", "[(1, 2)]"]
    card = note_source(DECK, "sql-on-where-print")
    assert "`[(1, 2), (2, 0), (3, 0)]`" in card
    assert "`[(1, 2)]`" in card


def test_default_frame() -> None:
    assert run(DECK, "sql-frame-print")[0] == ["(10, 60, 60, 100) (10, 30, 60, 100)"]
    assert "`(10, 60, 60, 100) (10, 30, 60, 100)`" in note_source(DECK, "sql-frame-print")


def test_counts_and_averages_with_null() -> None:
    values = "WITH t(x) AS (VALUES (2), (4), (NULL)) "
    assert rows(values + "SELECT COUNT(*), COUNT(x), AVG(x), SUM(x) / COUNT(*) FROM t") == [(3, 2, 3.0, 2)]
    assert rows("SELECT 3 WHERE 3 NOT IN (1, 2, NULL)") == []
    assert rows("SELECT COUNT(*) FROM (SELECT NULL UNION SELECT NULL)") == [(1,)]
    assert rows("SELECT NULL = NULL") == [(None,)]
    assert rows("SELECT 1/2, 1.0 * 1 / 2, 1 / NULLIF(0, 0)") == [(0, 0.5, None)]


def test_ranks() -> None:
    query = """WITH t(x) AS (VALUES (10), (20), (20), (30))
    SELECT ROW_NUMBER() OVER w, RANK() OVER w, DENSE_RANK() OVER w FROM t WINDOW w AS (ORDER BY x)"""
    assert list(zip(*rows(query), strict=True)) == [(1, 2, 3, 4), (1, 2, 2, 4), (1, 2, 2, 3)]
    assert "1, 2, 2, 4; and 1, 2, 2, 3" in note_source(DECK, "sql-ranks")


def test_rows_of_joins_and_fan_out() -> None:
    tables = "WITH a(k) AS (VALUES (1), (1), (2)), b(k) AS (VALUES (1), (1), (1), (3)) "
    assert rows(tables + "SELECT COUNT(*) FROM a JOIN b USING (k)") == [(6,)]
    assert rows(tables + "SELECT COUNT(*) FROM a LEFT JOIN b USING (k)") == [(7,)]
    orders = "WITH o(id, amount) AS (VALUES ('a', 30), ('b', 70)), i(id) AS (VALUES ('a'), ('a'), ('b')) "
    assert rows(orders + "SELECT SUM(amount) FROM o JOIN i USING (id)") == [(130,)]
    assert "= 130$ instead of 100" in note_source(DECK, "sql-fan-out-example")


def test_last_value_rolling_days_lag_and_between() -> None:
    table = "WITH t(k) AS (VALUES (1), (2), (3)) "
    assert rows(table + "SELECT LAST_VALUE(k) OVER (ORDER BY k) FROM t") == [(1,), (2,), (3,)]
    assert rows(table + "SELECT LAG(k) OVER (ORDER BY k), LAG(k, 1, 0) OVER (ORDER BY k) FROM t")[0] == (None, 0)
    days = "WITH t(d, v) AS (VALUES (1, 1), (2, 2), (20, 4)) "
    assert rows(days + "SELECT SUM(v) OVER (ORDER BY d ROWS 6 PRECEDING) FROM t")[-1] == (7,)
    assert rows(days + "SELECT SUM(v) OVER (ORDER BY d RANGE 6 PRECEDING) FROM t")[-1] == (4,)
    last_day = "SELECT '2026-01-31 12:00' BETWEEN '2026-01-01' AND '2026-01-31'"
    assert rows(last_day) == [(0,)]


def test_dialect_claims_about_sqlite() -> None:
    for refused in (
        "WITH t(k) AS (VALUES (1)) SELECT k FROM t WHERE ROW_NUMBER() OVER () = 1",
        "WITH t(k) AS (VALUES (1)) SELECT k FROM t QUALIFY ROW_NUMBER() OVER () = 1",
    ):
        with pytest.raises(sqlite3.OperationalError):
            rows(refused)
    assert rows("WITH t(u, a) AS (VALUES (1, 5), (1, 6)) SELECT u, a, COUNT(*) FROM t GROUP BY u")[0][2] == 2
    assert rows("WITH t(x) AS (VALUES (1), (NULL)) SELECT x FROM t ORDER BY x") == [(None,), (1,)]

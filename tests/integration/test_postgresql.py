"""A database on a PostgreSQL server of the tests' own: its tables, and what it says when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import peewee
import pytest

from flashcards.database_address import ServerAddress
from flashcards.errors import Invalid, NotFound, Unavailable
from flashcards.services.accounts.facade import AccountService
from flashcards.storage import models
from flashcards.storage.database import Database, IntegrityError, count_accounts, migrate, our_migrations
from flashcards.storage.models.base import Pointer
from flashcards.storage.postgresql_driver import translated
from flashcards.storage.postgresql_schema import type_of
from tests.integration.study_world import KEY, SetClock
from tests.postgresql_server import MISSING, Server, is_installed, running_server

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)

MODELS: dict[str, Any] = {getattr(models, name)._meta.table_name: getattr(models, name) for name in models.__all__}
TABLES = sorted(set(MODELS) - {"note_text"})


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        migrate(ServerAddress(server.url("postgres")))
        yield server


@pytest.fixture(scope="module")
def made(server: Server) -> Iterator[Database]:
    database = Database.open(ServerAddress(server.url("postgres")))
    yield database
    database.close()


def empty(made: Database, server: Server, name: str, settings: str = "") -> ServerAddress:
    made.execute(f"CREATE DATABASE {name} TEMPLATE template0 {settings}")
    return ServerAddress(server.url(name))


# --- the tables


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_the_models(made: Database, table: str) -> None:
    rows = made.all(
        "SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull, c.collname"
        " FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation"
        " WHERE a.attrelid = CAST(? AS regclass) AND a.attnum > 0 AND NOT a.attisdropped",
        (table,),
    )
    fields = MODELS[table]._meta.sorted_fields
    assert {name: (type_, bool(given)) for name, type_, given, _ in rows} == {
        field.column_name: (type_of(field).partition(" COLLATE")[0], not field.null or field.primary_key)
        for field in fields
    }
    assert {collation for _, type_, _, collation in rows if type_ == "text"} <= {"C"}, "texts are compared by bytes"


@pytest.mark.parametrize("table", TABLES)
def test_foreign_keys_and_indexes_are_the_models(made: Database, table: str) -> None:
    meta = MODELS[table]._meta
    keys = made.all(
        "SELECT a.attname, k.confdeltype FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid"
        " AND a.attnum = k.conkey[1] WHERE k.contype = 'f' AND k.conrelid = CAST(? AS regclass)",
        (table,),
    )
    references = [field for field in meta.sorted_fields if isinstance(field, peewee.ForeignKeyField)]
    assert {(name, kind) for name, kind in keys} == {
        (field.column_name, {"CASCADE": "c", "SET NULL": "n"}.get(field.on_delete, "a"))
        for field in references
        if not isinstance(field, Pointer)
    }
    found = {name for (name,) in made.all("SELECT indexname FROM pg_indexes WHERE tablename = ?", (table,))}
    assert {index._name for index in meta.indexes if isinstance(index, peewee.ModelIndex)} <= found


def test_the_due_index_holds_all_that_the_queue_asks(made: Database) -> None:
    (said,) = made.one("SELECT indexdef FROM pg_indexes WHERE indexname = 'schedule_due'") or ("",)
    assert "(learner_id, due_on) INCLUDE (" in said
    assert "WHERE ((due_on IS NOT NULL) AND (suspended = 0) AND (deck_id IS NOT NULL))" in said


# --- what a database can be


def test_starters_at_once_make_it_once(made: Database, server: Server) -> None:
    address = empty(made, server, "starters")
    with ThreadPoolExecutor(3) as pool:
        ran = list(pool.map(lambda _: migrate(address), range(3)))
    assert sorted(map(len, ran)) == [0, 0, len(our_migrations())]
    assert migrate(address) == []
    assert count_accounts(address) == 0


def test_one_of_another_program_is_refused(made: Database, server: Server) -> None:
    address = empty(made, server, "foreign_one")
    other = Database.open(ServerAddress(server.url("postgres")))
    other.close()
    import psycopg

    with psycopg.connect(address.url) as connection:
        connection.execute("CREATE TABLE learner (what text)")
    for use in (migrate, Database.open):
        with pytest.raises(Unavailable, match="tables of another program"):
            use(address)


def test_a_newer_one_is_left_alone(made: Database, server: Server) -> None:
    address = empty(made, server, "newer")
    migrate(address)
    database = Database.open(address)
    database.execute("INSERT INTO schema_migration(name) VALUES ('9999_of_tomorrow')")
    database.close()
    for use in (migrate, Database.open):
        with pytest.raises(Unavailable, match="newer version of this program"):
            use(address)


def test_an_encoding_that_cannot_hold_every_text_is_refused(made: Database, server: Server) -> None:
    address = empty(made, server, "latin", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(Unavailable, match="encoding LATIN1"):
        migrate(address)


def test_one_that_is_not_there_is_said(server: Server) -> None:
    with pytest.raises(Unavailable, match='database "nowhere" does not exist'):
        migrate(ServerAddress(server.url("nowhere")))


def test_one_that_is_read_only_is_said(made: Database, server: Server) -> None:
    address = empty(made, server, "still")
    migrate(address)
    made.execute("ALTER DATABASE still SET default_transaction_read_only = on")
    database = Database.open(address)
    with pytest.raises(Unavailable, match="takes reads only"), database.write():
        database.execute("DELETE FROM learner")
    assert database.all("SELECT id FROM learner") == []
    database.close()


# --- while it is used


def test_a_rule_of_a_table_is_the_same_error_as_in_sqlite(made: Database) -> None:
    with pytest.raises(IntegrityError), made.write():
        made.execute("INSERT INTO folder(path) VALUES (NULL)")
    assert made.all("SELECT path FROM folder") == []


ADD, FOLDERS = "INSERT INTO folder(path) VALUES (?)", "SELECT path FROM folder ORDER BY path"
NEXT: dict[str, Callable[[Database], object]] = {
    "a query": lambda database: database.all("SELECT 1"),
    "a query row by row": lambda database: list(database.each("SELECT 1")),
    "many rows": lambda database: database.executemany(ADD, [("b",), ("c",)]),
    "a load": lambda database: database.load("folder", ["path"], [("b",)]),
    "the commit": lambda database: None,
}


def tell(database: Database, paths: list[str | None], then: Callable[[Database], object]) -> None:
    with database.write():
        for path in paths:
            database.tell(ADD, (path,))
        then(database)


def fails(_database: Database) -> None:
    raise RuntimeError


@pytest.mark.parametrize("name", NEXT)
def test_what_was_told_is_done_before_what_is_next(made: Database, name: str) -> None:
    made.execute("DELETE FROM folder")
    with made.write():
        made.tell(ADD, ("a",))
        made.executemany(ADD, [("A",)])  # a single row: as good as told
        NEXT[name](made)
    assert made.all(FOLDERS)[:2] == [("A",), ("a",)]


@pytest.mark.parametrize("name", NEXT)
def test_what_was_told_and_breaks_a_rule_is_raised_by_what_is_next(made: Database, name: str) -> None:
    made.execute("DELETE FROM folder")
    with pytest.raises(IntegrityError):
        tell(made, ["a", None, "z"], NEXT[name])
    assert made.all(FOLDERS) == [], "nothing of it is stored, and the connection is of use"


def test_what_was_told_by_a_write_that_failed_is_forgotten(made: Database) -> None:
    made.execute("DELETE FROM folder")
    with pytest.raises(RuntimeError):
        tell(made, ["a"], fails)
    tell(made, ["b"], NEXT["the commit"])
    assert made.all(FOLDERS) == [("b",)]


def not_found(database: Database) -> None:
    raise NotFound("There is no such card.")


@pytest.mark.parametrize("before", range(8))
@pytest.mark.parametrize("many", [False, True], ids=["told", "many rows"])
def test_a_connection_is_of_use_after_a_failure_that_the_driver_did_not_see(
    made: Database, before: int, many: bool
) -> None:
    """What an earlier statement kept the server from preparing, the driver held to be prepared, for ever."""
    made.execute("DELETE FROM folder")
    made.close_thread()
    with pytest.raises(NotFound):  # whose ROLLBACK the driver counts
        tell(made, [], not_found)
    for number in range(before):
        tell(made, [f"a{number}"], NEXT["the commit"])
    then = (lambda database: database.executemany(ADD, [("y",), ("z",)])) if many else NEXT["the commit"]
    for _ in range(8):
        with pytest.raises(IntegrityError):
            tell(made, [None, "z"], then)
    assert len(made.all(FOLDERS)) == before
    for number in range(8):
        made.execute("DELETE FROM folder")
        tell(made, [f"b{number}"], NEXT["many rows"])
        assert made.all(FOLDERS) == [("b",), (f"b{number}",), ("c",)]


def test_what_was_told_is_not_lost_where_an_iterator_of_another_thread_is_closed(made: Database) -> None:
    made.execute("DELETE FROM folder")

    def begun(database: Database) -> Iterator[Any]:
        rows = database.each("SELECT generate_series(1, 1000)")
        next(rows)
        return rows

    with ThreadPoolExecutor(1) as other:
        rows: Any = other.submit(begun, made).result()
        tell(made, ["a"], lambda _database: rows.close())
        other.submit(made.close_thread).result()
    assert made.all(FOLDERS) == [("a",)]


def test_a_nul_is_refused_with_a_sentence(made: Database) -> None:
    with pytest.raises(Invalid, match="the character NUL"), made.write():
        made.execute("INSERT INTO folder(path) VALUES (?)", ("a\0b",))


def test_a_write_waits_for_another_and_one_that_will_not_wait_is_refused(made: Database, server: Server) -> None:
    other = Database.open(ServerAddress(server.url("postgres")))
    with made.write(), pytest.raises(Unavailable, match="busy with other work") as caught, other.write(wait=False):
        pass
    assert caught.value.retry_after
    with other.write(wait=False):
        pass
    other.close()


def rename_twice(database: Database, between: Callable[[], None]) -> None:
    with database.write():
        database.execute("UPDATE learner SET name = 'Eve'")
        between()
        database.execute("UPDATE learner SET name = 'Ben'")


def test_a_server_that_was_gone_is_used_again_and_nothing_is_half_stored(made: Database, server: Server) -> None:
    address = empty(made, server, "gone")
    migrate(address)
    database = Database.open(address)
    accounts = AccountService(database, SetClock(), secret_key=KEY, signup="open")
    ada = accounts.sign_up("Ada", "correct horse", code=None, timezone=None, remote="1.2.3.4")
    assert database.all("SELECT name FROM learner") == [("Ada",)]
    with pytest.raises(Unavailable):
        rename_twice(database, server.stop)
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        database.all("SELECT name FROM learner")
    assert caught.value.retry_after
    server.start()
    assert database.all("SELECT name FROM learner") == [("Ada",)]
    server.stop("fast")
    server.start()  # a connection that was lost meanwhile is made anew, and nobody notices
    assert accounts.find("Ada") == ada
    with database.write():
        database.execute("UPDATE learner SET name = 'Ada L.'")
    database.close()


def test_an_address_is_shown_without_its_password() -> None:
    address = ServerAddress("postgresql://ada:secret@db.example:5433/cards?sslmode=require")
    assert str(address) == "postgresql://ada@db.example:5433/cards"
    assert "secret" not in repr(address)
    assert address.name == "cards"


@pytest.mark.parametrize("url", ["postgresql://host", "postgresql://host/a/b", "postgresql://host:x/db", "mysql://h/d"])
def test_addresses_that_cannot_be(url: str) -> None:
    with pytest.raises(ValueError):
        ServerAddress(url)


@pytest.mark.parametrize(
    ("sql", "params", "said", "given"),
    [
        ("SELECT ?, ?", (1, 2), "SELECT %s, %s", (1, 2)),
        ("SELECT ?2, ?1", (1, 2), "SELECT %(p2)s, %(p1)s", {"p1": 1, "p2": 2}),
        ("SELECT :deck::text", {"deck": 1}, "SELECT %(deck)s::text", {"deck": 1}),
        ("SELECT '?:a%', 5 % 2", (), "SELECT '?:a%%', 5 %% 2", ()),
    ],
)
def test_placeholders(sql: str, params: Any, said: str, given: Any) -> None:
    assert translated(sql, params) == (said, given)

"""A database on a server that an earlier version made comes up to date with its rows, and is then as one made now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flashcards.database_address import ServerAddress
from flashcards.services.accounts.facade import AccountService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage import database as storage
from flashcards.storage.database import Database, migrate, migrations_folder
from tests.integration.study_world import KEY, SetClock, StudyWorld
from tests.postgresql_server import MISSING, Server, is_installed

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)

FIRST = "0016"
FIRST_TABLES = Path(__file__).parents[1] / "data" / "schemas" / "postgresql_0016.sql"
"""What the first version that knew servers made of its models; migrations up to `FIRST` never ran on a server."""
*STEPS, NEWEST = sorted(file.stem[:4] for file in migrations_folder().glob("[0-9]*.py") if file.stem[:4] >= FIRST)
TAUGHT, NOT_TAUGHT = 2, 3
"""A card that the point of a round is taught by, and one that is not."""

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def world(world_on_server: StudyWorld) -> StudyWorld:
    """A life in a database as it is made now; its rows are put into the older ones."""
    _life(world_on_server)
    return world_on_server


def _life(world: StudyWorld) -> None:
    """Two learners answer, one is an author; tokens, a practice round with its ticks, a card that Anki forgot."""
    world.deck("d", {"n1": ("c1", "c2"), "n2": ("forward",), "n3": ("forward",)}, drafts=("n3",))
    ada, ben = world.learner(), world.learner("ben")
    with world.db.write():
        world.db.execute("UPDATE learner SET is_author = 1 WHERE id = ?", (ada.id,))
    ada = world.accounts.find("ada")
    for learner in (ada, ben):
        for grade in (4, 1, 5):
            for key in ("d#n1/c1", "d#n2"):
                world.answer(learner, key, grade)
            world.clock.days(25)
        world.review.undo(learner)
        world.accounts.create_token(learner, "phone")
    questions = json.dumps([{"points": [["p1", "Says it.", TAUGHT], ["p2", "Says more.", None]], "follow_ups": []}])
    with world.db.write():
        world.db.execute(
            "INSERT INTO practice_round(learner_id, id, kind, minutes, seed, scope, questions, started_at, finished_at)"
            " VALUES (?, 'r', 'one', 5, 1, '{}', ?, 0, 1)",
            (ada.id, questions),
        )
        for point, taught in (("p1", TAUGHT), ("p2", None)):
            world.db.execute(
                "INSERT INTO round_mark(learner_id, round_id, position, who, point, card_id, mark, at, taught_by)"
                " VALUES (?, 'r', 0, 'self', ?, ?, 'said', 1, ?)",
                (ada.id, point, NOT_TAUGHT, taught),
            )


def _older(
    server: Server, world: StudyWorld, monkeypatch: pytest.MonkeyPatch, step: str, folder: Path
) -> ServerAddress:
    """A database as the version with the migrations up to `step` had it, with the rows of the world."""
    address = server.new_database()
    names = {file.stem for file in migrations_folder().glob("[0-9]*.py")}
    with psycopg.connect(address.url) as new, psycopg.connect(world.path.url) as now:
        new.execute(FIRST_TABLES.read_text())
        new.execute("SET session_replication_role = replica")  # the tables come in no order
        for table, columns in _columns(new).items():
            rows = now.execute(f"SELECT {columns} FROM {table}").fetchall() if table != "schema_migration" else []
            new.cursor().executemany(
                f"INSERT INTO {table}({columns}) VALUES ({', '.join(['%s'] * (columns.count(',') + 1))})", rows
            )
        for name in sorted(names):
            if name[:4] <= FIRST:
                new.execute("INSERT INTO schema_migration(name) VALUES (%s)", (name,))
        for (sequence,) in new.execute("SELECT relname FROM pg_class WHERE relkind = 'S'").fetchall():
            new.execute("SELECT setval(%s::regclass, 1000)", (sequence,))
    known = folder / step
    known.mkdir()
    for name in names:
        if name[:4] <= step:
            (known / f"{name}.py").symlink_to(migrations_folder() / f"{name}.py")
    with monkeypatch.context() as patched:
        patched.setattr(storage, "MIGRATIONS", known)
        migrate(address)
    return address


def _columns(connection: psycopg.Connection[Any]) -> dict[str, str]:
    return dict(
        connection.execute(
            "SELECT table_name, string_agg(format('%I', column_name), ', ' ORDER BY ordinal_position)"
            " FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name"
        ).fetchall()
    )


def _rows(address: ServerAddress) -> Rows:
    """All rows of all tables, with their columns in the order of the names: added ones stand at the end of a table."""
    with psycopg.connect(address.url) as connection:
        tables = {name: columns for name, columns in _columns(connection).items() if name != "schema_migration"}
        return {
            table: sorted(
                connection.execute(f"SELECT {', '.join(sorted(columns.split(', ')))} FROM {table}").fetchall(), key=repr
            )
            for table, columns in tables.items()
        }


def _schema(address: ServerAddress) -> set[tuple[Any, ...]]:
    """Columns, keys, rules and indexes, whatever their order."""
    with psycopg.connect(address.url) as connection:
        columns = connection.execute(
            "SELECT a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
            " a.attidentity, c.collname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a"
            " JOIN pg_class t ON t.oid = a.attrelid AND t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace"
            " LEFT JOIN pg_collation c ON c.oid = a.attcollation"
            " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
            " WHERE a.attnum > 0 AND NOT a.attisdropped"
        ).fetchall()
        rules = connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
        ).fetchall()
        indexes = connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'").fetchall()
    return {*columns, *rules, *indexes}


def test_a_text_that_an_earlier_program_made_without_its_collation_gets_it(
    server: Server, world: StudyWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = _older(server, world, monkeypatch, "0029", tmp_path)
    with psycopg.connect(address.url) as connection:  # what 0029 said to servers before the rule for types
        connection.execute("ALTER TABLE service ALTER COLUMN key TYPE text")
    assert _schema(address) != _schema(world.path)
    migrate(address)
    assert _schema(address) == _schema(world.path)


@pytest.mark.parametrize("step", STEPS)
def test_an_older_database_is_as_a_new_one_after_the_upgrade(
    server: Server, world: StudyWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str
) -> None:
    address = _older(server, world, monkeypatch, step, tmp_path)
    assert [name[:4] for name in migrate(address)] == [*STEPS[STEPS.index(step) + 1 :], NEWEST]
    assert _schema(address) == _schema(world.path)
    found, expected = _rows(address), _rows(world.path)
    for rows in (found, expected):
        rows.pop("audit")  # older ones have no notes of what was done to make this life
        # Marks of change, of a learner and of the collection, begin at 0.
        rows["learner_state"] = [row[:1] + row[2:] for row in rows["learner_state"]]
        rows["service"] = [row for row in rows["service"] if row[0] != "collection"]
    assert found == expected
    database = Database.open(address)
    try:
        assert DoctorService(database).examine().findings == ()
        accounts = AccountService(database, SetClock(), secret_key=KEY, signup="open")
        ada = accounts.find("ada")
        assert [token.scopes for token in accounts.tokens(ada)] == [("read", "review", "author")]
        accounts.create_token(ada, "laptop")  # notes it in a table that has numbers of its own
        assert len(accounts.tokens(ada)) == 2
    finally:
        database.close()

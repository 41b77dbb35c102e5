"""A database of an earlier version keeps what learners did, row by row, through the migrations that rebuild tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flashcards.errors import Unavailable
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage import database as storage
from flashcards.storage.database import Database, migrate
from flashcards.storage.sqlite_driver import driver
from tests.integration.older_database import LAST_WITH_TRIGGERS, older_database


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "flashcards.sqlite3"
    with older_database(path):
        return path


def _rows(path: Path, table: str) -> list[tuple[object, ...]]:
    connection = driver.connect(path)
    connection.row_factory = driver.Row
    names = {  # what every version knows
        "review": "learner_id, seq, uid, card_id, at, study_day, kind, before_due_on, after_due_on, after_interval",
        "schedule": "learner_id, card_id, note_id, ordinal, deck_id, repetition, ease, interval, due_on, lapses",
        "learner_deck": "learner_id, deck_id, active, seen",
        "learner_day": "learner_id, study_day, answers",
    }[table]
    rows = [tuple(row) for row in connection.execute(f"SELECT {names} FROM {table} ORDER BY 1, 2")]
    connection.close()
    return rows


def test_what_learners_did_is_the_same_after_the_tables_are_rebuilt(older: Path) -> None:
    tables = ("review", "schedule", "learner_deck", "learner_day")
    before = {table: _rows(older, table) for table in tables}
    assert [len(rows) for rows in before.values()] == [4, 3, 2, 4]
    migrate(older)
    assert {table: _rows(older, table) for table in tables} == before
    database = Database.open(older)
    try:
        assert database.all("SELECT learner_id, last_seq FROM learner_state ORDER BY 1") == [(1, 2), (2, 2)]
        assert database.all("SELECT * FROM learner_day ORDER BY 1, 2") == [
            (1, 100, 1, 0, 0, 0, 0), (1, 101, 1, 1, 0, 1, 0), (2, 100, 1, 0, 0, 0, 0), (2, 101, 1, 0, 0, 0, 0)
        ]  # fmt: skip
        assert database.all("SELECT id, answered FROM card ORDER BY 1") == [(1, 1), (2, 1), (3, 0)]
        assert database.all("SELECT name FROM sqlite_master WHERE type = 'trigger'") == []
        assert DoctorService(database).examine().findings == ()
    finally:
        database.close()


def test_an_upgrade_that_fails_on_its_way_changes_nothing(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a server that is started again and again would save what is half done, and drop what was saved before."""
    ours, folder = storage.MIGRATIONS, older.parent / "with-a-broken-one"
    shutil.copytree(ours, folder)
    (folder / "9999_broken.py").write_text("def up(migrator, database):\n    raise OSError('no more')\n")
    before = _schema(older)
    with monkeypatch.context() as patched:
        patched.setattr(storage, "MIGRATIONS", folder)
        with pytest.raises(Unavailable):
            migrate(older)
    assert _schema(older) == before
    assert migrate(older) == sorted(path.stem for path in ours.glob("[0-9]*.py") if path.name[:4] > LAST_WITH_TRIGGERS)


def _schema(path: Path) -> list[tuple[object, ...]]:
    connection = driver.connect(path)
    try:
        names = connection.execute("SELECT name, '' FROM schema_migration").fetchall()
        return sorted(names + connection.execute("SELECT name, sql FROM sqlite_master").fetchall())
    finally:
        connection.close()

"""A database of an earlier version keeps what learners did, row by row, through the migrations that rebuild tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flashcards.errors import Unavailable
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage import database as storage
from flashcards.storage import sqlite_database
from flashcards.storage.database import Database, migrate

LAST_WITH_TRIGGERS = "0008"


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a database with all migrations up to `LAST_WITH_TRIGGERS`."""
    folder, path = tmp_path / "migrations", tmp_path / "flashcards.sqlite3"
    folder.mkdir()
    for file in storage.MIGRATIONS.glob("[0-9]*.py"):
        if file.name[:4] <= LAST_WITH_TRIGGERS:
            shutil.copy(file, folder)
    with monkeypatch.context() as patched:
        patched.setattr(storage, "MIGRATIONS", folder)
        migrate(path)
        database = Database.open(path)
        with database.write():
            _life(database)
        database.close()
    return path


def _life(database: Database) -> None:
    """Two learners answer the two cards of a note in turn; one card was set aside, one answer taken back."""
    for learner in (1, 2):
        database.execute(
            "INSERT INTO learner(id, name, name_key, password_hash, created_at) VALUES (?1, ?1, ?1, '', 0)", (learner,)
        )
    database.execute("INSERT INTO deck(id, key, path, title, cards) VALUES (1, 'd', 'd.md', 'D', 3)")
    database.execute(
        "INSERT INTO note(id, deck_id, key, explicit, guid, kind, position, line, title, question, answer, source,"
        " modified_at, render_key) VALUES (1, 1, 'k', 1, 'g', 'basic', 0, 1, 'T', 'Q', 'A', '', 0, 'r')"
    )
    database.execute("INSERT INTO rendering(key, which, question_html, answer_html) VALUES ('r', 'note', '', '')")
    database.executemany(
        "INSERT INTO card(id, note_id, which, ordinal) VALUES (?, 1, ?, ?)", [(1, "c1", 0), (2, "c2", 1), (3, "c3", 2)]
    )
    answers = [  # learner, seq, card, before and after: repetition, interval, due; by turns, as people come
        (1, 1, 1, 0, 0, None, 1, 1, 101), (2, 1, 1, 0, 0, None, 1, 1, 101), (1, 2, 1, 1, 1, 101, 2, 6, 107),
        (2, 2, 2, 0, 0, None, 1, 1, 102),
    ]  # fmt: skip
    for learner, seq, card, *states in answers:
        database.execute(
            "INSERT INTO review(learner_id, seq, uid, action, card_id, note_id, at, study_day, quality, kind, revision,"
            " scheduler, before_repetition, before_ease, before_interval, before_due_on, before_suspended,"
            " after_repetition, after_ease, after_interval, after_due_on, after_suspended, took_ms)"
            " VALUES (?1, ?2, ?2, ?2, ?3, 1, ?2 * 86400000, 100 + ?2 - 1, 4, 'scheduled', 1, 'sm2', ?4, 250, ?5, ?6, 0,"
            " ?7, 250, ?8, ?9, 0, 3600000)",
            (learner, seq, card, *states),
        )
    database.executemany(
        "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, interval, due_on)"
        " VALUES (?, ?, 1, ? - 1, 1, ?, ?, ?)",
        [(1, 1, 1, 2, 6, 107), (2, 1, 1, 1, 1, 101), (2, 2, 2, 1, 1, 102)],
    )
    database.execute("UPDATE learner_deck SET active = 0 WHERE learner_id = 2")


def _rows(path: Path, table: str) -> list[tuple[object, ...]]:
    connection = sqlite_database.driver.connect(path)
    connection.row_factory = sqlite_database.driver.Row
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
    connection = sqlite_database.driver.connect(path)
    try:
        names = connection.execute("SELECT name, '' FROM schema_migration").fetchall()
        return sorted(names + connection.execute("SELECT name, sql FROM sqlite_master").fetchall())
    finally:
        connection.close()

"""A database of an earlier version with a little life in it, as its own program would have left it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flashcards.storage import database as storage
from flashcards.storage.database import Database, migrate

LAST_WITH_TRIGGERS = "0008"


@contextmanager
def older_database(path: Path) -> Iterator[Database]:
    """A new database at `path` with all migrations up to `LAST_WITH_TRIGGERS`, and four answers of two learners."""
    migrations = path.parent / "older-migrations"
    migrations.mkdir()
    for file in storage.MIGRATIONS.glob("[0-9]*.py"):
        if file.name[:4] <= LAST_WITH_TRIGGERS:
            shutil.copy(file, migrations)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(storage, "MIGRATIONS", migrations)
        migrate(path)
        database = Database.open(path)
    try:
        with database.write():
            _life(database)
        yield database
    finally:
        database.close()


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

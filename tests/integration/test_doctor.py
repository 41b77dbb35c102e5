"""The doctor finds what contradicts the log, and nothing where all is well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.database_address import ServerAddress
from flashcards.errors import Unavailable
from flashcards.services.upkeep import database_note as words
from flashcards.services.upkeep.database_note import database_note
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage import card_ranges
from flashcards.storage.database import Database
from flashcards.storage.sqlite_driver import SQLITE_VERSION
from tests.databases import address_of, on_postgresql, settings_for
from tests.integration.smtp_world import free_port
from tests.integration.study_world import TODAY, StudyWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a", {"x": ("c1", "c2"), "y": ("forward",)})
    world.deck("b", 3, drafts=("n3",))
    for name in ("ada", "ben"):
        learner = world.learner(name, suspend_leeches=True)
        for grade in (4, 1, 0, 5):
            world.answer(learner, "a#x/c1", grade)
            world.answer(learner, "b#n1", grade)
            world.clock.days(1)
        world.review.act(learner, world.card("a#y"), "suspend")
        world.review.undo(learner)
        world.review.act(learner, world.card("a#x/c1"), "bury", whole_note=True)
        world.clock.days(-4)
    world.remove("b#n1")
    yield world
    world.close()


def test_all_is_well(world: StudyWorld) -> None:
    report = DoctorService(world.db).examine()
    assert report.findings == ()
    assert report.ok
    assert report.lines[0] == (f"PostgreSQL at {world.db.address}" if on_postgresql() else f"SQLite {SQLITE_VERSION}")
    assert "2 learners" in report.lines[-1]
    assert "22 log rows" in report.lines[-1]


@pytest.mark.parametrize("rows", [1, 3, 7, 1000])
def test_a_long_log_is_read_in_ranges_of_cards(world: StudyWorld, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each card's log is whole within one of them, whichever way they fall; and none is left out."""
    monkeypatch.setattr(card_ranges, "ROWS_AT_ONCE", rows)
    assert DoctorService(world.db).examine().findings == ()
    world.db.execute("UPDATE schedule SET lapses = 7")
    world.db.execute("UPDATE memory SET answers = 7")
    world.db.execute("INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id) VALUES (1, 99, 2, 0, 1)")
    found = "\n".join(DoctorService(world.db).examine().findings)
    for learner, card in world.db.all("SELECT learner_id, card_id FROM schedule"):
        assert f"learner {learner}, card {card}: " in found
    assert "learner 1, card 99: there is a schedule, but nothing in the log" in found


def test_the_server_says_which_database_it_has(tmp_path: Path) -> None:
    decks, data = tmp_path / "decks", tmp_path / "data"
    decks.mkdir()
    environment = {**os.environ, **settings_for(data, decks), "FLASHCARDS_PORT": str(free_port())}
    command = [sys.executable, "-m", "flashcards", "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = [next(server.stdout), next(server.stdout)]
        server.terminate()
    database = (
        f"PostgreSQL at {address_of(data / 'flashcards.sqlite3')}" if on_postgresql() else f"SQLite {SQLITE_VERSION}"
    )
    assert said[1] == f"Data in {data}, {database}\n"


def test_an_old_sqlite_is_named_where_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert database_note(tmp_path / "f") == f"SQLite {SQLITE_VERSION}"
    monkeypatch.setattr(words, "SQLITE_VERSION", "3.40.1")
    monkeypatch.setattr(words, "SQLITE_WITH_RESET_BUG", True)
    assert "SQLite 3.40.1: older than 3.51.3" in database_note(tmp_path / "f")
    server = ServerAddress("postgresql://ada:secret@db.example.org/cards")
    assert database_note(server) == "PostgreSQL at postgresql://ada@db.example.org/cards"


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE schedule SET due_on = due_on + 1 WHERE card_id = 1 AND learner_id = 2", "learner 2, card 1"),
        ("UPDATE schedule SET ease = 270 WHERE card_id = 1 AND learner_id = 1", "stored is"),
        ("UPDATE schedule SET lapses = 7 WHERE card_id = 1 AND learner_id = 1", "lapses"),
        ("UPDATE schedule SET buried_until = NULL WHERE card_id = 2 AND learner_id = 1", "card 2"),
        ("DELETE FROM schedule WHERE card_id = 1 AND learner_id = 1", "stored is None"),
        ("INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id) VALUES (1, 3, 2, 0, 1)", "nothing in"),
        ("UPDATE review SET quality = 5 WHERE learner_id = 1 AND seq = 1", "row 1 of the log"),
        ("UPDATE review SET undone = 1 WHERE learner_id = 1 AND seq = 1", "row 3 of the log"),
        ("UPDATE review SET after_due_on = 9 WHERE learner_id = 1 AND seq = 1", "row 1 of the log"),
        ("DELETE FROM review WHERE learner_id = 1 AND seq = 1", "answers of days"),
        ("UPDATE learner_deck SET seen = 9 WHERE learner_id = 2 AND deck_id = 1", "seen cards"),
        ("DELETE FROM learner_deck WHERE learner_id = 2 AND deck_id = 1", "seen cards that are not counted"),
        (f"UPDATE learner_day SET answers = 7 WHERE study_day = {TODAY}", "answers of days"),
        ("INSERT INTO learner_day(learner_id, study_day, answers) VALUES (1, 7, 7)", "answers of days"),
        (f"UPDATE learner_day SET due = due + 1 WHERE study_day = {TODAY}", "answers of days"),
        (f"UPDATE learner_day SET remembered_mature = 1 WHERE study_day = {TODAY}", "answers of days"),
        ("UPDATE deck SET cards = 7 WHERE id = 1", "cards of decks"),
        ("UPDATE deck SET removed_at = 1 WHERE id = 1", "live in a deck that is removed"),
        ("UPDATE schedule SET deck_id = 2 WHERE card_id = 1", "filed under"),
        ("UPDATE schedule SET note_id = 2 WHERE card_id = 1", "filed under"),
        ("DELETE FROM rendering WHERE which = 'c1'; ", None),
        ("DELETE FROM rendering", "never rendered"),
        ("DELETE FROM note WHERE id = 2", "refers to"),
        ("DELETE FROM card WHERE id = 1", "log rows of cards that are not there"),
        ("DELETE FROM card WHERE id = 1", "schedules of cards that are not there"),
        ("DELETE FROM deck WHERE id = 2", "settings of decks that are not there"),
        ("UPDATE learner_state SET last_seq = 3 WHERE learner_id = 1", "ends of logs"),
        ("DELETE FROM learner_state", "ends of logs"),
        ("UPDATE card SET answered = 0 WHERE id = 1", "somebody has answered"),
    ],
)
def test_each_damage_is_found(world: StudyWorld, damage: str, found: str | None) -> None:
    world.db.execute("SET session_replication_role = replica" if on_postgresql() else "PRAGMA foreign_keys = 0")
    world.db.execute(damage)
    report = DoctorService(world.db).examine()
    assert report.ok == (found is None)
    assert found is None or any(found in finding for finding in report.findings), report.findings


def test_a_damaged_file_is_a_finding_and_no_traceback(world: StudyWorld) -> None:
    with world.db.write():
        rows = [(f"{number}" * 9,) for number in range(3000)]
        world.db.executemany("INSERT INTO media VALUES (?, 'p', 'm', 1, 1, 1)", rows)
    world.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    world.db.close()
    with world.path.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(size - 4096 * 20)
        file.write(b"\xff" * 4096 * 10)
    database = Database.open(world.path)
    report = DoctorService(database).examine()
    database.close()
    assert not report.ok
    with world.path.open("r+b") as file:
        file.write(b"\xff" * 4096)
    with pytest.raises(Unavailable):
        Database.open(world.path)

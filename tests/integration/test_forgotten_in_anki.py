"""A card that Anki forgot begins anew here, too: also where it came before that was known."""

from __future__ import annotations

from pathlib import Path

from flashcards.domain.memory import fsrs
from flashcards.services.memory.measure import MemoryMeasure
from flashcards.services.memory.state import MemoryState
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.database import Database, migrate
from tests.integration.anki_packages import add, collection, export
from tests.integration.test_anki_import import ImportWorld

DAY_MS = 86_400_000


def brought(folder: Path) -> ImportWorld:
    """Two cards, answered Good twice and Easy once; the second was forgotten before its last answer."""
    made = ImportWorld(folder)
    with collection(folder, "theirs") as opened:
        add(opened, "Basic", "D", "q", "a")
        add(opened, "Basic", "D", "r", "a")
        began = made.clock() - 40 * DAY_MS
        for number, card in enumerate(sorted(opened.find_cards(""))):
            rows = [(0, 3, 2500, 0), (5, 3, 2500, 1), (20, 0, 0, 4), (20, 4, 2500, 0)]
            for place, (days, ease, factor, type_) in enumerate(rows):
                if type_ != 4 or number:
                    at = began + days * DAY_MS + 1000 * place + number
                    opened.db.execute(
                        "INSERT INTO revlog VALUES (?, ?, -1, ?, 5, 1, ?, 1000, ?)", at, card, ease, factor, type_
                    )
            opened.db.execute("UPDATE cards SET type = 2, queue = 2, due = 99, ivl = 9, reps = 3 WHERE id = ?", card)
        package = export(opened, folder / "theirs.apkg", legacy=False)
    made.bring(package)
    return made


def test_a_card_that_anki_forgot_begins_anew(tmp_path: Path) -> None:
    made = brought(tmp_path)
    kept, forgotten = MemoryState(made.db).states(made.learner.id)
    assert kept.answers == 3
    memory = fsrs.first(5)
    assert (forgotten.stability, forgotten.difficulty, forgotten.answers) == (memory.stability, memory.difficulty, 1)
    assert MemoryMeasure(made.db).evaluate(made.learner.id).answers == 3  # two of the first card, one of the second
    assert DoctorService(made.db).examine().findings == ()
    made.close()


def test_what_came_before_that_was_known_is_computed_anew(tmp_path: Path) -> None:
    made = brought(tmp_path)
    as_now = MemoryState(made.db).states(made.learner.id)
    with made.db.write():
        made.db.execute("UPDATE memory SET stability = 77000000, answers = 3 WHERE card_id = ?", (as_now[1].card,))
        made.db.execute("DELETE FROM schema_migration WHERE name LIKE '0020%'")
    address = made.db.address
    made.close()
    assert len(migrate(address)) == 1
    database = Database.open(address)
    assert MemoryState(database).states(made.learner.id) == as_now
    assert MemoryState(database).catch_up(made.learner.id) == 1
    assert DoctorService(database).examine().findings == ()
    database.close()

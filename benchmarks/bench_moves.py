"""A deck of 100 notes that moves to another deck while 500 learners have schedules of all its cards."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from benchmarks.common import Row, format_row
from flashcards.clock import system_clock
from flashcards.database_address import DatabaseAddress
from flashcards.services.sync.run import SyncService
from flashcards.storage.counters import count_anew
from flashcards.storage.database import Database, migrate
from flashcards.storage.decks import DeckStore

NOTES, LEARNERS, REPEATS = 100, 500, 3


def run() -> list[Row]:
    """Times the sync that moves them there and back, and one that moves them where nobody learns."""
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder) / "flashcards.sqlite3", Path(folder) / "decks")


def measure(address: DatabaseAddress, root: Path) -> list[Row]:
    """The same in any new database."""
    root.mkdir()
    (root / "keeps.md").write_text("# Keeps\n\n## One {#one}\n\nIt stays here.\n", "utf-8")
    migrate(address)
    database = Database.open(address)
    try:
        service = SyncService(DeckStore(database), root, system_clock)
        _move(service, root, "from", "unread", 0)
        alone = _moves(service, root, 100)
        _learners(database)
        eager = _moves(service, root, 50)
    finally:
        database.close()
    return [
        Row(f"a deck of {NOTES} notes moves, nobody has learned it", alone, "s"),
        Row(f"a deck of {NOTES} notes moves, {LEARNERS} learners have all of it", eager, "s", 4),
    ]


def _moves(service: SyncService, root: Path, seconds_ago: int) -> float:
    """The median of a few moves from one file to another."""
    taken = []
    for number in range(REPEATS):
        names = ("from", "to") if number % 2 == 0 else ("to", "from")
        taken.append(_move(service, root, *reversed(names), seconds_ago - number))
    _move(service, root, "from", "to", seconds_ago - REPEATS)
    return sorted(taken)[REPEATS // 2]


def _move(service: SyncService, root: Path, target: str, source: str, seconds_ago: int) -> float:
    notes = "".join(f"## What is fact {n}? {{#fact-{n}}}\n\nIt is number {n}.\n\n" for n in range(NOTES))
    file = root / f"{target}.md"
    file.write_text(f"# {target.title()}\n\n{notes}", "utf-8")
    os.utime(file, (time.time() - seconds_ago - 1000,) * 2)
    (root / f"{source}.md").unlink(missing_ok=True)
    began = time.perf_counter()
    report = service.sync()
    taken = time.perf_counter() - began
    if report.errors:
        raise RuntimeError(f"the sync did something else: {report}")
    return taken


def _learners(database: Database) -> None:
    with database.write():
        database.execute(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)"
            " INSERT INTO learner(id, name, name_key, password_hash, created_at) SELECT n, 'u' || n, 'u' || n, '', 0"
            " FROM number",
            (LEARNERS,),
        )
        database.execute(
            "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, interval, due_on)"
            " SELECT l.id, c.id, c.note_id, c.ordinal, n.deck_id, 3, 14, 20000 + c.id FROM learner l, card c"
            " JOIN note n ON n.id = c.note_id WHERE n.key <> 'one'"
        )
        count_anew(database)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

"""What goes through everything holds no table: the memory of the JSON export and of `doctor` over a long log."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.study_data import NOW, History
from flashcards.services.export.json_transfer import JsonTransfer
from flashcards.services.review.facade import Answer
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.counters import count_anew
from flashcards.storage.database import Database
from flashcards.storage.transfer import TransferStore

CARDS, ANSWERS = 100_000, 10
LIMIT_MB = 100


def run() -> list[Row]:
    """A log of 1,000,000 rows that the schedules and memories of 100,000 cards follow from."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = long_history(folder)
        rows = []
        for what, work in {"JSON export": _export, "doctor": _doctor}.items():
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
                peak, seconds = fresh.submit(_measured, work, path).result()
            note = f"{seconds:,.0f} s of the processor"
            rows.append(Row(f"{what}, {CARDS * ANSWERS:,} log rows", peak, "MB", limit=LIMIT_MB, note=note))
    return rows


def long_history(folder: Path) -> Path:
    """One card is answered through the service, day by day; all others are told the same."""
    history = History(folder, schedules=CARDS, due=0)
    for table in ("schedule", "learner_deck"):
        history.db.execute(f"DELETE FROM {table}")
    first = NOW - 1000 * 86_400_000
    for number in range(ANSWERS):
        history.now = first + number * 90 * 86_400_000
        history.review.answer(history.learner, Answer(id=str(uuid.uuid4()), card="1", grade=4))
    with history.db.write():
        for table in ("review", "schedule", "memory"):
            _tell_all(history.db, table)
        count_anew(history.db)
    history.close()
    return history.path


def _tell_all(database: Database, table: str) -> None:
    """The rows of card 1 for every other card of the collection; numbers of rows go on in the order of time."""
    values = {
        "card_id": "c.id", "note_id": "c.note_id", "ordinal": "c.ordinal", "deck_id": "n.deck_id",
        "seq": f"(r.seq - 1) * {CARDS} + c.id", "uid": "r.seq || '-' || c.id", "action": "r.seq || '-' || c.id",
    }  # fmt: skip
    columns = [f'"{row[1]}"' for row in database.all(f"PRAGMA table_info({table})")]
    chosen = ", ".join(values.get(column.strip('"'), f"r.{column}") for column in columns)
    if table == "review":  # in two steps, as the first rows are in the way
        database.execute("CREATE TEMP TABLE told AS SELECT * FROM review")
        database.execute("DELETE FROM review")
    source, others = ("told", "true") if table == "review" else (table, "c.id <> 1")
    database.execute(
        f"INSERT INTO {table}({', '.join(columns)}) SELECT {chosen} FROM {source} r, card c"
        f" JOIN note n ON n.id = c.note_id WHERE r.card_id = 1 AND c.id <= {CARDS} AND {others}"
    )


def _export(path: Path) -> None:
    database = Database.open(path)
    JsonTransfer(TransferStore(database), path.parent).export(
        path.with_name("out.json"), decks=None, learner=None, progress=lambda *_: None
    )
    database.close()


def _doctor(path: Path) -> None:
    database = Database.open(path)
    report = DoctorService(database).examine()
    wrong = [line for line in report.findings if "rendered" not in line]
    assert not wrong, wrong[:5]
    database.close()


def _measured(work: Callable[[Path], None], path: Path) -> tuple[float, float]:
    """The most that this process ever held, in MB, and its seconds."""
    started = time.process_time()
    work(path)
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return kib / 1024, time.process_time() - started


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

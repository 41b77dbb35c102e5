"""A verified backup of a million answers while eight learners write: the copy, and how long writers wait meanwhile."""

from __future__ import annotations

import os
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.bench_streams import ANSWERS, CARDS, long_history
from benchmarks.common import Row, format_row
from benchmarks.study_data import NOW
from flashcards.services.accounts.facade import AccountService
from flashcards.services.review.facade import Answer, ReviewService
from flashcards.services.upkeep.backup import BackupService
from flashcards.services.upkeep.secret_key import load_secret_key
from flashcards.storage.database import Database

WRITERS = 8
THINK = 0.04
"""Seconds between two answers of a writer: together they store 200 a second, as 800 learners do."""
COPY_SECONDS, P99_MS = 2.0, 150.0
BEFORE = 5.0


def run() -> list[Row]:
    """The writers alone for some seconds, then during the backup."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        path = long_history(folder)
        database = Database.open(path)
        load_secret_key(path.parent)
        backups, copied = BackupService(database, path.parent, lambda: NOW), list[float]()
        _watch_copies(database, copied)
        with _writers(database) as waited:
            time.sleep(BEFORE)
            alone = list(waited)
            waited.clear()
            began = time.perf_counter()
            backups.backup(folder / "backup.zip")
            whole = time.perf_counter() - began
            meanwhile = list(waited)
        database.close()
    size = f"{CARDS * ANSWERS:,} answers"
    note = f"{len(meanwhile) / whole:.0f} answers a second; {_p99(alone):.0f} ms without a backup"
    return [
        Row(f"backup of {size} under load, the copy", copied[0], "s", COPY_SECONDS),
        Row(f"backup of {size} under load, verified and packed", whole, "s"),
        Row("p99 of who writes meanwhile", _p99(meanwhile), "ms", P99_MS, note=note),
    ]


def _watch_copies(database: Database, copied: list[float]) -> None:
    copy = database.backup

    def watched(*where: Any) -> None:
        began = time.perf_counter()
        copy(*where)
        copied.append(time.perf_counter() - began)

    database.backup = watched  # type: ignore[method-assign]


@contextmanager
def _writers(database: Database) -> Iterator[list[float]]:
    """Threads that answer; milliseconds of each answer."""
    waited: list[float] = []
    over = threading.Event()
    review = ReviewService(database, lambda: NOW)
    accounts = AccountService(database, lambda: NOW, secret_key=bytes(32))
    [learner] = accounts.learners()

    def write(number: int) -> None:
        card = number
        while not over.wait(THINK):
            card = (card + WRITERS) % CARDS
            began = time.perf_counter()
            review.answer(learner, Answer(str(uuid.uuid4()), str(card + 1), 4))
            waited.append((time.perf_counter() - began) * 1000)
        database.close_thread()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield waited
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100, method="inclusive")[98] if len(times) > 1 else 0.0


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

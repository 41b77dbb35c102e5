"""What the first page costs: the counts by folder, the streak, the year's calendar; and the page itself."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.study_data import History
from benchmarks.through_app import client_of, milliseconds

SCHEDULES, LOG_ROWS, DUE, ROUNDS = 100_000, 1_000_000, 500, 40


def run() -> list[Row]:
    """100,000 schedules in 60 decks; for what the database is asked, a log of 1,000,000 rows over 1,000 days."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), schedules=SCHEDULES, due=DUE, log_rows=LOG_ROWS)
        taken = []
        for _ in range(ROUNDS):
            started = time.process_time()
            today = history.review.today(history.learner)
            calendar = history.review.calendar(history.learner)
            taken.append((time.process_time() - started) * 1000)
            assert (today.streak, len(calendar)) == (1000, 370)
            assert sum(folder.due for folder in today.folders) == today.due > DUE * 0.9
        decks = len(history.review.deck_counts(history.learner))
        history.close()
    with tempfile.TemporaryDirectory() as folder, client_of(Path(folder), schedules=SCHEDULES, due=DUE) as client:
        page = milliseconds(client, "/", ROUNDS)
    name = f"{SCHEDULES:,} schedules in {decks} decks"
    return [
        Row(
            f"Today: {name}, {LOG_ROWS:,} log rows", statistics.median(taken), "ms", limit=15,
            note="counts, streak and calendar",
        ),
        Row(f"Today through the app: {name}", page, "ms", limit=15),
    ]  # fmt: skip


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

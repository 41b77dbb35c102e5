"""What the first page asks of the database: the counts of every deck, the streak, the year's calendar."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.study_data import History

SCHEDULES, LOG_ROWS, DUE, ROUNDS = 100_000, 1_000_000, 500, 40


def run() -> list[Row]:
    """100,000 schedules in 60 decks and a log of 1,000,000 rows over 1,000 days."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), schedules=SCHEDULES, due=DUE, log_rows=LOG_ROWS)
        taken = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            today = history.review.today(history.learner)
            calendar = history.review.calendar(history.learner)
            taken.append((time.perf_counter() - started) * 1000)
            assert (today.streak, len(calendar)) == (1000, 370)
            assert sum(deck.due for deck in today.decks) == today.due > DUE * 0.9
        decks = len(today.decks)
        history.close()
    name = f"Today: {SCHEDULES:,} schedules in {decks} decks, {LOG_ROWS:,} log rows"
    return [Row(name, statistics.median(taken), "ms", limit=15, note="counts, streak and calendar")]


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

"""What a search over 100,000 cards with a million answers takes: the first fifty, from the words to what is shown."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.study_data import History
from flashcards.storage.search_text import search_text

CARDS, ANSWERS = 100_000, 1_000_000
FIRST = 50
SEARCHES = {
    "a word of every card": "common",
    "a word of few cards": "rare777",
    "two words, one of them everywhere": "common rare5",
    "the beginning of a word": "comm",
    "Chinese": "学习",
    "no words": "",
    "is:due prop:ease<3": "is:due prop:ease<3",
    "a word in a folder": "common deck:folder",
    "prop:reviews>5": "prop:reviews>5",
}


def run() -> list[Row]:
    """The median of nine, each."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), schedules=CARDS, due=CARDS // 10, log_rows=ANSWERS)
        with history.db.write():
            notes = history.db.all("SELECT id FROM note")
            texts = ((n, search_text(f"n{n}", f"common question rare{n % 1000}", "机器学习 it is")) for (n,) in notes)
            history.db.executemany("INSERT INTO note_text(rowid, text) VALUES (?, ?)", texts)
        rows = [
            Row(f"first {FIRST} of {CARDS:,} cards: {name}", _milliseconds(history, q), "ms", limit=20)
            for name, q in SEARCHES.items()
        ]
        history.close()
    return rows


def _milliseconds(history: History, q: str) -> float:
    times = []
    for _ in range(9):
        started = time.perf_counter()
        found = history.review.cards(history.learner, q=q, limit=FIRST)
        times.append((time.perf_counter() - started) * 1000)
        assert found.items, q
    return statistics.median(times)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

"""What is computed from a whole log: the walk forward of `evaluate`, and the fit of all numbers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.study_data import NOW, TODAY, History
from flashcards.domain.memory.evaluation import evaluate
from flashcards.domain.memory.fit import Ledger, choose
from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.domain.memory.walk import middle_day, walk
from flashcards.services.memory.scheduling import SchedulerService
from tests.learner_logs import made_up_log

ANSWERS, CARDS = 100_000, 5_000


def run() -> list[Row]:
    """A log of 100,000 answers to some thousand cards over two years."""
    log = made_up_log(700, 13, 1, strength=0.5)[:ANSWERS]
    assert len(log) == ANSWERS, len(log)
    return [
        _timed("replay of every card", lambda: walk(log, DEFAULTS), 3),
        _timed("evaluate, the whole log", lambda: evaluate(log), 10),
        _timed("evaluate, from half", lambda: evaluate(log, middle_day(log)), 10),
        _timed("a nightly fit: both ways, all 21 numbers twice", lambda: choose(Ledger(log)), 10),
        *_switched(),
    ]


def _switched() -> list[Row]:
    """The scheduler of a learner with 5,000 cards, changed at once and undone: processor time."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        history = History(Path(folder), schedules=CARDS, due=CARDS // 2)
        service = SchedulerService(history.db, lambda: NOW)
        with history.db.write():
            for card in range(1, CARDS + 1):
                history.db.execute(
                    "INSERT OR REPLACE INTO memory VALUES (1, ?, ?, 5000000, ?, ?, 4, ?)",
                    (card, 1_000_000 * (1 + card % 90), TODAY - card % 30, NOW, DEFAULTS.name),
                )
        steps = {
            "looked at before": lambda: service.preview(history.learner, "fsrs-6", 0.9),
            "to FSRS-6, at once": lambda: service.choose(history.learner, "fsrs-6", 0.9, at_once=True),
            "undone": lambda: history.review.undo(history.learner),
            "to FSRS-6 again": lambda: service.choose(history.learner, "fsrs-6", 0.8, at_once=True),
            "back to SM-2": lambda: service.choose(history.learner, "sm2", 0.9, at_once=True),
        }
        rows = []
        for name, step in steps.items():
            started = time.process_time()
            step()
            rows.append(Row(f"the scheduler of {CARDS:,} cards: {name}", time.process_time() - started, "s", limit=2))
        history.close()
    return rows


def _timed(name: str, work: Callable[[], object], limit: float) -> Row:
    """Processor time: the machine may be busy."""
    started = time.process_time()
    work()
    return Row(f"{name}, {ANSWERS:,} answers", time.process_time() - started, "s", limit=limit)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

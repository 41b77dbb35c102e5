"""What is computed from a whole log: the walk forward of `evaluate`, and the fit of all numbers."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.common import Row, format_row
from flashcards.domain.memory.evaluation import evaluate
from flashcards.domain.memory.fit import Ledger, choose
from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.domain.memory.walk import middle_day, walk
from tests.learner_logs import made_up_log

ANSWERS = 100_000


def run() -> list[Row]:
    """A log of 100,000 answers to some thousand cards over two years."""
    log = made_up_log(700, 13, 1, strength=0.5)[:ANSWERS]
    assert len(log) == ANSWERS, len(log)
    return [
        _timed("replay of every card", lambda: walk(log, DEFAULTS), 3),
        _timed("evaluate, the whole log", lambda: evaluate(log), 10),
        _timed("evaluate, from half", lambda: evaluate(log, middle_day(log)), 10),
        _timed("a nightly fit: four ways, all 21 numbers twice", lambda: choose(Ledger(log)), 10),
    ]


def _timed(name: str, work: Callable[[], object], limit: float) -> Row:
    """Processor time: the machine may be busy."""
    started = time.process_time()
    work()
    return Row(f"{name}, {ANSWERS:,} answers", time.process_time() - started, "s", limit=limit)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

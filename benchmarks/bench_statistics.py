"""The statistics of a learner with a million answers, and the item analysis over as many."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.study_data import NOW, History
from flashcards.services.authoring.item_analysis import AnalysisService
from flashcards.services.memory.known import KnownCards
from flashcards.services.review.statistics import StatsService

SCHEDULES, ANSWERS, LEARNERS = 100_000, 1_000_000, 10
FIRST_MS, REPEATED_MS = 150, 20


ASKED: dict[str, dict[str, str]] = {
    "statistics, 90 days": {}, "statistics, all": {"days": "all"}, "statistics, one deck of 60": {"deck": "folder/d5"},
}  # fmt: skip


def run() -> list[Row]:
    """One learner's million first; then the same million told as ten learners'."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), schedules=SCHEDULES, due=500, log_rows=ANSWERS)
        kept = StatsService(history.db, lambda: NOW, KnownCards(history.db))
        times = {}
        for name, more in ASKED.items():
            first = _milliseconds(lambda more=more: _fresh(history).statistics(history.learner, **more), 7)
            repeated = _milliseconds(lambda more=more: kept.statistics(history.learner, **more), 7)
            times[f"{name}, first"], times[f"{name}, repeated"] = first, repeated
        _spread(history)
        analysis = _milliseconds(lambda: AnalysisService(history.db).cards(), 3)
        history.close()
    rows = [Row(f"{name}, {ANSWERS:,} answers", value, "ms", limit=_limit(name)) for name, value in times.items()]
    rows.append(Row(f"item analysis, {ANSWERS:,} answers of {LEARNERS} learners", analysis, "ms", limit=1500))
    return rows


def _fresh(history: History) -> StatsService:
    """A service that has kept nothing."""
    return StatsService(history.db, lambda: NOW, KnownCards(history.db))


def _limit(name: str) -> int | None:
    if name.endswith("repeated"):
        return REPEATED_MS
    return FIRST_MS if "90 days" in name else None


def _spread(history: History) -> None:
    """Gives the log's rows to ten learners, so that each card has been answered by all of them."""
    with history.db.write():
        for number in range(2, LEARNERS + 1):
            history.db.execute(
                "INSERT INTO learner(id, name, name_key, password_hash, created_at) VALUES (?1, ?1, ?1, '', 0)",
                (number,),
            )
        history.db.execute("UPDATE review SET learner_id = 1 + seq / ?", (ANSWERS // LEARNERS,))


def _milliseconds(work: Callable[[], object], rounds: int) -> float:
    """Of the processor: what it costs, whatever else the machine does."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        taken.append((time.process_time() - started) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

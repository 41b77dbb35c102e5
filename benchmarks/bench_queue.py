"""The next 20 cards, with the day's counts, whatever was learnt before."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.study_data import History

SIZES = (1_000, 100_000, 1_000_000)
DUE, BACKLOG = 500, 50_000


def run() -> list[Row]:
    """500 due cards among more and more schedules, in turn; then a backlog of 50,000."""
    with tempfile.TemporaryDirectory() as folder:
        histories = [History(Path(folder), schedules=size, due=DUE) for size in SIZES]
        times = [statistics.median(taken) for taken in zip(*_rounds(histories, DUE, 60), strict=True)]
        backlog = History(Path(folder), schedules=100_000, due=BACKLOG)
        (late,) = (statistics.median(taken) for taken in zip(*_rounds([backlog], BACKLOG, 10), strict=True))
        for history in (*histories, backlog):
            history.close()
    rows = [
        Row(f"next 20 cards, {size:,} schedules, {DUE} due", value, "ms", limit=3)
        for size, value in zip(SIZES, times, strict=True)
    ]
    growth = times[-1] / times[0]
    rows.append(Row(f"growth from {SIZES[0]:,} to {SIZES[-1]:,} schedules", growth, "", limit=1.5, ratio=growth))
    rows.append(Row(f"next 20 cards, {BACKLOG:,} due", late, "ms", limit=25))
    return rows


def _rounds(histories: list[History], due: int, count: int) -> list[list[float]]:
    """Milliseconds of the processor of each history, round by round: what slows one down meets all of them alike."""
    return [[_milliseconds(history, due) for history in histories] for _ in range(count)]


def _milliseconds(history: History, due: int) -> float:
    started = time.process_time()
    queue = history.review.queue(history.learner, limit=20)
    taken = (time.process_time() - started) * 1000
    assert len(queue.cards) == 20
    assert queue.left.due > due * 0.9
    assert queue.left.new in {0, 20}  # where much has piled up new cards wait
    return taken


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

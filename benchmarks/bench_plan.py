"""A plan for a large scope: everything that is shown before it starts, its day, and the queue under it.

Processor time: the machine may be busy.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.study_data import History
from flashcards.domain import sm2
from flashcards.domain.memory import fsrs
from flashcards.domain.plan.model import Learner, PlanCard, Request
from flashcards.domain.plan.plan import make_plan
from flashcards.services.plan.contract import Choice
from flashcards.services.plan.facade import Plans

TODAY = 20_000
CARDS, DUE = 3_000, 200
ROUNDS = 40


def run() -> list[Row]:
    """Scopes half seen, of which no two memories are alike; and one of new cards for a year."""
    return [
        _timed("3,000 cards, 28 days", _scope(3_000, 1_500), 28, 1),
        _timed("3,000 cards, all seen, 28 days", _scope(3_000, 3_000), 28, 1),
        _timed("10,000 cards, 60 days", _scope(10_000, 5_000), 60, 4),
        _timed("10,000 cards, all seen, 60 days", _scope(10_000, 10_000), 60, 4),
        _timed("10,000 cards, 365 days", _scope(10_000, 5_000), 365, 4),
        *_served(),
    ]


def _served() -> list[Row]:
    """A learner who follows a plan beside one who follows none, in turn; and the first who asks on a day."""
    with tempfile.TemporaryDirectory() as folder:
        without, under = (History(_made(Path(folder) / name), schedules=CARDS, due=DUE) for name in ("a", "b"))
        plans = Plans(under.db, lambda: under.now, under.review)
        today = under.review.study_day(under.learner)
        plans.make(under.learner, Choice(today + 60, 60))
        times = [(_seconds(lambda: _queue(without)), _seconds(lambda: _queue(under))) for _ in range(ROUNDS)]
        usual, planned = (statistics.median(column) for column in zip(*times, strict=True))
        firsts = []
        for _ in range(10):
            under.now += 86_400_000
            firsts.append(_seconds(lambda: _queue(under)))
        without.close()
        under.close()
    return [
        Row("next 20 cards under a plan beside without one", planned / usual, "", limit=1.0, ratio=planned / usual),
        Row(f"the first of a day under a plan of {CARDS:,} cards", statistics.median(firsts) * 1000, "ms", limit=100),
    ]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _queue(history: History) -> None:
    assert len(history.review.queue(history.learner, limit=20).cards) == 20


def _seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _scope(count: int, seen: int) -> list[PlanCard]:
    chance = random.Random(1)
    cards = []
    for number in range(count):
        card = PlanCard(number, number, number % 12, 1 + number % 3, number % 4)
        if number < seen:
            stability = chance.lognormvariate(2.5, 1.3)
            ago, interval = 1 + int(chance.expovariate(1 / max(1.0, stability))), max(1, int(stability))
            memory = fsrs.kept(stability, chance.uniform(1, 10))
            schedule = sm2.Memory(3, 250, interval)
            card = card._replace(memory=memory, last_on=TODAY - ago, schedule=schedule, due_on=TODAY - ago + interval)
        cards.append(card)
    return cards


def _timed(name: str, cards: list[PlanCard], days: int, limit: float) -> Row:
    started = time.process_time()
    plan = make_plan(Request(TODAY, TODAY + days, 60), cards, Learner())
    taken = time.process_time() - started
    assert plan.known.low < plan.known.median < plan.known.high
    return Row(f"a plan of {name}, 60 minutes a day", taken, "s", limit=limit)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

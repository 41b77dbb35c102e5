"""A plan for a large scope: everything that is shown before it starts."""

from __future__ import annotations

import random
import time

from benchmarks.common import Row, format_row
from flashcards.domain import sm2
from flashcards.domain.memory import fsrs
from flashcards.domain.plan.model import Learner, PlanCard, Request
from flashcards.domain.plan.plan import make_plan

TODAY = 20_000


def run() -> list[Row]:
    """Scopes half seen, of which no two memories are alike; and one of new cards for a year."""
    return [
        _timed("3,000 cards, 28 days", _scope(3_000, 1_500), 28, 1),
        _timed("3,000 cards, all seen, 28 days", _scope(3_000, 3_000), 28, 1),
        _timed("10,000 cards, 60 days", _scope(10_000, 5_000), 60, 4),
        _timed("10,000 cards, all seen, 60 days", _scope(10_000, 10_000), 60, 4),
        _timed("10,000 cards, 365 days", _scope(10_000, 5_000), 365, 4),
    ]


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
    """Processor time: the machine may be busy."""
    started = time.process_time()
    plan = make_plan(Request(TODAY, TODAY + days, 60), cards, Learner())
    taken = time.process_time() - started
    assert plan.known.low < plan.known.median < plan.known.high
    return Row(f"a plan of {name}, 60 minutes a day", taken, "s", limit=limit)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))

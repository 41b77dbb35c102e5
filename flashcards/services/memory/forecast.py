"""What the next days would bring under a scheduler: expected answers, from what is remembered of each card.

Each card is followed along both ways, remembered (a Good) and forgotten (an Again), weighted by how likely each is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flashcards.domain import sm2
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import Memory
from flashcards.domain.schedulers import SM2, Decider
from flashcards.domain.study_day import Day
from flashcards.services.memory.state import CardState, Predictor

DAYS = 30
_FORGOTTEN, _GOOD = 1, 4
_NEGLIGIBLE = 0.04
"""Ways that are less likely than this are no longer followed."""
_MOST_CARDS = 2_000
"""Of more cards every second is followed, or every third ..., and counts for that many."""
_UNKNOWN = 0.9
"""How likely a card is remembered of which no answer says anything."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A card as it would stand: its date, SM-2's memory, and what is remembered of it."""

    due_on: Day
    own: sm2.Memory
    state: CardState | None


@dataclass(frozen=True, slots=True)
class Load:
    """Expected answers to due cards on each day from today on, and how many of them fail."""

    days: tuple[float, ...]
    failures: float

    @property
    def cards(self) -> float:
        """All together."""
        return sum(self.days)


def expected_load(cards: Iterable[Standing], decider: Decider, predictor: Predictor, today: Day) -> Load:
    """What the next thirty days bring; cards that are overdue come today."""
    listed = list(cards)
    step = max(1, -(-len(listed) // _MOST_CARDS))
    days, failures = [0.0] * DAYS, 0.0
    for card in listed[::step]:
        failures += step * _follow(card, decider, predictor, today, days, step)
    return Load(tuple(days), failures)


def _follow(card: Standing, decider: Decider, predictor: Predictor, today: Day, days: list[float], step: int) -> float:
    """Adds one card's expected answers to `days`; gives its expected failures."""
    state = card.state
    memory = None if state is None else Memory(state.stability, state.difficulty)
    ways = [(max(today, card.due_on), card.own, memory, state.last_on if state else today, 1.0)]
    end, chosen, failures = today + DAYS, predictor.parameters, 0.0
    while ways:
        day, own, memory, last_on, weight = ways.pop()
        if day >= end:
            continue
        days[day - today] += weight * step
        recall = _UNKNOWN if memory is None else predictor.calibration(fsrs.recall(memory, day - last_on, chosen))
        failures += weight * (1 - recall)
        for grade, share in ((_GOOD, recall), (_FORGOTTEN, 1 - recall)):
            if weight * share < _NEGLIGIBLE:
                continue
            after = sm2.review(own, grade)
            then = fsrs.review(memory, grade, max(0, day - last_on), chosen)
            interval = after.interval if decider.name == SM2 else decider.interval(then)
            ways.append((day + interval, after, then, day, weight * share))
    return failures

"""A learner's memory as a plan runs through it: the model's formulas, on a grid so that like cards share their sums.

A state is a number. Stability stands on a grid of 1/25 on the logarithm, difficulty of a half: for plans
only; what is stored is never rounded so. A learner of strength f recalls as if every stability were f times the
model's, while the model's own memory goes on as it would be stored.
"""

from __future__ import annotations

import math
from math import exp
from typing import NamedTuple

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import AGAIN, GOOD, HARD, Memory
from flashcards.domain.plan.model import FIRST_RATINGS, Learner, Style

_FINE = 25
_COARSE = 2
_SURE_POWER = 4

State = int


class _Sums(NamedTuple):
    """What of the formulas depends on the state alone."""

    stability: float
    difficulty: float
    increase: float
    lapse: float
    cap: float


class Mind:
    """States of memory, what an answer makes of them, and what asking is worth."""

    def __init__(self, learner: Learner, factor: float, style: Style = "most", *, drilled: bool = False) -> None:
        """`drilled` is whether what fails is drilled until it is right on the same day, or asked on a later one."""
        self._drilled = drilled
        self._drill = learner.speeds.drill if drilled else 0.0
        self._chosen = learner.parameters
        self._factor = factor
        self._speeds = learner.speeds
        self._style = style
        w = self._chosen.numbers
        self._constants = -w[20], self._chosen.factor, w[10], w[14], exp(w[17] * w[18]), -w[19]
        self._sums: list[_Sums] = []
        self._found: dict[tuple[int, int], State] = {}
        self._after: dict[tuple[State, int], tuple[State, State]] = {}
        self._worth: dict[int, tuple[float, float]] = {}
        self._worth_days = -1
        self.firsts = [self._first(rating) for rating in FIRST_RATINGS]
        self.first_costs = [
            self._speeds.new + (self._drill if rating in (AGAIN, HARD) else 0.0) for rating in FIRST_RATINGS
        ]
        self._first_grades = learner.first_grades

    def state(self, memory: Memory) -> State:
        """The state nearest to a memory."""
        return self._nearest(memory.days, memory.difficulty / fsrs.UNIT)

    def recall(self, state: State, days: int) -> float:
        """How likely this learner remembers, so many days after the last answer."""
        chosen = self._chosen
        return math.pow(1 + chosen.factor * days / (self._factor * self._sums[state].stability), -chosen.decay)

    def after(self, state: State, days: int) -> tuple[State, State]:
        """The state after a success, and after a failure (and its drill), so many days after the last answer."""
        key = state, days
        if key not in self._after:
            _, difficulty, _, _, _ = self._sums[state]
            right, wrong = self._stabilities(state, days)
            chosen = self._chosen
            easier = fsrs.next_difficulty(difficulty, GOOD, chosen)
            harder = min(10.0, fsrs.next_difficulty(difficulty, AGAIN, chosen))
            failed = fsrs.next_difficulty(harder, GOOD, chosen) if self._drilled else harder
            self._after[key] = self._nearest(right, easier), self._nearest(wrong, failed)
        return self._after[key]

    def worth(self, state: State, days: int, left: int) -> tuple[float, float]:
        """(what asking now adds to the recall in `left` days for each second, the recall now).

        `days` is how long the last answer is ago.
        """
        if left != self._worth_days:
            self._worth, self._worth_days = {}, left
        key = state * 4096 + days
        found = self._worth.get(key)
        if found is None:
            found = self._worth[key] = self._computed(state, days, left)
        return found

    def _computed(self, state: State, days: int, left: int) -> tuple[float, float]:
        # `_stabilities` and `recall`, written out: a plan spends most of its time here.
        stability, _, increase, lapse, cap = self._sums[state]
        decay, factor, w10, w14, again, w19 = self._constants
        weak = factor / self._factor
        model = (1 + factor * days / stability) ** decay
        now = model if weak == factor else (1 + weak * days / stability) ** decay
        never = (1 + weak * (days + left) / stability) ** decay
        right = stability * (1 + increase * (exp((1 - model) * w10) - 1))
        wrong = lapse * exp((1 - model) * w14)
        if wrong > cap:
            wrong = cap
        if wrong < 0.001:
            wrong = 0.001
        if self._drilled:
            change = again * wrong**w19
            if change > 1:
                wrong *= change
        if_right, if_wrong = (1 + weak * left / right) ** decay, (1 + weak * left / wrong) ** decay
        if self._style == "sure":
            never, if_right, if_wrong = never**_SURE_POWER, if_right**_SURE_POWER, if_wrong**_SURE_POWER
        gain: float = now * if_right + (1 - now) * if_wrong - never
        return gain / self.cost(now), now

    def cost(self, recall: float) -> float:
        """The seconds that an answer is expected to take, with its drill where there is one."""
        speeds = self._speeds
        return recall * speeds.right + (1 - recall) * (speeds.wrong + self._drill)

    @property
    def speed_of_new(self) -> float:
        """The seconds of a usual first answer, without its drill."""
        return self._speeds.new

    @property
    def cost_of_new(self) -> float:
        """The seconds that a new card is expected to take, with its drill where there is one."""
        return sum(chance * cost for chance, cost in zip(self._first_grades, self.first_costs, strict=True))

    def worth_of_new(self, left: int) -> float:
        """What asking a new card adds to the recall in `left` days for each second."""
        gain = cost = 0.0
        for chance, state, seconds in zip(self._first_grades, self.firsts, self.first_costs, strict=True):
            later = self.recall(state, left)
            gain += chance * (later**_SURE_POWER if self._style == "sure" else later)
            cost += chance * seconds
        return gain / cost

    def _stabilities(self, state: State, days: int) -> tuple[float, float]:
        """After a success (Good), and after a failure (drilled until Good where there is a drill)."""
        chosen = self._chosen
        w = chosen.numbers
        stability, _, increase, lapse, cap = self._sums[state]
        forgotten = 1 - math.pow(1 + chosen.factor * days / stability, -chosen.decay)
        right = stability * (1 + increase * (math.exp(forgotten * w[10]) - 1))
        wrong = max(0.001, min(cap, lapse * math.exp(forgotten * w[14])))
        return right, fsrs.again_today(wrong, GOOD, chosen) if self._drilled else wrong

    def _first(self, rating: int) -> State:
        chosen = self._chosen
        memory = fsrs.first((1, 3, 4, 5)[rating - 1], chosen)
        stability, difficulty = memory.days, memory.difficulty / fsrs.UNIT
        if self._drilled and rating in (AGAIN, HARD):
            stability = fsrs.again_today(stability, GOOD, chosen)
            difficulty = fsrs.next_difficulty(difficulty, GOOD, chosen)
        return self._nearest(stability, difficulty)

    def _nearest(self, stability: float, difficulty: float) -> State:
        kept = min(36_500.0, max(0.001, stability))
        key = round(math.log(kept) * _FINE), round(min(10.0, max(1.0, difficulty)) * _COARSE)
        state = self._found.get(key)
        if state is None:
            state = self._found[key] = len(self._sums)
            self._sums.append(self._summed(math.exp(key[0] / _FINE), key[1] / _COARSE))
        return state

    def _summed(self, stability: float, difficulty: float) -> _Sums:
        chosen = self._chosen
        w = chosen.numbers
        return _Sums(
            stability,
            difficulty,
            chosen.growth * (11 - difficulty) * math.pow(stability, -w[9]),
            w[11] * math.pow(difficulty, -w[12]) * (math.pow(stability + 1, w[13]) - 1),
            stability / math.exp(w[17] * w[18]),
        )

"""The 21 numbers that fit a learner's log best, held near the defaults by how far learners lie apart.

Each number counts in units of `_SPREAD`, the first four on the logarithm, with a normal prior of that width around the
default: a number of which a log says nothing stays where it is. The minimum is sought by the method of Broyden,
Fletcher, Goldfarb and Shanno (J. Nocedal and S. Wright, Numerical Optimization, 2006, chapter 6), whose steps halve
until the loss falls. Everything is deterministic: the same log gives the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import BOUNDS, DEFAULTS, Parameters
from flashcards.domain.memory.gradient import Step, loss_and_gradient

MOST_ANSWERS = 30_000
"""Of a longer log every second card is taken, or every third: enough for 21 numbers, and done in seconds."""
ROUNDS = 30
_SPREAD = (
    1.0, 1.0, 1.0, 1.0,
    0.6, 0.3, 0.6, 0.1,
    0.4, 0.15, 0.35,
    0.3, 0.1, 0.15, 0.6,
    0.25, 1.0,
    0.3, 0.3, 0.15,
    0.2,
)  # fmt: skip
_LOGARITHMIC = 4
_SETTLED = 0.05
"""In units of the summed loss: a round that gains less is the last."""
_LONGEST = 1.0
"""No step moves a number further, in units of `_SPREAD`."""

Vector = list[float]


def optimise(cards: Sequence[Sequence[Step]], start: Parameters = DEFAULTS, rounds: int = ROUNDS) -> Parameters:
    """The parameters that fit the cards' answers best; `start` is where to look first."""
    chosen = thinned(cards)
    place = _placed(start)
    loss, slope = _judged(chosen, place)
    curve = [[float(row == column) / 50 for column in range(21)] for row in range(21)]
    for _ in range(rounds):
        step = [-sum(map(_product, row, slope)) for row in curve]
        longest = max(map(abs, step))
        if longest > _LONGEST:
            step = [value * _LONGEST / longest for value in step]
        found = _along(chosen, place, step, loss)
        if found is None:
            break
        there, then, there_slope = found
        _learn(curve, _minus(there, place), _minus(there_slope, slope))
        gained, place, loss, slope = loss - then, there, then, there_slope
        if gained < _SETTLED:
            break
    return fsrs.parameters(_numbers(place))


def thinned(cards: Sequence[Sequence[Step]]) -> Sequence[Sequence[Step]]:
    """Every card, or every second or third ..., so that there are not more than `MOST_ANSWERS` answers."""
    return cards[:: max(1, math.ceil(sum(map(len, cards)) / MOST_ANSWERS))]


def _along(
    cards: Sequence[Sequence[Step]], place: Vector, step: Vector, loss: float
) -> tuple[Vector, float, Vector] | None:
    """The first of ever smaller steps that lowers the loss: (place, loss, slope) there."""
    for _ in range(8):
        there = _within([at + by for at, by in zip(place, step, strict=True)])
        then, slope = _judged(cards, there)
        if then < loss:
            return there, then, slope
        step = [value / 3 for value in step]
    return None


def _judged(cards: Sequence[Sequence[Step]], place: Vector) -> tuple[float, Vector]:
    """The loss with that of the prior, and its derivatives in units of `_SPREAD`."""
    numbers = _numbers(place)
    loss, gradient = loss_and_gradient(cards, numbers)
    loss += sum(map(_product, place, place)) / 2
    slope = []
    for index, value in enumerate(gradient):
        by_place = _SPREAD[index] * (numbers[index] if index < _LOGARITHMIC else 1)
        pull = value * by_place + place[index]
        low, high = BOUNDS[index]
        outward = (numbers[index] <= low and pull > 0) or (numbers[index] >= high and pull < 0)
        slope.append(0.0 if outward else pull)
    return loss, slope


def _learn(curve: list[Vector], moved: Vector, turned: Vector) -> None:
    """Corrects the inverse of the curvature by what a step showed; left alone where it shows none."""
    seen = sum(map(_product, moved, turned))
    if seen <= 1e-12:
        return
    answered = [sum(map(_product, row, turned)) for row in curve]
    scale = (1 + sum(map(_product, turned, answered)) / seen) / seen
    for row, (by, back) in enumerate(zip(moved, answered, strict=True)):
        line = curve[row]
        for column in range(21):
            line[column] += scale * by * moved[column] - (back * moved[column] + by * answered[column]) / seen


def _placed(chosen: Parameters) -> Vector:
    return [
        (math.log(number / usual) if index < _LOGARITHMIC else number - usual) / _SPREAD[index]
        for index, (number, usual) in enumerate(zip(chosen.numbers, DEFAULTS.numbers, strict=True))
    ]


def _numbers(place: Vector) -> Vector:
    numbers = []
    for index, (value, usual) in enumerate(zip(place, DEFAULTS.numbers, strict=True)):
        moved = value * _SPREAD[index]
        low, high = BOUNDS[index]
        number = usual * math.exp(min(20.0, moved)) if index < _LOGARITHMIC else usual + moved
        numbers.append(min(high, max(low, number)))
    return numbers


def _within(place: Vector) -> Vector:
    """The place whose numbers are those that count: within their bounds."""
    return _placed(Parameters(tuple(_numbers(place))))


def _minus(left: Vector, right: Vector) -> Vector:
    return [a - b for a, b in zip(left, right, strict=True)]


def _product(left: float, right: float) -> float:
    return left * right

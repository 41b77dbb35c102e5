"""Two numbers that make the model's predictions a learner's own: an intercept and a slope on the logit.

A prediction r becomes sigma(a + b logit r) (J. Platt, "Probabilistic outputs for support vector machines", 1999).
The fit holds the two numbers near (0, 1) with 50 answers at which the model was exactly right, spread as the
learner's own predictions are: all grades alike, or every card failed, then still give finite numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.chances import logit, sigmoid

PRIOR_ANSWERS = 50
LEAST_SLOPE = 0.2
MOST_SLOPE = 5.0
_DECIMALS = 6
_STEPS = 50
_LONGEST = 2.0
"""No step is longer: where all predictions are near certain the parabola says little of the loss."""
_SETTLED = 1e-9


@dataclass(frozen=True, slots=True)
class Calibration:
    """`intercept` a and `slope` b; the default leaves predictions as they are."""

    intercept: float = 0.0
    slope: float = 1.0

    def __call__(self, recall: float) -> float:
        """The prediction that the model's `recall` stands for."""
        if self == NONE:
            return recall
        return sigmoid(self.intercept + self.slope * logit(recall))

    def asked_for(self, recall: float) -> float:
        """The model's recall that stands for the prediction `recall`: the way back."""
        if self == NONE:
            return recall
        return sigmoid((logit(recall) - self.intercept) / self.slope)

    def retention(self, wished: float) -> float:
        """What to ask the model for, so that the retention `wished` is met: within 0.70 and 0.97."""
        return min(fsrs.MOST_RETENTION, max(fsrs.LEAST_RETENTION, self.asked_for(wished)))


NONE = Calibration()


@dataclass(slots=True)
class Tally:
    """Predictions and what happened, summed by the logit of the prediction: it grows day by day at no cost.

    A bin is a fiftieth wide; within it the mean logit stands for all.
    """

    bins: dict[int, list[float]] = field(default_factory=dict)
    answers: int = 0

    def add(self, recall: float, right: bool) -> None:
        """Counts an answer of which the model had predicted `recall`."""
        value = logit(recall)
        row = self.bins.setdefault(round(value * 50), [0.0, 0.0, 0.0])
        row[0] += value
        row[1] += 1
        row[2] += right
        self.answers += 1

    def copy(self) -> Tally:
        """The same counts, to go on with."""
        return Tally({key: list(row) for key, row in self.bins.items()}, self.answers)


def tally(pairs: Iterable[tuple[float, bool]]) -> Tally:
    """The tally of (the model's recall, remembered)."""
    found = Tally()
    for recall, right in pairs:
        found.add(recall, right)
    return found


def calibrate(counted: Tally) -> Calibration:
    """The two numbers that fit best, in six decimals, the slope within 0.2 and 5.

    By Newton's method on a convex loss, each step halved until it helps: a few rounds, always the same.
    """
    if not counted.answers:
        return NONE
    share = PRIOR_ANSWERS / counted.answers
    rows = [
        (total / count, count * (1 + share), right + count * share * sigmoid(total / count))
        for total, count, right in (counted.bins[key] for key in sorted(counted.bins))
    ]
    a, b = 0.0, 1.0
    best = _loss(rows, a, b)
    for _ in range(_STEPS):
        step_a, step_b = (min(_LONGEST, max(-_LONGEST, step)) for step in _newton(rows, a, b))
        while abs(step_a) + abs(step_b) > _SETTLED:
            tried_a, tried_b = a + step_a, min(MOST_SLOPE, max(LEAST_SLOPE, b + step_b))
            loss = _loss(rows, tried_a, tried_b)
            if loss < best:
                a, b, best = tried_a, tried_b, loss
                break
            step_a, step_b = step_a / 2, step_b / 2
        else:
            break
    return Calibration(round(a, _DECIMALS), round(b, _DECIMALS))


Rows = list[tuple[float, float, float]]
"""(logit, weight, weight of those remembered) of each bin."""


def _loss(rows: Rows, a: float, b: float) -> float:
    return sum(weight * _softplus(a + b * x) - right * (a + b * x) for x, weight, right in rows)


def _softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _newton(rows: Rows, a: float, b: float) -> tuple[float, float]:
    """The step to the minimum of the parabola through here; a slope at its bound stays there if it must."""
    ga = gb = haa = hab = hbb = 0.0
    for x, weight, right in rows:
        p = sigmoid(a + b * x)
        off, curve = weight * p - right, weight * p * (1 - p)
        ga, gb = ga + off, gb + off * x
        haa, hab, hbb = haa + curve, hab + curve * x, hbb + curve * x * x
    stuck = (b <= LEAST_SLOPE and gb > 0) or (b >= MOST_SLOPE and gb < 0)
    determinant = haa * hbb - hab * hab
    if stuck or determinant <= 1e-12 * haa * hbb:
        return (-ga / haa if haa > 0 else 0.0), 0.0
    return (hab * gb - hbb * ga) / determinant, (hab * ga - haa * gb) / determinant

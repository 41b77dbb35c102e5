"""How strong a learner's memory is beside the model's: one factor on every stability.

Before anything is known it is log-normal around 1, with a standard deviation of 0.5 on the logarithm; each answer
that was predicted narrows it. The fit is the mode of the posterior, by Newton's method on sums over bins; the width is
that of the parabola there (Laplace's approximation).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flashcards.domain.memory.fsrs import DEFAULTS, Parameters
from flashcards.domain.memory.walk import Logged, walk

PRIOR_SD = 0.625
"""How far strengths lie apart before any answer, on the logarithm: a quarter wider than the 0.5 that is meant, as the
model's curve is not anybody's own (docs/decisions/0040)."""
LEAST_SD = 0.06
"""A memory changes from week to week: no log makes it surer than this."""
_BINS = 20
_ROUNDS = 40
_MOST = 3.0
_CERTAIN = 1e-6


@dataclass(frozen=True, slots=True)
class Strength:
    """`log_mean` is the logarithm of the factor, `log_sd` how sure it is."""

    log_mean: float = 0.0
    log_sd: float = PRIOR_SD

    @property
    def factor(self) -> float:
        """What the model's stabilities are multiplied with."""
        return math.exp(self.log_mean)

    def at(self, deviations: float) -> float:
        """The factor so many standard deviations off."""
        return math.exp(self.log_mean + deviations * self.log_sd)


UNKNOWN = Strength()


def strength_of(log: Sequence[Logged], chosen: Parameters = DEFAULTS) -> Strength:
    """The strength that a log in its order shows: predicted against happened, first answers of later days."""
    ratios = ((_ratio(it.recall, chosen), it.right) for it in walk(log, chosen))
    return fit_strength(ratios, chosen)


def _ratio(recall: float, chosen: Parameters) -> float:
    """Days by stability, from the recall that they gave."""
    return (math.pow(max(_CERTAIN, recall), -1 / chosen.decay) - 1) / chosen.factor


def fit_strength(answers: Iterable[tuple[float, bool]], chosen: Parameters = DEFAULTS) -> Strength:
    """The strength that answers show, given as (days since the last answer by stability in days, remembered)."""
    bins: dict[int, list[float]] = {}
    for ratio, right in answers:
        if ratio <= 0:
            continue
        place = math.log(ratio)
        row = bins.setdefault(round(place * _BINS), [0.0, 0.0, 0.0])
        row[0] += place
        row[1] += 1
        row[2] += right
    rows = [(total / count, count, right) for total, count, right in (bins[key] for key in sorted(bins))]
    place = 0.0
    for _ in range(_ROUNDS):
        slope, curve = _slope(rows, place, chosen)
        step = max(-0.5, min(0.5, slope / curve))
        place = max(-_MOST, min(_MOST, place + step))
        if abs(step) < _CERTAIN:
            break
    _, curve = _slope(rows, place, chosen)
    return Strength(place, max(LEAST_SD, 1 / math.sqrt(curve)))


def _slope(rows: Sequence[tuple[float, float, float]], place: float, chosen: Parameters) -> tuple[float, float]:
    """The slope of the log posterior at the log factor `place`, and its expected curvature (Fisher's)."""
    slope, curve = -place / PRIOR_SD**2, 1 / PRIOR_SD**2
    for log_ratio, count, right in rows:
        grown = chosen.factor * math.exp(log_ratio - place)
        recall = min(1 - _CERTAIN, math.pow(1 + grown, -chosen.decay))
        by_place = recall * chosen.decay * grown / (1 + grown)
        spread = recall * (1 - recall)
        slope += (right - count * recall) * by_place / spread
        curve += count * by_place * by_place / spread
    return slope, curve

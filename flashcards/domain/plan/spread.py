"""How far what is known on the day may lie from what was reckoned, as shares of it.

Two kinds of chance: what is uncertain of the learner, which is about normal on the logarithm, with a deviation of its
own to each side; and how many of the days left will be missed, which is a whole number, often none. Both together are a
mixture: for each number of missed days its chance, its cost, and the normal around it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

_HALVINGS = 40
_NORMAL = NormalDist()


class Deviations(NamedTuple):
    """Standard deviations on the logarithm, to below and to above."""

    below: float
    above: float


def together(parts: Sequence[Deviations]) -> Deviations:
    """What independent parts make together."""
    return Deviations(math.hypot(*(it.below for it in parts)), math.hypot(*(it.above for it in parts)))


def missed_days(days: int, kept: float, known_from: float) -> list[float]:
    """The chance of each number of missed days, from 0 to `days`.

    `kept` is the share of days that are kept, as far as it is known from so many days: the beta-binomial distribution.
    """
    good, bad = kept * known_from, (1 - kept) * known_from
    chances = [math.prod((good + it) / (good + bad + it) for it in range(days))]
    for missed in range(days):
        odds = (days - missed) * (bad + missed) / ((missed + 1) * max(1e-9, good + days - missed - 1))
        chances.append(chances[-1] * odds)
    return chances


def quantile(share: float, outcomes: Sequence[tuple[float, float]], around: Deviations) -> float:
    """What a share of all cases lies below, on the logarithm.

    `outcomes` are (chance, place), each with the deviations `around` it.
    """
    low = min(place for _, place in outcomes) - 8 * around.below
    high = max(place for _, place in outcomes) + 8 * around.above
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if sum(chance * _below(middle - place, around) for chance, place in outcomes) < share:
            low = middle
        else:
            high = middle
    return high


def _below(off: float, around: Deviations) -> float:
    deviation = around.below if off < 0 else around.above
    if deviation <= 0:
        return float(off >= 0)
    return _NORMAL.cdf(off / deviation)

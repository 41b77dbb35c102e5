"""Arithmetic with chances."""

from __future__ import annotations

import math
from collections.abc import Iterable

LEAST = 0.001
"""No prediction is surer than this when it is judged: one answer against certainty would count without end."""


def clipped(chance: float) -> float:
    """The chance within 0.001 and 0.999."""
    return min(1 - LEAST, max(LEAST, chance))


def logit(chance: float) -> float:
    """The logarithm of the odds of a chance, which is first brought within 1e-9 of 0 and 1."""
    kept = min(1 - 1e-9, max(1e-9, chance))
    return math.log(kept / (1 - kept))


def sigmoid(value: float) -> float:
    """The chance of which `value` is the logit."""
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    odds = math.exp(value)
    return odds / (1 + odds)


def log_loss(pairs: Iterable[tuple[float, bool]]) -> float | None:
    """The mean logarithmic loss of (prediction, remembered), clipped; None without any."""
    total, count = 0.0, 0
    for predicted, right in pairs:
        kept = clipped(predicted)
        total -= math.log(kept if right else 1 - kept)
        count += 1
    return total / count if count else None

"""How long the rest of a day will take, from a learner's own answers: pure arithmetic.

A card that is due, new or drilled takes its own time. One answered below 4 is drilled until it is known, so each card
brings drills with it: with a share p of right answers in the drill, 1 / p of them on the average.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Asked = Literal["due", "new", "drill"]

LONGEST_MS = 600_000
"""An answer counts at most this long: a spoken one takes minutes, a card left open for an hour is no hour of study."""

_USUAL_MS: dict[Asked, int] = {"due": 12_000, "new": 20_000, "drill": 8_000}
_USUAL_KNOWN: dict[Asked, float] = {"due": 0.8, "new": 0.6, "drill": 0.8}
_WEIGHT = 10
"""As many answers as these usual figures count for."""
_LEAST_KNOWN = 0.1
"""Nobody drills a card more than ten times on the average, whatever a few answers say."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Answers of one kind: how many, how many of them were 4 or better, how many were timed, and their time in ms."""

    answers: int = 0
    known: int = 0
    timed: int = 0
    ms: int = 0


def seconds_left(left: Mapping[Asked, int], samples: Mapping[Asked, Sample], *, drill: bool) -> int:
    """How long the cards that are `left` will take, in seconds; `drill` is the learner's setting."""
    drills = 0.0
    if drill:
        waiting = left.get("drill", 0) + sum(left.get(kind, 0) * (1 - _known(kind, samples)) for kind in _MOVING)
        drills = waiting / max(_LEAST_KNOWN, _known("drill", samples))
    asked = sum(left.get(kind, 0) * _ms(kind, samples) for kind in _MOVING)
    return round((asked + drills * _ms("drill", samples)) / 1000)


_MOVING: tuple[Asked, ...] = ("due", "new")


def _ms(kind: Asked, samples: Mapping[Asked, Sample]) -> float:
    mine = samples.get(kind, Sample())
    return (mine.ms + _WEIGHT * _prior_ms(kind, samples)) / (mine.timed + _WEIGHT)


def _prior_ms(kind: Asked, samples: Mapping[Asked, Sample]) -> float:
    """What is usual, in the learner's own pace as far as their other answers tell it."""
    others = [(other, it) for other, it in samples.items() if other != kind]
    spent = sum(it.ms for _, it in others) + _WEIGHT * _USUAL_MS[kind]
    usual = sum(it.timed * _USUAL_MS[other] for other, it in others) + _WEIGHT * _USUAL_MS[kind]
    return _USUAL_MS[kind] * spent / usual


def _known(kind: Asked, samples: Mapping[Asked, Sample]) -> float:
    mine = samples.get(kind, Sample())
    return (mine.known + _WEIGHT * _USUAL_KNOWN[kind]) / (mine.answers + _WEIGHT)

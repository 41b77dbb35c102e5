"""FSRS-6: a card's stability and difficulty, and how likely it is remembered on a day.

Source: J. Ye and others, "The Algorithm", FSRS-6 (Open Spaced Repetition, 2025), with the default parameters of
that page. Stability is the number of days after which the recall is 0.9; difficulty runs from 1 to 10. Recall
after t days is (1 + F t / S) ** -w20, with F = 0.9 ** (-1 / w20) - 1.

Stability and difficulty are kept as whole millionths, and each step starts from the whole numbers: a replay gives
the same bits as the answers did when they came. Days are whole study days; a further answer on the same day
follows the model's rule for short terms. There is no fuzz.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from flashcards.domain import sm2

SCHEDULER = "fsrs-6"
"""The name that the log keeps with each answer, and the first part of the name of a set of parameters."""

UNIT = 1_000_000
"""Stability and difficulty are counted in parts of this size: of a day, and of one."""
MINIMUM_STABILITY = UNIT // 1000
MAXIMUM_STABILITY = sm2.MAXIMUM_INTERVAL * UNIT
EASIEST = 1 * UNIT
HARDEST = 10 * UNIT

LEAST_RETENTION = 0.70
MOST_RETENTION = 0.97
DEFAULT_RETENTION = 0.90

AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4
_RATINGS = (AGAIN, AGAIN, AGAIN, HARD, GOOD, EASY)

BOUNDS = (
    *((0.001, 100.0),) * 4,
    (1.0, 10.0), (0.001, 4.0), (0.001, 4.0), (0.001, 0.75),
    (0.0, 4.5), (0.0, 0.8), (0.001, 3.5),
    (0.001, 5.0), (0.001, 0.25), (0.001, 0.9), (0.0, 4.0),
    (0.0, 1.0), (1.0, 6.0),
    (0.0, 2.0), (0.0, 2.0), (0.01, 0.8),
    (0.1, 0.8),
)  # fmt: skip
"""The least and the greatest value of each parameter, which both peers (the package fsrs, and Anki) accept."""

_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Parameters:
    """The 21 numbers of the model. Make them with `parameters`, which checks them.

    `decay` and `factor` belong to the curve of forgetting (see the module); the others save time in each step.
    """

    numbers: tuple[float, ...]
    decay: float = field(init=False, repr=False, compare=False)
    factor: float = field(init=False, repr=False, compare=False)
    growth: float = field(init=False, repr=False, compare=False)
    easy_difficulty: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        w = self.numbers
        for name, value in (
            ("decay", w[20]),
            ("factor", 0.9 ** (-1 / w[20]) - 1),
            ("growth", math.exp(w[8])),
            ("easy_difficulty", _first_difficulty(w, EASY)),
        ):
            object.__setattr__(self, name, value)

    @property
    def canonical(self) -> str:
        """The numbers as JSON, always in the same form."""
        return json.dumps(list(self.numbers), separators=(",", ":"))

    @property
    def name(self) -> str:
        """The set's name, made of its content: the same numbers have the same name everywhere."""
        return f"{SCHEDULER}/{hashlib.sha256(self.canonical.encode('ascii')).hexdigest()[:12]}"


def parameters(numbers: Iterable[float]) -> Parameters:
    """A set of parameters: each number rounded to six decimals and brought within its `BOUNDS`.

    Raises ValueError where there are not 21 of them, or one is not finite.
    """
    given = [float(number) for number in numbers]
    if len(given) != len(BOUNDS):
        raise ValueError(f"{len(given)} numbers are given: FSRS-6 has {len(BOUNDS)}")
    for place, number in enumerate(given):
        if not math.isfinite(number):
            raise ValueError(f"number {place + 1} is {number}: give a finite one")
    kept = (min(high, max(low, number)) for number, (low, high) in zip(given, BOUNDS, strict=True))
    return Parameters(tuple(round(number, _DECIMALS) for number in kept))


def _first_difficulty(w: tuple[float, ...], rating: int) -> float:
    return w[4] - math.exp(w[5] * (rating - 1)) + 1


DEFAULTS = parameters(
    (
        0.212, 1.2931, 2.3065, 8.2956,
        6.4133, 0.8334, 3.0194, 0.001,
        1.8722, 0.1666, 0.796,
        1.4835, 0.0614, 0.2629, 1.6483,
        0.6014, 1.8729,
        0.5425, 0.0912, 0.0658,
        0.1542,
    )
)  # fmt: skip


class Memory(NamedTuple):
    """How well a card is remembered: `stability` in millionths of a day, `difficulty` in millionths.

    A named tuple, since a replay makes one for each answer of a log.
    """

    stability: int
    difficulty: int

    @property
    def days(self) -> float:
        """The stability in days."""
        return self.stability / UNIT


def rating_of(quality: int) -> int:
    """The model's rating of a grade: 0 to 2 are Again (1), 3 is Hard, 4 Good, 5 Easy (4).

    Raises ValueError for any other quality.
    """
    if isinstance(quality, bool) or not isinstance(quality, int) or quality not in sm2.QUALITIES:
        raise ValueError(f"quality is {quality!r}: give a whole number from 0 to 5")
    return _RATINGS[quality]


def first(quality: int, chosen: Parameters = DEFAULTS) -> Memory:
    """The memory after a card's very first answer."""
    rating = rating_of(quality)
    return kept(chosen.numbers[rating - 1], _first_difficulty(chosen.numbers, rating))


def review(memory: Memory | None, quality: int, days: int, chosen: Parameters = DEFAULTS) -> Memory:
    """The memory after an answer of `quality`, `days` study days after the last one.

    None is a card that was never answered; `days` says nothing then. 0 is a further answer on the same day.
    Raises ValueError for another quality than 0 to 5 and for negative `days`.
    """
    if memory is None:
        return first(quality, chosen)
    if days < 0:
        raise ValueError(f"the answer is {-days} days before the last one: give them in their order")
    rating = rating_of(quality)
    stability, difficulty = memory.stability / UNIT, memory.difficulty / UNIT
    if days == 0:
        then = again_today(stability, rating, chosen)
    else:
        left = math.pow(1 + chosen.factor * days / stability, -chosen.decay)
        if rating == AGAIN:
            then = forgotten(stability, difficulty, left, chosen)
        else:
            then = remembered(stability, difficulty, left, rating, chosen)
    return kept(then, next_difficulty(difficulty, rating, chosen))


def kept(stability: float, difficulty: float) -> Memory:
    """The memory of these values, within the bounds of the model, in whole millionths."""
    whole, hard = round(stability * UNIT), round(difficulty * UNIT)
    if not MINIMUM_STABILITY <= whole <= MAXIMUM_STABILITY:
        whole = min(MAXIMUM_STABILITY, max(MINIMUM_STABILITY, whole))
    if not EASIEST <= hard <= HARDEST:
        hard = min(HARDEST, max(EASIEST, hard))
    return Memory(whole, hard)


def remembered(stability: float, difficulty: float, left: float, rating: int, chosen: Parameters) -> float:
    """The stability in days after a success at the recall `left`."""
    w = chosen.numbers
    increase = chosen.growth * (11 - difficulty) * math.pow(stability, -w[9]) * (math.exp((1 - left) * w[10]) - 1)
    if rating == HARD:
        increase *= w[15]
    elif rating == EASY:
        increase *= w[16]
    return stability * (1 + increase)


def forgotten(stability: float, difficulty: float, left: float, chosen: Parameters) -> float:
    """The stability in days after a failure at the recall `left`: never more than before."""
    w = chosen.numbers
    lapse = w[11] * math.pow(difficulty, -w[12]) * (math.pow(stability + 1, w[13]) - 1) * math.exp((1 - left) * w[14])
    return min(lapse, stability / math.exp(w[17] * w[18]))


def again_today(stability: float, rating: int, chosen: Parameters) -> float:
    """The stability in days after a further answer on the same day."""
    w = chosen.numbers
    change = math.exp(w[17] * (rating - 3 + w[18])) * math.pow(stability, -w[19])
    return stability * (change if rating == AGAIN else max(1.0, change))


def next_difficulty(difficulty: float, rating: int, chosen: Parameters) -> float:
    """The difficulty after any answer but the first; not yet within its bounds."""
    w = chosen.numbers
    damped = difficulty + (10 - difficulty) * -w[6] * (rating - 3) / 9
    return w[7] * chosen.easy_difficulty + (1 - w[7]) * damped


def recall(memory: Memory, days: int, chosen: Parameters = DEFAULTS) -> float:
    """How likely the card is remembered `days` study days after its last answer: above 0, at most 1."""
    return math.pow(1 + chosen.factor * max(0, days) * UNIT / memory.stability, -chosen.decay)


def interval(memory: Memory, retention: float = DEFAULT_RETENTION, chosen: Parameters = DEFAULTS) -> int:
    """The days, 1 to 36,500, after which the recall has fallen to `retention` (between 0 and 1)."""
    days = memory.stability / UNIT * days_per_stability(retention, chosen)
    return max(1, min(sm2.MAXIMUM_INTERVAL, round(days)))


def days_per_stability(left: float, chosen: Parameters = DEFAULTS) -> float:
    """The k with which (today - last day) * 1,000,000 > stability * k means that the recall is below `left`.

    The time after which the recall is `left`, as a multiple of the stability. It lets a database compare without
    powers. Raises ValueError unless `left` is above 0 and at most 1.
    """
    if not 0 < left <= 1:
        raise ValueError(f"the recall is {left}: give a number above 0, at most 1")
    try:
        return (math.pow(left, -1 / chosen.decay) - 1) / chosen.factor
    except OverflowError:
        return math.inf

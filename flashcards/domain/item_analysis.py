"""How a card does with everybody who learns it: what tells an author which cards to mend.

An answer is one integer here (`pack`), for a server may hold a million of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from flashcards.domain.ids import LearnerId

LEAST_LEARNERS = 3
"""A card that fewer have answered is not analysed: with two, each could tell what the other did."""

LEARNER_SHIFT, MS_SHIFT, ASKED, WRONG = 18, 2, 2, 1
LONGEST_MS = 0xFFFF
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Figures:
    """A card over all of its learners.

    `asked` are the scheduled answers to it when it was not new, `lapses` those of them that were wrong.
    `first_wrong` are the learners whose very first answer was wrong. `median_ms` is None without any time.
    """

    learners: int
    answers: int
    asked: int
    lapses: int
    first_wrong: int
    median_ms: int | None

    @property
    def lapse_rate(self) -> float | None:
        """From 0 to 1; None for a card that was never asked again."""
        return self.lapses / self.asked if self.asked else None

    @property
    def first_wrong_rate(self) -> float:
        """From 0 to 1."""
        return self.first_wrong / self.learners


def pack(learner: LearnerId, *, wrong: bool, asked: bool, ms: int) -> int:
    """An answer of `learner`; `ms` is what it took, 0 where that is not known."""
    return (
        learner << LEARNER_SHIFT | min(ms, LONGEST_MS) << MS_SHIFT | (ASKED if asked else 0) | (WRONG if wrong else 0)
    )


def figures(answers: Sequence[int]) -> Figures | None:
    """What the packed answers to one card, in the order of the log, say together.

    None where fewer than `LEAST_LEARNERS` have answered.
    """
    first = {answer >> LEARNER_SHIFT: answer for answer in reversed(answers)}
    if len(first) < LEAST_LEARNERS:
        return None
    kinds = [answer & (ASKED | WRONG) for answer in answers]
    lapses = kinds.count(ASKED | WRONG)
    return Figures(
        learners=len(first),
        answers=len(answers),
        asked=kinds.count(ASKED) + lapses,
        lapses=lapses,
        first_wrong=sum(answer & WRONG for answer in first.values()),
        median_ms=_median([ms for answer in answers if (ms := answer >> MS_SHIFT & LONGEST_MS)]),
    )


def at_least(count: int, of: int) -> float:
    """The share that `count` in `of` prove with 95 % confidence: 1 of 1 proves less than 30 of 60.

    The lower end of the score interval of E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if not of or not count:
        return 0.0
    share, square = count / of, _Z * _Z
    middle = share + square / (2 * of)
    spread = _Z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (middle - spread) / (1 + square / of)


def _median(values: list[int]) -> int | None:
    if not values:
        return None
    values.sort()
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) // 2

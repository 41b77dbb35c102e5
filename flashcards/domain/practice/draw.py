"""Which questions a round asks: drawn by lot, so that what matters, is weak and was not asked lately comes more often.

The lot is seeded: the same seed over the same questions gives the same round, on any machine. Sampling by weight
without putting back is that of Efraimidis and Spirakis (*Weighted random sampling with a reservoir*, 2006): each
question gets the key u^(1/w), u uniform, and those with the largest keys are taken.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flashcards.domain.ids import CardId, DeckId
from flashcards.domain.practice.kinds import Part, QuestionKind
from flashcards.domain.study_day import Day

LATELY = 14
"""Days after which a question counts as not asked lately."""
NEVER = 3 * LATELY
"""As many days ago counts a question that was never asked."""
LEAST_FACTOR = 0.05


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may be asked; one without a `kind` only where it is named, never in a round of some kind.

    `weight` is how much the learner's plan gives its deck (1 where there is none), `weakness` from 0 (known for sure)
    to 1, `missed` the share of its points missed when it was last asked, `asked_on` the day of that.
    """

    card: CardId
    kind: QuestionKind | None
    deck: DeckId
    weight: float = 1.0
    weakness: float = 0.5
    missed: float = 0.0
    asked_on: Day | None = None


def chance(candidate: Candidate, today: Day) -> float:
    """How heavy a question's lot is: its weight, times weakness, times how long ago it was asked."""
    weak = 0.1 + min(1.0, candidate.weakness) + min(1.0, candidate.missed)
    days = NEVER if candidate.asked_on is None else max(0, today - candidate.asked_on)
    return max(0.0, candidate.weight) * weak * max(LEAST_FACTOR, days / (days + LATELY / 2))


def draw(candidates: Iterable[Candidate], wanted: Sequence[Part], seed: int, today: Day) -> tuple[CardId, ...]:
    """The cards of a round, part by part; fewer than wanted where there are no more.

    No deck gives a second question to a part while others have not given their first.
    """
    left = sorted(candidates, key=lambda one: (-_lot(one, seed, today), one.card))
    drawn: list[CardId] = []
    for part in wanted:
        fitting = [one for one in left if (part.kind is None or one.kind == part.kind) and one.card not in drawn]
        drawn += [one.card for one in _spread(fitting)[: part.count]]
    return tuple(drawn)


def _spread(candidates: list[Candidate]) -> list[Candidate]:
    """The first of each deck, then the second of each, and so on; in order within each turn."""
    turns: dict[int, int] = {}
    ranked = []
    for one in candidates:
        turns[one.deck] = turns.get(one.deck, 0) + 1
        ranked.append((turns[one.deck], one))
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def _lot(candidate: Candidate, seed: int, today: Day) -> float:
    """The logarithm of the key u^(1/w): larger comes first."""
    heavy = chance(candidate, today)
    if heavy <= 0:
        return -math.inf
    digest = hashlib.sha256(f"{seed}/{candidate.card}".encode()).digest()
    uniform = (int.from_bytes(digest[:8], "big") + 1) / (2**64 + 1)
    return math.log(uniform) / heavy

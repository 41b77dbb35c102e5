"""A learner's whole log walked through once: what the model predicted of each answer before it came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flashcards.domain import sm2
from flashcards.domain.ids import CardId
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import Memory, Parameters
from flashcards.domain.memory.gradient import Step
from flashcards.domain.study_day import Day

_SM2_RETENTION = 0.9


class Logged(NamedTuple):
    """An answer that is evidence (see `evidence`). Sorting puts a log in its order.

    `card` is any number of the card, `interval` that of SM-2 before the answer, in days, 0 for none.
    """

    day: Day
    at: int
    seq: int
    card: CardId
    quality: int
    interval: int = 0


class Predicted(NamedTuple):
    """The first answer of a day to a card that had answers before: what the model and SM-2 said, and what came."""

    day: Day
    recall: float
    sm2: float
    right: bool


def walk(log: Sequence[Logged], chosen: Parameters) -> list[Predicted]:
    """The predictions of a log in its order. SM-2's is 0.9 ** (days / interval), an interval being at least 1."""
    found: list[Predicted] = []
    memories: dict[int, tuple[Memory, Day]] = {}
    review, recall = fsrs.review, fsrs.recall
    for day, _, _, card, quality, interval in log:
        before = memories.get(card)
        if before is None:
            memories[card] = fsrs.first(quality, chosen), day
            continue
        memory, last = before
        days = day - last
        if days:
            sm2_said = _SM2_RETENTION ** (days / (interval or 1))
            found.append(Predicted(day, recall(memory, days, chosen), sm2_said, quality >= sm2.REMEMBERED))
        memories[card] = review(memory, quality, days, chosen), day
    return found


def steps(log: Iterable[Logged]) -> list[list[Step]]:
    """The answers of each card, as the optimiser wants them; the cards in the order of their first answers."""
    cards: dict[CardId, list[Step]] = {}
    last: dict[int, Day] = {}
    for row in log:
        cards.setdefault(row.card, []).append((row.day - last.get(row.card, row.day), fsrs.rating_of(row.quality)))
        last[row.card] = row.day
    return list(cards.values())


def middle_day(log: Sequence[Logged]) -> Day | None:
    """The study day of the answer in the middle of a log; None of an empty one."""
    return log[len(log) // 2].day if log else None


def since(log: Sequence[Logged] | Sequence[Predicted], day: Day) -> int:
    """The place of the first entry of `day` or later in a log in its order."""
    low, high = 0, len(log)
    while low < high:
        middle = (low + high) // 2
        if log[middle][0] < day:
            low = middle + 1
        else:
            high = middle
    return low

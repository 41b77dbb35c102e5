"""Confusable cards, whose fronts are nearly the same (`domain/fronts.py`): they are not asked one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from flashcards.domain.ids import CardId
from flashcards.domain.queue import Asked


def apart(cards: Sequence[Asked], marks: Mapping[CardId, int], before: int | None = None) -> list[Asked]:
    """The same cards, no two with the same mark next to each other as far as that can be; else in their order.

    `marks` are those of confusable cards by card, `before` is the mark of the card that was asked last. A card
    waits until another stands between, and comes earlier only where too few others would be left to put between
    those of its mark. The review page's script does the same with the cards that it holds.
    """
    if not touching(cards, marks, before):
        return list(cards)
    waiting, arranged, last = list(cards), [], before
    counts = Counter(marks[card.card] for card in cards if card.card in marks)
    while waiting:
        card = waiting.pop(_next_place([marks.get(card.card) for card in waiting], counts, last))
        last = marks.get(card.card)
        if last is not None:
            counts[last] -= 1
        arranged.append(card)
    return arranged


def _next_place(waiting: Sequence[int | None], counts: Mapping[int, int], last: int | None) -> int:
    """Which of the `waiting` marks comes after `last`; `counts` says how many there are of each."""
    crowd = next((mark for mark, count in counts.items() if count > len(waiting) // 2), last)
    if crowd != last:  # of more than half of the cards: put off, some would have to touch
        return waiting.index(crowd)
    return next((place for place, mark in enumerate(waiting) if mark is None or mark != last), 0)


def touching(cards: Sequence[Asked], marks: Mapping[CardId, int], before: int | None = None) -> bool:
    """Whether two cards with the same mark stand next to each other, or the first has the mark `before`."""
    row = [before, *(marks.get(card.card) for card in cards)]
    return any(left is not None and left == right for left, right in pairwise(row))

"""The order in which new cards come, where a learner chose another than that of the decks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flashcards.domain.by_chance import mixed
from flashcards.domain.ids import LearnerId
from flashcards.domain.queue import NewCard
from flashcards.domain.study_day import Day


def in_turn(parts: Sequence[Iterator[NewCard]]) -> Iterator[NewCard]:
    """One card of each part after the other, until all are empty."""
    waiting = list(parts)
    while waiting:
        for part in list(waiting):
            card = next(part, None)
            if card is None:
                waiting.remove(part)
            else:
                yield card


def shuffled(cards: Sequence[NewCard], learner: LearnerId, today: Day) -> list[NewCard]:
    """The cards in an order by chance, which is the same all day and on every device; siblings stay in theirs."""
    seed = mixed(learner * 0x1_0000_0001 + today)
    return sorted(cards, key=lambda it: (mixed(it.note ^ seed), it.ordinal))

"""What is known today: the one count of it that every page and the API give.

A card counts by how likely its learner remembers it today, from 0 (never answered) to 1. Every answer is evidence: in
reviews, sets and practice. A plan reckons days to come in a way of its own (docs/plan.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flashcards.domain.ids import DeckId
from flashcards.domain.study_day import Day
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.state import MemoryState
from flashcards.storage.database import Database
from flashcards.storage.memory import MemoryRows


@dataclass(frozen=True, slots=True)
class Known:
    """The cards of a deck or of a folder: how many, how many of them were ever answered, and how many are remembered
    today, as expected.
    """

    cards: int = 0
    seen: int = 0
    recalled: float = 0.0

    def __add__(self, other: Known) -> Known:
        """Both together."""
        return Known(self.cards + other.cards, self.seen + other.seen, self.recalled + other.recalled)

    @property
    def share(self) -> float | None:
        """Of those that were answered, how many are remembered; None without any."""
        return self.recalled / self.seen if self.seen else None


def known_by_deck(database: Database, learner: Learner, today: Day) -> dict[DeckId, Known]:
    """What is known of each deck that the learner has not switched off, in study order. Within a transaction."""
    remembered = MemoryState(database)
    predictor = remembered.predictor(learner.id)
    cards = MemoryRows(database).cards_of_active_decks(learner.id)
    states = remembered.states_of_decks(learner.id, cards)
    return {
        deck: Known(count, len(found), sum(predictor.recall(it, today) for it in found))
        for deck, count in cards.items()
        for found in [states.get(deck, [])]
    }


def together(parts: Iterable[Known]) -> Known:
    """What is known of all of these."""
    return sum(parts, Known())

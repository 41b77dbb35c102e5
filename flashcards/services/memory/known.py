"""What is known today: the one count of it that every page and the API give.

A card counts by how likely its learner remembers it today, from 0 (never answered) to 1. Every answer is evidence: in
reviews, sets and practice. A card whose last answer today was wrong is not known until it was right. A plan reckons
days to come in a way of its own (docs/plan.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flashcards.domain.ids import DeckId
from flashcards.domain.study_day import Day
from flashcards.services.accounts.people import Learner
from flashcards.services.kept import Kept
from flashcards.services.memory.state import MemoryState
from flashcards.storage.counters import mark_of
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


class KnownCards:
    """Counts what is known, once for as long as neither the log, the day nor the decks change.

    Of many thousand cards it takes a quarter of a second.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._kept = Kept[dict[DeckId, Known]]()

    def by_deck(self, learner: Learner, today: Day) -> dict[DeckId, Known]:
        """What is known of each deck that the learner has not switched off, in study order. Within a transaction."""
        key = (learner.id, learner.created_at, today, mark_of(self._db, learner.id))
        return self._kept.get(key, lambda: self._count(learner, today))

    def _count(self, learner: Learner, today: Day) -> dict[DeckId, Known]:
        remembered, rows = MemoryState(self._db), MemoryRows(self._db)
        predictor, cards = remembered.predictor(learner.id), rows.cards_of_active_decks(learner.id)
        states, forgotten = remembered.states_of_decks(learner.id, cards), rows.forgotten_on(learner.id, today)
        return {
            deck: Known(count, len(found), sum(predictor.recall(it, today) for it in found if it.card not in forgotten))
            for deck, count in cards.items()
            for found in [states.get(deck, [])]
        }


def together(parts: Iterable[Known]) -> Known:
    """What is known of all of these."""
    return sum(parts, Known())

"""Every learner's answers, by card: one pass over the whole log, whatever it holds."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from peewee import Case, fn

from flashcards.domain.ids import CardId, DeckId
from flashcards.domain.item_analysis import ASKED, LEARNER_SHIFT, LONGEST_MS, MS_SHIFT, WRONG
from flashcards.domain.sm2 import REMEMBERED
from flashcards.storage.database import Database
from flashcards.storage.models import Card, Deck, Note, Review
from flashcards.storage.prepared import Among, AtMost, Indexed, Number, Query, Shifted, prepared

# Each learner's in the order of their log, which is that of the table: no index, no sorting.
_log = Indexed(Review, None)


@prepared
def _answers(decks: Collection[int] | None = None) -> Query:
    ms = Shifted(fn.coalesce(AtMost(_log.took_ms, LONGEST_MS), 0), MS_SHIFT)
    asked = Number(_log.before_due_on.is_null(False)) * ASKED
    of_kind = Case(_log.kind, (("scheduled", ms + asked), ("drill", ms), ("extra", ms)), 0)
    # No bit is in two of them, so to add them is to join them.
    answer = Shifted(_log.learner, LEARNER_SHIFT) + Number(_log.quality < REMEMBERED) * WRONG + of_kind
    query = _log.select(_log.card, answer).where(_log.quality.is_null(False), _log.undone == 0)
    if decks is not None:
        query = query.where(_log.card.in_(Card.select(Card.id).join(Note).where(Among(Note.deck, decks))))
    return query.order_by(_log.learner, _log.seq)


@prepared
def _places(cards: Collection[int]) -> Query:
    place = (Card.id, Card.which, Note.key, Note.title, Note.line, Deck.key, Deck.path, Deck.title)
    return Card.select(*place).join(Note).join(Deck).where(Among(Card.id, cards))


@prepared
def _in_order() -> Query:
    shown = (Card.removed_at.is_null(), Note.removed_at.is_null(), Note.draft == 0)
    in_study = (Deck.position, Deck.id, Note.position, Card.ordinal)
    return Card.select(Card.id).join(Note).join(Deck).where(*shown).order_by(*in_study)


@dataclass(frozen=True, slots=True)
class CardPlace:
    """Where a card is written."""

    id: CardId
    which: str
    note_key: str
    title: str
    line: int
    deck_key: str
    path: str
    deck_title: str


class AnalysisRows:
    """Reads for the analysis of cards, over all learners."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def answers(self, decks: Collection[DeckId] | None) -> dict[CardId, array[int]]:
        """Each card's answers, packed as `item_analysis` has them, in the order of the log; of hidden cards too."""
        found: dict[CardId, array[int]] = {}
        for card, answer in _answers.each(self._db, None if decks is None else sorted(decks)):
            if (answers := found.get(card)) is None:
                found[card] = array("q", (answer,))
            else:
                answers.append(answer)
        return found

    def places(self, cards: Iterable[CardId]) -> dict[CardId, CardPlace]:
        """Where these cards are written."""
        return {row[0]: CardPlace(*row) for row in _places.all(self._db, list(cards))}

    def in_order(self) -> list[CardId]:
        """All cards in the order of study, but for those that are hidden (removed, or drafts)."""
        return [card for (card,) in _in_order.all(self._db)]

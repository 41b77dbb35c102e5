"""Cards by the names that their text gives them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from peewee import SQL, fn

from flashcards.domain.ids import CardId, NoteId
from flashcards.storage.database import Database
from flashcards.storage.models import Card, Deck, Note, Review
from flashcards.storage.prepared import Among, Query, prepared


@prepared
def _of_deck(key: str) -> Query:
    is_there = (Deck.key == key) & Deck.removed_at.is_null() & Note.removed_at.is_null() & Card.removed_at.is_null()
    return Deck.select(Note.key, Card.which, Card.id).join(Note).join(Card).where(is_there)


@prepared
def _reviews() -> Query:
    return (
        Review.select(Deck.key, Note.key, Card.which, fn.count(SQL("*")))
        .join(Card, on=(Card.id == Review.card))
        .join(Note)
        .join(Deck)
        .where(Review.undone == 0, Review.quality.is_null(False), Note.removed_at.is_null())
        .group_by(Card.id, Note.id, Deck.id)
    )


@prepared
def _answers(notes: Collection[NoteId]) -> Query:
    return (
        Card.select(Card.note, Card.which, fn.count(SQL("*")))
        .join(Review, on=(Review.card == Card.id))
        .where(Among(Card.note, notes), Review.undone == 0, Review.quality.is_null(False))
        .group_by(Card.id)
    )


class NoteCards:
    """Finds the numbers of cards, and counts what learners did with them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_deck(self, key: str) -> dict[tuple[str, str], CardId]:
        """The cards of a deck that are there today, by note id and which card."""
        rows = _of_deck.all(self._db, key)
        return {(note, which): card for note, which, card in rows}

    def reviews(self) -> dict[tuple[str, str, str], int]:
        """How many answers the cards have had from all learners, by deck id, note id and which; without zeros."""
        rows = _reviews.all(self._db)
        return {(deck, note, which): count for deck, note, which, count in rows}

    def answers(self, notes: Iterable[NoteId]) -> dict[tuple[int, str], int]:
        """How many answers the cards of these notes have had from all learners, by note and which; without zeros."""
        rows = _answers.all(self._db, list(notes))
        return {(note, which): count for note, which, count in rows}

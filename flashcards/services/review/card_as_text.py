"""A card as Markdown, for the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from flashcards.deckfiles.parse.card_rows import sides
from flashcards.domain.card import Note
from flashcards.domain.ids import CardId
from flashcards.errors import NotFound
from flashcards.storage.card_texts import stored_text
from flashcards.storage.database import Database


@dataclass(frozen=True, slots=True)
class CardText:
    """Both sides of a card as Markdown source; a cloze question has its gap."""

    question: str
    answer: str
    rubric: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def card_text(database: Database, card: str) -> CardText:
    """The text of the card with the id `card`; raises NotFound."""
    found = stored_text(database, CardId(int(card))) if card.isascii() and card.isdigit() else None
    if found is None:
        raise NotFound("There is no such card.")
    note = Note(id="", explicit=False, line=1, content=found.content, source="")
    lists = (found.rubric, found.follow_ups, found.sources)
    return next(CardText(question, answer, *lists) for side, question, answer in sides(note) if side == found.which)

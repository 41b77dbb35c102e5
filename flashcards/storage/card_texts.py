"""The Markdown behind a card."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flashcards.domain.card import Basic, Cloze, Content
from flashcards.domain.ids import CardId
from flashcards.storage.database import Database
from flashcards.storage.models import Card, Note
from flashcards.storage.prepared import Query, prepared


@prepared
def _text(card: CardId) -> Query:
    return (
        Card.select(
            Note.kind, Note.question, Note.answer, Note.typed, Note.reversed, Card.which, Note.rubric, Note.follow_ups,
            Note.sources,
        )
        .join(Note)
        .where(Card.id == card)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredText:
    """What a card's note says, and which of its cards it is; a cloze note is narrowed to that card's number."""

    content: Content
    which: str
    rubric: tuple[str, ...]
    follow_ups: tuple[str, ...]
    sources: tuple[str, ...]


def stored_text(database: Database, card_id: CardId) -> StoredText | None:
    """The text of a card; None where there is no such card."""
    row = _text.one(database, card_id)
    if row is None:
        return None
    kind, question, answer, typed, reversed_, which, *lists = row
    content: Content = Basic(question, answer, bool(reversed_), bool(typed))
    if kind == "cloze":
        content = Cloze(question, answer, (int(which[1:]),), bool(typed))
    rubric, follow_ups, sources = (tuple(json.loads(text)) for text in lists)
    return StoredText(content, which, rubric, follow_ups, sources)

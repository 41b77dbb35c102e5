"""The decks with their part of today."""

from __future__ import annotations

from flashcards.web.api import shapes
from flashcards.web.api.operations import Reply, operation
from flashcards.web.login import learner, services


@operation("GET", "/decks", "Every deck", {200: shapes.page_of(shapes.DECK)})
def get_decks() -> Reply:
    """All of them at once, in study order: `next` is always null."""
    decks = services().review.deck_counts(learner())
    return 200, {"items": [shapes.deck_json(deck) for deck in decks], "next": None}

"""The decks with their part of today."""

from __future__ import annotations

from typing import Any

from flask import request

from flashcards.web.api import shapes
from flashcards.web.api.operations import Reply, json_response, operation
from flashcards.web.api.schema import Field, Object, Text
from flashcards.web.auth.login import learner, services


@operation("GET", "/decks", "Every deck", {200: shapes.page_of(shapes.DECK)})
def get_decks() -> Reply:
    """All of them at once, in study order: `next` is always null."""
    decks = services().review.deck_counts(learner())
    return 200, {"items": [shapes.deck_json(deck) for deck in decks], "next": None}


@operation(
    "GET", "/decks/version", "Whether a deck's file was read anew",
    {200: shapes.shape("DeckVersion", version=Text()), 304: None},
    query=Object((Field("deck", Text(1000), True, "The deck's path."),)), errors=(404, 422),
)  # fmt: skip
def get_deck_version(query: dict[str, Any]) -> Reply:
    """`If-None-Match` with the version as ETag gives 304 while the deck's page would be the same."""
    version = services().decks.version(query["deck"].removesuffix(".md"))
    response = json_response({"version": version})
    response.set_etag(version)
    return 200, response.make_conditional(request)

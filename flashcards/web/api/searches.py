"""Searches kept under a name."""

from __future__ import annotations

from typing import Any

from flashcards.services.review.saved_searches import LONGEST_NAME, CountedSearch
from flashcards.web.api import shapes
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.schema import Field, Flag, ListOf, Nullable, Object, Text, Whole
from flashcards.web.auth.login import learner, services

SEARCH = shapes.shape(
    "SavedSearch", id=shapes.REVIEW_ID, name=Text(), q=Text(), on_today=Flag(), cards=Nullable(Whole(0))
)
SEARCHES = shapes.shape("SavedSearches", items=ListOf(SEARCH), next=Nullable(Text()))
BODY = Object(
    (
        Field("name", Text(LONGEST_NAME, least=1), True),
        Field("q", Text(500, least=1), True),
        Field("on_today", Flag(), about="Whether it stands on the first page; false where it is absent."),
    ),
    "NewSavedSearch",
)


def _json(search: CountedSearch) -> dict[str, Any]:
    return {
        "id": search.id,
        "name": search.name,
        "q": search.query,
        "on_today": search.on_today,
        "cards": search.cards,
    }


@operation("GET", "/searches", "Saved searches, with how many cards they find", {200: SEARCHES})
def get_searches() -> Reply:
    """In the learner's order. `cards` is null where a search cannot be read any more."""
    found = services().review.saved_searches(learner())
    return 200, {"items": [_json(search) for search in found], "next": None}


@operation(
    "PUT",
    "/searches/<search_id>",
    "Save a search under a name, or change it",
    {200: SEARCH, 201: SEARCH},
    body=BODY,
    errors=(400, 404, 409, 413, 415, 422),
)
def put_search(search_id: str, body: dict[str, Any]) -> Reply:
    """The id is a UUID that the client makes. 201 for a new one, which comes last."""
    saved, new = services().review.save_search(
        learner(), id=search_id, name=body["name"], q=body["q"], on_today=body.get("on_today", False)
    )
    return 201 if new else 200, _json(saved)


@operation("DELETE", "/searches/<search_id>", "Forget a saved search", {200: SEARCHES}, errors=(404,))
def delete_search(search_id: str) -> Reply:
    """Gives those that are left."""
    services().review.delete_search(learner(), search_id)
    return get_searches()

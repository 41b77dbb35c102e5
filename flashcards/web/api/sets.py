"""Sets of cards to study, frozen when they are made."""

from __future__ import annotations

from typing import Any

from flashcards.services.review.sets import MOST_NAMED, SET_MODES
from flashcards.web.api import shapes
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.schema import Field, ListOf, Nullable, Object, Text, Whole
from flashcards.web.api.shapes import shape
from flashcards.web.auth.login import learner, services

SET = Object(
    (
        Field("id", shapes.REVIEW_ID, True, "Made by the client; sending it again is harmless."),
        Field("q", Text(500), about="A search, as on the browse page; this or cards."),
        Field("cards", ListOf(shapes.CARD_ID, MOST_NAMED, 1), about="The cards themselves, in place of a search."),
        Field(
            "mode", Text(choices=SET_MODES), True,
            "review: what is due or new is asked as usual, no date of the others moves; cram: none does.",
        ),
    ),
    "NewStudySet",
)  # fmt: skip


OPEN_SET = shape("OpenSet", set=shapes.STUDY_SET, left=Whole(1))
OPEN_SETS = shape("OpenSets", items=ListOf(OPEN_SET), next=Nullable(Text()))


@operation(
    "POST",
    "/sets",
    "Make a set of exactly these cards",
    {201: shapes.STUDY_SET, 200: shapes.STUDY_SET},
    body=SET,
    errors=(400, 404, 409, 413, 415, 422),
    location=lambda made: f"/sets/{made['id']}",
)
def post_set(body: dict[str, Any]) -> Reply:
    """Its cards are asked by `GET /queue?set=`, each in the mode of its kind: cram for cram, else review."""
    made, new = services().review.make_set(
        learner(), id=body["id"], mode=body["mode"], q=body.get("q"), cards=body.get("cards")
    )
    return 201 if new else 200, shapes.set_json(made)


@operation("GET", "/sets", "The sets that were begun and are not done", {200: OPEN_SETS})
def get_sets() -> Reply:
    """The newest first. `left` is how many cards are still to be right; each is gone on with by `GET /queue?set=`."""
    found = services().review.open_sets(learner())
    return 200, {"items": [{"set": shapes.set_json(it.made), "left": it.left} for it in found], "next": None}


@operation("DELETE", "/sets/<set_id>", "End a set", {200: OPEN_SETS}, errors=(404,))
def delete_set(set_id: str) -> Reply:
    """It is forgotten; what was answered in it stays. Gives those that are left."""
    services().review.end_set(learner(), set_id)
    return get_sets()


@operation("GET", "/sets/<set_id>", "A set as it was made", {200: shapes.STUDY_SET}, errors=(404,))
def get_set(set_id: str) -> Reply:
    """`cards` is how many it had then."""
    return 200, shapes.set_json(services().review.study_set(learner(), set_id))

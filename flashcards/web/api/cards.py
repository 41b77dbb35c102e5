"""Cards and what is done to them by hand."""

from __future__ import annotations

from typing import Any

from flashcards.services.review.facade import Acted
from flashcards.services.review.search import STATES
from flashcards.web.api import shapes
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.queue import address
from flashcards.web.api.schema import CURSOR, Date, Field, Flag, Object, Text, Whole
from flashcards.web.auth.login import learner, services

CARDS_QUERY = Object(
    (
        Field("q", Text(500), about='Words, "phrases", deck: tag: is: prop: flag: id:, as on the browse page.'),
        Field("deck", Text(1000), about="A deck's or a folder's path."),
        Field("tag", Text(200)),
        Field("state", Text(choices=STATES)),
        Field(
            "since",
            Text(40, pattern=r"^([0-9]{1,18}-[0-9]{1,18})?$", wanted=CURSOR),
            about="The cursor of the page before.",
        ),
        Field("limit", Whole(1, 500), about="100 where it is absent."),
    )
)
ACTION = Object(
    (
        Field("id", shapes.REVIEW_ID, about="Made by the client; sending it again is harmless."),
        Field("whole_note", Flag(), about="Do it to the card's siblings as well."),
    ),
    "Action",
)
FLAG = Object((Field("flag", Whole(0, 7), True, "0 takes it off."), ACTION.fields[0]), "FlagAction")
DUE = Object((Field("due_on", Date(), True), *ACTION.fields), "DueAction")
ERRORS = (400, 404, 409, 415, 422)


@operation("GET", "/cards", "Cards", {200: shapes.page_of(shapes.CARD)}, query=CARDS_QUERY, errors=(404, 422))
def get_cards(query: dict[str, Any]) -> Reply:
    """In deck order; removed cards only where `state=removed` asks for them."""
    page = services().review.cards(
        learner(),
        q=query.get("q"),
        deck=address(query.get("deck")),
        tag=query.get("tag"),
        state=query.get("state"),
        since=query.get("since"),
        limit=query.get("limit", 100),
    )
    return 200, {"items": [shapes.card_json(card) for card in page.items], "next": page.next}


@operation("GET", "/cards/<card_id>", "A card", {200: shapes.CARD}, errors=(404,))
def get_card(card_id: str) -> Reply:
    """The card and the learner's schedule of it; a removed one too."""
    return 200, shapes.card_json(services().review.card(learner(), card_id))


@operation(
    "POST", "/cards/<card_id>/due", "Set the date on which a card comes", {200: shapes.ACTED}, body=DUE, errors=ERRORS
)  # fmt: skip
def post_due(card_id: str, body: dict[str, Any]) -> Reply:
    """The card's memory (repetition, ease, interval) stays as it is."""
    return _act(card_id, "due", body)


@operation(
    "POST", "/cards/<card_id>/flag", "Flag a card, or take its flag off", {200: shapes.ACTED}, body=FLAG, errors=ERRORS
)  # fmt: skip
def post_flag(card_id: str, body: dict[str, Any]) -> Reply:
    """Seven flags, as Anki's: red, orange, green, blue, pink, turquoise, purple. No schedule moves."""
    acted = services().review.flag(learner(), card_id, body["flag"], id=body.get("id"))
    return 200, {"review": acted.review_id, "seq": acted.seq, "card": shapes.card_json(acted.card)}


def _act(card_id: str, verb: Any, body: dict[str, Any]) -> Reply:
    acted: Acted = services().review.act(
        learner(),
        card_id,
        verb,
        whole_note=body.get("whole_note", False),
        due_on=body.get("due_on"),
        id=body.get("id"),
    )
    return 200, {"review": acted.review_id, "seq": acted.seq, "card": shapes.card_json(acted.card)}


def _declare(verb: str, summary: str) -> None:
    def view(card_id: str, body: dict[str, Any]) -> Reply:
        """Gives the card as it is then, and the id by which it can be undone."""
        return _act(card_id, verb, body)

    view.__name__ = f"post_{verb}"
    operation(
        "POST",
        f"/cards/<card_id>/{verb}",
        summary,
        {200: shapes.ACTED},
        body=ACTION,
        body_optional=True,
        errors=ERRORS,
    )(view)


for _verb, _summary in {
    "suspend": "Ask a card no more",
    "unsuspend": "Ask a suspended card again",
    "bury": "Hide a card until tomorrow",
    "unbury": "Show a buried card again",
    "reset": "Make a card new; its log stays",
}.items():
    _declare(_verb, _summary)

"""The day's queue."""

from __future__ import annotations

from typing import Any, get_args

from flashcards.services.review.contract import QueueMode
from flashcards.web.api import shapes
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.schema import Field, Object, Text, Whole
from flashcards.web.auth.login import learner, services

AHEAD = 20
"""How many cards are sent where the client does not say."""
QUEUE_MODES: tuple[QueueMode, ...] = get_args(QueueMode)

QUEUE_QUERY = Object(
    (
        Field("deck", Text(1000), about="A deck's or a folder's path; a folder takes what is below it."),
        Field("tag", Text(200)),
        Field("q", Text(500), about="A search, as on the browse page: only cards that it finds now."),
        Field("set", shapes.REVIEW_ID, about="A set that POST /sets made: the rest but limit and exclude is ignored."),
        Field(
            "mode", Text(choices=QUEUE_MODES),
            about="ahead: cards that are due later than today, the soonest first; cram: all of them, each until it is"
            " right today, after a failure twice in a row. Answer them in that mode.",
        ),
        Field("limit", Whole(0, 500), about="20 where it is absent; 0 gives the counts alone."),
        Field(
            "more", Whole(0, 9999),
            about="New cards beyond today's limit, and the deck's own where it is one deck; cards beyond a plan's day.",
        ),
        Field(
            "exclude", Text(12_000),
            about="Ids of cards that the client holds already, separated by commas, in the order of asking.",
        ),
    )
)  # fmt: skip


def address(deck: str | None) -> str | None:
    """A deck's address from a filter: with or without its ``.md``, a slash at the end, or empty."""
    return (deck or "").strip("/").removesuffix(".md") or None


@operation(
    "GET",
    "/queue",
    "The next cards of today, of later days, or of a set",
    {200: shapes.QUEUE},
    query=QUEUE_QUERY,
    errors=(404, 422),
)
def get_queue(query: dict[str, Any]) -> Reply:
    """`left` counts what will still be shown today, siblings and limits counted in, held cards included.

    While a plan is followed (`plan` is its number) the day is the plan's: its cards are answered in the mode plan.
    """
    limit, exclude = query.get("limit", AHEAD), query.get("exclude", "").split(",")
    if "set" in query:
        return 200, shapes.queue_json(
            services().review.set_queue(learner(), query["set"], limit=limit, exclude=exclude), "cram"
        )
    mode = query.get("mode", "review")
    queue = services().review.search_queue(
        learner(),
        query.get("q"),
        deck=address(query.get("deck")),
        tag=query.get("tag"),
        limit=limit,
        exclude=exclude,
        mode=mode,
        more=query.get("more", 0),
    )
    return 200, shapes.queue_json(queue, mode)

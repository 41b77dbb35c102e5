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
        Field(
            "mode", Text(choices=QUEUE_MODES),
            about="ahead: cards that are due later than today, the soonest first; answer them in that mode.",
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
    "The next cards of today, or of later days",
    {200: shapes.QUEUE},
    query=QUEUE_QUERY,
    errors=(404, 422),
)
def get_queue(query: dict[str, Any]) -> Reply:
    """`left` counts what will still be shown today, siblings and limits counted in, held cards included.

    While a plan is followed (`plan` is its number) the day is the plan's: its cards are answered in the mode plan.
    """
    mode = query.get("mode", "review")
    queue = services().review.queue(
        learner(),
        deck=address(query.get("deck")),
        tag=query.get("tag"),
        limit=query.get("limit", AHEAD),
        exclude=query.get("exclude", "").split(","),
        mode=mode,
        more=query.get("more", 0),
    )
    return 200, shapes.queue_json(queue, mode)

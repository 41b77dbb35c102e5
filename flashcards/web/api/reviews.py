"""Answers: one, many at once, taken back, and the log of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flashcards.errors import FlashcardsError, Invalid, NotFound
from flashcards.services.review.facade import Answer
from flashcards.web.api import shapes
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.schema import CURSOR, Field, Instant, ListOf, Object, Text, Whole
from flashcards.web.auth.login import learner, services
from flashcards.web.shared.dates import instant
from flashcards.web.shared.errors import problem_body, trouble_of

BATCH = 500
MODES = ("review", "cram", "mock", "ahead", "plan")

ANSWER = Object(
    (
        Field("id", shapes.REVIEW_ID, True, "Made by the client; sending it again is harmless."),
        Field("card", shapes.CARD_ID, True),
        Field("grade", Whole(0, 5), True, "The quality of SM-2; Again is 1, Hard 3, Good 4, Easy 5."),
        Field(
            "mode", Text(choices=MODES),
            about="Anything but review leaves the schedule as it is; plan does so only before the card's date.",
        ),
        Field("at", Instant(), about="When the answer was given; now where it is absent or in the future."),
        Field("took_ms", Whole(0, 2**53), about="Milliseconds; 3,600,000 are stored at most, and 600,000 counted."),
        Field(
            "revision", Whole(0, 2**53),
            about="The revision that the queue gave with the text shown; one that cannot be is ignored.",
        ),
    ),
    "Answer",
)  # fmt: skip
BATCH_BODY = Object((Field("items", ListOf(None, BATCH), True, "Objects of the shape Answer."),), "Batch")
LOG_QUERY = Object(
    (
        Field(
            "since",
            Text(18, pattern=r"^[0-9]{0,18}$", wanted=CURSOR),
            about="The cursor of the page before, or the seq of the last row known.",
        ),
        Field("limit", Whole(1, 500), about="100 where it is absent."),
    )
)  # fmt: skip


def read_answer(body: dict[str, Any]) -> Answer:
    """The answer from its validated body."""
    return Answer(
        id=body["id"],
        card=body["card"],
        grade=body["grade"],
        mode=body.get("mode", "review"),
        at=body.get("at"),
        took_ms=body.get("took_ms"),
        revision=body.get("revision"),
    )


@operation(
    "POST",
    "/reviews",
    "Store an answer",
    {201: shapes.ANSWERED, 200: shapes.ANSWERED},
    body=ANSWER,
    errors=(400, 404, 409, 413, 415, 422),
    location=lambda answered: f"/reviews/{answered['id']}",
)
def post_review(body: dict[str, Any]) -> Reply:
    """201 for a new answer; 200 with the same body for one that is stored already."""
    answered = services().review.answer(learner(), read_answer(body))
    return 201 if answered.created else 200, shapes.answered_json(answered)


@operation(
    "POST",
    "/reviews/batch",
    "Store up to 500 answers, in the order of `at`, each in a transaction of its own",
    {200: shapes.BATCH_REPLY},
    body=BATCH_BODY,
    errors=(400, 413, 415, 422),
)
def post_reviews(body: dict[str, Any]) -> Reply:
    """One refused answer stops no other; the replies stand in the order of the request."""
    read = [_try_read(item, index) for index, item in enumerate(body["items"])]
    good = [(index, answer) for index, answer in enumerate(read) if isinstance(answer, Answer)]
    results: list[Any] = list(read)
    stored = services().review.answer_many(learner(), [answer for _, answer in good])
    for (index, _), result in zip(good, stored, strict=True):
        results[index] = result
    return 200, {"items": [_item(result) for result in results]}


def _try_read(item: Any, index: int) -> Answer | FlashcardsError:
    try:
        return read_answer(ANSWER.read(item, f"items[{index}]"))
    except Invalid as error:
        return error


def _item(result: Any) -> dict[str, Any]:
    if isinstance(result, FlashcardsError):
        trouble = trouble_of(result)
        return {"status": trouble.status, "body": problem_body(trouble)}
    return {"status": 201 if result.created else 200, "body": shapes.answered_json(result)}


@operation(
    "GET", "/reviews", "The log, oldest first", {200: shapes.page_of(shapes.LOG_ROW)}, query=LOG_QUERY, errors=(422,)
)  # fmt: skip
def get_reviews(query: dict[str, Any]) -> Reply:
    """`next` is the cursor of what follows, null at the end; the last row's `seq` serves as well, later."""
    since = int(query.get("since") or 0)
    page = services().review.log_page(learner(), since=since, limit=query.get("limit", 100))
    following = None if page.next is None else str(page.next)
    return 200, {"items": [shapes.log_json(row) for row in page.items], "next": following}


@operation("GET", "/reviews/last", "What undo would take back", {200: shapes.LAST}, errors=(404,))
def get_last_review() -> Reply:
    """404 where nothing can be taken back."""
    last = services().review.last_action(learner())
    if last is None:
        raise NotFound("There is nothing to undo.")
    return 200, {"review": last.review_id, "verb": last.verb, "at": instant(last.at), "cards": last.cards}


@operation(
    "DELETE",
    "/reviews/<uuid:review_id>",
    "Undo the learner's last action, an answer or a manual one",
    {200: shapes.UNDONE},
    errors=(404, 409),
)
def delete_review(review_id: UUID) -> Reply:
    """The card as it is again. 200 again where it is undone already; 409 where a later action stands."""
    undone = services().review.undo(learner(), str(review_id))
    return 200, shapes.card_json(undone.card) | {"review": undone.review_id, "verb": undone.verb, "mode": undone.mode}

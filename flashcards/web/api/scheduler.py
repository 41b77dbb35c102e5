"""Who decides dates: the choices, what one would change, and making one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flashcards.domain.memory.fsrs import DEFAULT_RETENTION, LEAST_RETENTION, MOST_RETENTION
from flashcards.domain.schedulers import SCHEDULERS
from flashcards.services.accounts.scopes import READ
from flashcards.services.memory.choices import Choice
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.queue import address
from flashcards.web.api.schema import Field, Flag, ListOf, Nullable, Number, Object, Text, Whole
from flashcards.web.api.shapes import REVIEW_ID
from flashcards.web.auth.login import learner, services

if TYPE_CHECKING:
    from flashcards.services.memory.scheduling import Outlook

RETENTION = Number(MOST_RETENTION, LEAST_RETENTION)
CHOICE = Object(
    (
        Field("deck", Text(), True, "A deck's or folder's path; empty for everything that no other choice is for."),
        Field("scheduler", Text(choices=SCHEDULERS), True, "Who decides dates."),
        Field("desired_retention", RETENTION, True, "What FSRS-6 aims at, 0.70 to 0.97."),
    ),
    "SchedulerChoice",
)
CHOICES = Object(
    (
        Field("items", ListOf(CHOICE), True, "What was chosen; without any, it is SM-2."),
        Field("next", Nullable(Text()), True),
    ),
    "SchedulerChoices",
)
WISH = (
    Field("deck", Text(1000), about="A deck's or folder's path; everything where it is absent."),
    Field("scheduler", Text(choices=SCHEDULERS), True, "Who shall decide dates."),
    Field("desired_retention", RETENTION, about="What FSRS-6 aims at, 0.70 to 0.97; 0.90 where it is absent."),
)
PREVIEW_BODY = Object(WISH, "SchedulerWish")
CHOICE_BODY = Object(
    (
        *WISH,
        Field("at_once", Flag(), about="Move all dates now; else each card moves at its next answer."),
        Field("id", REVIEW_ID, about="Made by the client; sending it again is harmless. It undoes what moved dates."),
    ),
    "SchedulerChange",
)
OUTLOOK = Object(
    (
        Field("scheduler", Text(), True, "Who decides dates."),
        Field("due_today", Whole(0), True, "Cards due by now."),
        Field("days", ListOf(Number()), True, "Expected answers on each of the next 30 days, without new cards."),
        Field("minutes", Number(), True, "Minutes a day, at the learner's own pace."),
    ),
    "SchedulerOutlook",
)
PREVIEW = Object(
    (
        Field("cards", Whole(0), True, "Cards with a date that the choice is for."),
        Field("moved", Whole(0), True, "Those that would come on another day, moved at once."),
        Field("now", OUTLOOK, True, "As things stand."),
        Field("then", OUTLOOK, True, "By the choice."),
    ),
    "SchedulerPreview",
)
CHOSEN = Object(
    (
        *CHOICE.fields,
        Field("moved", Whole(0), True, "Cards whose date moved."),
        Field("review", Nullable(REVIEW_ID), True, "The action in the log, to be undone; null where no date moved."),
    ),
    "SchedulerChosen",
)


@operation("GET", "/scheduler", "Who decides dates", {200: CHOICES})
def get_scheduler() -> Reply:
    """The learner's choices, by folder; the deepest folder that holds a deck counts for it."""
    return 200, {"items": [_choice(it) for it in services().scheduler.choices(learner())], "next": None}


@operation(
    "POST", "/scheduler/preview", "What a choice would change", {200: PREVIEW}, body=PREVIEW_BODY,
    errors=(400, 404, 415, 422), scope=READ,
)  # fmt: skip
def post_scheduler_preview(body: dict[str, Any]) -> Reply:
    """Nothing is stored."""
    scheduler, retention, folder = _wish(body)
    found = services().scheduler.preview(learner(), scheduler, retention, folder)
    return 200, {
        "cards": found.cards,
        "moved": found.moved,
        "now": _outlook(found.now),
        "then": _outlook(found.then),
    }


@operation(
    "PUT", "/scheduler", "Choose who decides dates", {200: CHOSEN}, body=CHOICE_BODY, errors=(400, 404, 409, 415, 422)
)  # fmt: skip
def put_scheduler(body: dict[str, Any]) -> Reply:
    """Back to SM-2 gives the dates that SM-2 alone would have given. What moved dates is undone as an answer is."""
    scheduler, retention, folder = _wish(body)
    made = services().scheduler.choose(
        learner(), scheduler, retention, folder=folder, at_once=body.get("at_once", False), id=body.get("id")
    )
    return 200, _choice(made.choice) | {"moved": made.moved, "review": made.action}


def _wish(body: dict[str, Any]) -> tuple[str, float, str]:
    return body["scheduler"], body.get("desired_retention", DEFAULT_RETENTION), address(body.get("deck")) or ""


def _choice(it: Choice) -> dict[str, Any]:
    return {"deck": it.folder, "scheduler": it.scheduler, "desired_retention": it.retention}


def _outlook(it: Outlook) -> dict[str, Any]:
    return {
        "scheduler": it.choice.scheduler,
        "due_today": it.due_today,
        "days": [round(count, 1) for count in it.load.days],
        "minutes": round(it.minutes, 1),
    }

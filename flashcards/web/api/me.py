"""Who is logged in, and their settings."""

from __future__ import annotations

from typing import Any

from flashcards.domain.schedulers import SCHEDULERS
from flashcards.services.accounts.facade import Learner
from flashcards.services.memory.choices import checked_choice
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.scheduler import RETENTION
from flashcards.web.api.schema import Field, Flag, Nullable, Object, Text, Whole, WholeOf
from flashcards.web.auth.login import learner, services

THEMES = ("auto", "light", "dark")
NEW_ORDERS = ("decks", "folders", "core", "random")
SETTINGS = (
    Field("name", Text(64, least=1), about="What the learner is called, and logs in with."),
    Field("timezone", Text(64), about="An IANA name such as Europe/Berlin."),
    Field("day_start", Whole(0, 23), about="The hour of the learner's time zone at which their day starts."),
    Field("new_per_day", Whole(0, 9_999), about="New cards a day."),
    Field("due_per_day", Nullable(Whole(0, 99_999)), about="Due cards a day; null for no limit."),
    Field("drill", Flag(), about="Whether failed cards are asked again the same day."),
    Field("buttons", WholeOf((4, 6)), about="Four grades, or the six of SM-2."),
    Field("letter_keys", Flag(), about="Whether letters and signs are keys."),
    Field("theme", Text(choices=THEMES), about="Light, dark, or as the device has it."),
    Field("new_order", Text(choices=NEW_ORDERS), about="How new cards come across decks."),
    Field("suspend_leeches", Flag(), about="Whether a card that becomes a leech is suspended."),
)
SCHEDULER = (
    Field(
        "scheduler", Text(choices=SCHEDULERS), about="Who decides dates, but where a folder has a choice of its own."
    ),
    Field("desired_retention", RETENTION, about="What FSRS-6 aims at, 0.70 to 0.97."),
)
ME = Object(
    (
        *(Field(it.name, it.kind, True, it.about) for it in (*SETTINGS, *SCHEDULER)),
        Field("author", Flag(), True, "Whether they may change decks."),
        Field("admin", Flag(), True, "Whether they may change roles."),
    ),
    "Me",
)
CHANGES = Object((*SETTINGS, *SCHEDULER), "Settings")


@operation("GET", "/me", "Who is logged in, and their settings", {200: ME})
def get_me() -> Reply:
    """The learner whom the cookie or the token stands for."""
    return 200, me_json(learner())


@operation("PATCH", "/me", "Change settings", {200: ME}, body=CHANGES, errors=(400, 409, 413, 415, 422))
def patch_me(body: dict[str, Any]) -> Reply:
    """All that is sent is changed, or nothing; what is absent stays. 409 where somebody else has the name.

    Another scheduler moves no date at once: each card moves at its next answer (see `PUT /scheduler`).
    """
    me, opened = learner(), services()
    chosen = {name: body.pop(name) for name in ("scheduler", "desired_retention") if name in body}
    usual = opened.scheduler.usual(me)
    scheduler = chosen.get("scheduler", usual.scheduler)
    retention = chosen.get("desired_retention", usual.retention)
    checked_choice("", scheduler, retention)
    me = opened.accounts.save_settings(me, **body)
    if chosen:
        opened.scheduler.choose(me, scheduler, retention)
    return 200, me_json(me)


def me_json(me: Learner) -> dict[str, Any]:
    """The learner's settings and roles."""
    settings = {field.name: getattr(me, field.name) for field in SETTINGS}
    usual = services().scheduler.usual(me)
    choice = {"scheduler": usual.scheduler, "desired_retention": usual.retention}
    return settings | choice | {"author": me.is_author, "admin": me.is_admin}

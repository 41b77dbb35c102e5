"""The plan that is followed, whole, at one address: asked for, tried, read, ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flashcards.services.accounts.scopes import READ
from flashcards.services.plan.contract import MOST_MINUTES, OF_SEARCH, USUAL_WEIGHT, Choice, WholePlan
from flashcards.services.review.incoming import checked_uuid
from flashcards.web.api import shapes
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.plans import PLAN_TIME, STYLES, N, read_choice, time_json
from flashcards.web.api.schema import Date, Field, Flag, ListOf, Nullable, Number, Object, Text, Whole
from flashcards.web.api.shapes import shape
from flashcards.web.auth.login import learner, services
from flashcards.web.shared.dates import iso_date

if TYPE_CHECKING:
    from flashcards.services.plan.whole import About

PART = Object(
    (
        Field("deck", Text(1000), about="A deck's or folder's path; this or search."),
        Field("search", Text(500), about="What it finds, such as tag:core; this or deck."),
        Field("weight", Whole(1, 3), about="3 is most; 2, the usual, where it is absent."),
    ),
    "PlanPart",
)
ASKED = Object(
    (
        Field("id", shapes.REVIEW_ID, about="Made by the client; sending it again changes that plan."),
        Field("date", Date(), True, "The day on which is recalled; nothing is studied then."),
        Field("minutes", Whole(1, MOST_MINUTES), True, "Minutes a day."),
        Field("time", PLAN_TIME, about="When it begins."),
        Field("about", ListOf(PART, 200), about="What it is about; everything where it is absent or empty."),
        Field("off", ListOf(Date(), 366), about="Days without study."),
        Field("style", Text(choices=STYLES), about="As much as possible, or the core surely."),
        Field("title", Text(100)),
    ),
    "AskedPlan",
)
WHOLE = Object(
    (
        Field("id", Nullable(Whole(1)), True, "Its number among /plans; null where it is only tried."),
        Field("followed", Flag(), True, "Whether Today and the queue are its day."),
        *(Field(it.name, it.kind, True, it.about) for it in ASKED.fields if it.name != "id"),
        Field("days_left", N, True, "Days up to it, today included."),
        Field(
            "today", shape("PlanToday", minutes=N, new=N, due=N, early=N), True,
            "What its day promised: minutes, and how many new, due and early cards.",
        ),
        Field(
            "known", shape("PlanKnown", median=Number(), low=Number(), high=Number(), of=N), True,
            "Cards that will be known on the day: the median, and between what eight of ten runs lie.",
        ),
        Field("without", shape("PlanWithout", median=Number(), of=N), True, "The same, going on without a plan."),
        Field(
            "by_deck", ListOf(shape("PlanDeck", deck=Text(), title=Text(), known=Number(), of=N)), True,
            "By folder, and by deck outside of folders.",
        ),
        Field("left_out", ListOf(shape("PlanLeftOut", deck=Text(), cards=N)), True, "What never comes."),
        Field("more", shape("PlanMore", minutes=N, known=Number()), True, "What that many a day would add."),
        Field("path", ListOf(shape("PlanDayKnown", day=Date(), known=Number(), without=Number())), True),
    ),
    "WholePlan",
)  # fmt: skip
ERRORS = (400, 413, 415, 422)


@operation("GET", "/plan", "The plan that is followed", {200: WHOLE}, errors=(404,))
def get_followed_plan() -> Reply:
    """What it asks for, its day, and what it brings. Where nothing is left of it, or its day has come, all are 0."""
    return 200, whole_json(services().plans.whole(learner()))


@operation("PUT", "/plan", "Make a plan and follow it", {200: WHOLE}, body=ASKED, errors=ERRORS)
def put_followed_plan(body: dict[str, Any]) -> Reply:
    """The same again changes nothing. Another plan that was followed stays among /plans."""
    return 200, whole_json(services().plans.put(learner(), _choice(body)))


@operation("POST", "/plan/preview", "What a plan would bring", {200: WHOLE}, body=ASKED, errors=ERRORS, scope=READ)
def post_plan_preview(body: dict[str, Any]) -> Reply:
    """The same reply as `PUT /plan`, and nothing is stored."""
    return 200, whole_json(services().plans.preview(learner(), _choice(body)))


@operation("DELETE", "/plan", "End the plan that is followed", {200: WHOLE}, errors=(404,))
def delete_followed_plan() -> Reply:
    """Gives it as it was. It stays among /plans, and every date is what it was."""
    return 200, whole_json(services().plans.end_followed(learner()))


def _choice(body: dict[str, Any]) -> Choice:
    asked = read_choice({**body, "days_off": body.get("off", ())})
    known_as = checked_uuid(body["id"]) if "id" in body else ""
    return services().plans.about(replace(asked, id=known_as), [_part(it) for it in body.get("about", ())])


def _part(body: dict[str, Any]) -> About:
    from flashcards.services.plan.whole import About

    return About(**body)


def whole_json(it: WholePlan) -> dict[str, Any]:
    """A plan with what it brings."""
    from flashcards.domain.plan.shares import MORE_MINUTES  # all that reckons, for those who plan

    outlook, choice = it.outlook, it.choice
    cards = 0 if outlook is None else outlook.cards
    groups = () if outlook is None else outlook.groups
    known = (0.0, 0.0, 0.0) if outlook is None else (outlook.known.median, outlook.known.low, outlook.known.high)
    median, low, high = (round(value, 1) for value in known)
    return {
        "id": None if it.plan is None else it.plan.id,
        "followed": it.plan is not None,
        "date": iso_date(choice.day),
        "minutes": choice.minutes,
        "time": time_json(choice.minute),
        "about": _about_json(choice),
        "off": [iso_date(day) for day in choice.days_off],
        "style": choice.style,
        "title": choice.title,
        "days_left": it.days_left,
        "today": {"minutes": it.today.minutes, "new": it.today.new, "due": it.today.due, "early": it.today.early},
        "known": {"median": median, "low": low, "high": high, "of": cards},
        "without": {"median": 0.0 if outlook is None else round(outlook.without, 1), "of": cards},
        "by_deck": [
            {"deck": one.address, "title": one.title, "known": round(one.known.median, 1), "of": one.cards}
            for one in groups
        ],
        "left_out": [
            {"deck": one.address, "cards": one.left_out}
            for one in sorted(groups, key=lambda group: group.weight)
            if one.left_out
        ],
        "more": {"minutes": MORE_MINUTES, "known": 0.0 if outlook is None else round(outlook.more, 1)},
        "path": [
            {"day": iso_date(point.day), "known": round(point.plan, 1), "without": round(point.without, 1)}
            for point in (() if outlook is None else outlook.path)
        ],
    }


def _about_json(choice: Choice) -> list[dict[str, Any]]:
    weights = choice.weights
    found = [{"deck": place, "weight": weights.get(place, USUAL_WEIGHT)} for place in choice.decks]
    found += [{"search": f"tag:{tag}", "weight": weights.get(f"tag:{tag}", USUAL_WEIGHT)} for tag in choice.tags]
    return found + ([{"search": choice.q, "weight": weights.get(OF_SEARCH, USUAL_WEIGHT)}] if choice.q else [])

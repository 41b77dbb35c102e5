"""Plans to a date, what they would bring, their days; and holidays."""

from __future__ import annotations

from typing import Any

from flashcards.domain.plan.model import Known
from flashcards.errors import Invalid
from flashcards.services.accounts.scopes import READ
from flashcards.services.plan.contract import MOST_MINUTES, OF_SEARCH, Choice, Outlook, PlanDayRow, PlanRow
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.schema import Date, Field, Flag, Instant, ListOf, MapOf, Nullable, Number, Object, Text, Whole
from flashcards.web.api.shapes import page_of, shape
from flashcards.web.auth.login import learner, services
from flashcards.web.shared.dates import instant, iso_date, parse_date

N = Whole(0)
STYLES = ("most", "sure")
PLAN_TIME = Nullable(
    Text(5, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", wanted="give a time such as 09:30")
)  # fmt: skip
ASKED = (
    Field("date", Date(), True, "The day on which is recalled; nothing is studied then."),
    Field("minutes", Whole(1, MOST_MINUTES), True, "Minutes a day."),
    Field("time", PLAN_TIME, about="When it begins."),
    Field("decks", ListOf(Text(1000), 200), about="What it is about: paths of decks or folders; all where none."),
    Field("tags", ListOf(Text(200), 200), about="What it is about, by tags."),
    Field("q", Text(500), about="What it is about, by a search."),
    Field("weights", MapOf(Whole(0, 3)), about="By path, `tag:` and a tag, `search:` for `q`: 0 leaves out, 3 most."),
    Field("weekdays_off", ListOf(Whole(0, 6), 7), about="Days of the week without study, 0 being Monday."),
    Field("days_off", ListOf(Date(), 366), about="Days without study."),
    Field("style", Text(choices=STYLES), about="As much as possible, or the core surely."),
    Field("title", Text(100)),
)  # fmt: skip
CHOICE = Object(ASKED, "PlanChoice")
NEW_PLAN = Object(
    (*ASKED, Field("follow", Flag(), about="Whether it is followed at once; it is where absent.")), "NewPlan"
)
PLAN = Object(
    (
        Field("id", Whole(1), True),
        *(Field(it.name, it.kind, True, it.about) for it in ASKED),
        Field("followed", Flag(), True, "Whether Today and the queue are this plan's; of one plan at most."),
        Field("ended", Flag(), True, "Whether it has ended."),
        Field("outcome", Nullable(Text(4000)), True, "How it went, in the learner's words."),
        Field("created_at", Instant(), True),
    ),
    "Plan",
)
PLAN_CHANGES = Object(
    (
        Field("followed", Flag(), about="True follows it and no other; false follows none."),
        Field("ended", Flag(), about="True ends it."),
        Field("outcome", Text(4000), about="How it went, kept for the learner alone."),
    ),
    "PlanChanges",
)
KNOWN = shape("Known", low=Number(), median=Number(), high=Number())
OUTLOOK = shape(
    "PlanOutlook",
    reckoned_on=Date(), cards=N, seen=N, known=KNOWN, without=Number(), more=Number(), answers=N,
    path=ListOf(shape("PlanPathPoint", day=Date(), plan=Number(), without=Number())),
    folders=ListOf(
        shape("PlanFolder", path=Text(), title=Text(), weight=Whole(1, 3), cards=N, known=KNOWN, left_out=N)
    ),
    days=ListOf(shape("PlannedDay", day=Date(), new=N, again=N, minutes=N)),
    by_minutes=ListOf(shape("PlanMinutes", minutes=Whole(1), known=KNOWN)),
)  # fmt: skip
PLAN_DAY = shape(
    "PlanDay",
    day=Date(), minutes=N, new=N, cards=ListOf(Text()), predicted=Nullable(KNOWN), recalled_expected=Nullable(Number()),
)  # fmt: skip
BREAK = shape("Break", first=Date(), last=Date())
NEW_BREAK = Object(BREAK.fields, "NewBreak")
BREAK_MADE = shape("BreakMade", first=Date(), last=Date(), moved=N)


def read_choice(body: dict[str, Any]) -> Choice:
    """The choice from its validated body."""
    time = body.get("time")
    return Choice(
        day=body["date"],
        minutes=body["minutes"],
        minute=None if time is None else int(time[:2]) * 60 + int(time[3:]),
        decks=tuple(body.get("decks", ())),
        tags=tuple(body.get("tags", ())),
        q=body.get("q", ""),
        weights=body.get("weights", {}),
        weekdays_off=tuple(body.get("weekdays_off", ())),
        days_off=tuple(body.get("days_off", ())),
        style=body.get("style", "most"),
        title=body.get("title", ""),
    )


def _good_choice(body: dict[str, Any], plan: PlanRow | None = None) -> Choice:
    """The choice, which names no deck that is not there, but for those that `plan` names. Raises Invalid."""
    choice = read_choice(body)
    decks = plan.scope.get("decks", []) if plan else []
    weights = plan.weights if plan else {}
    refuse = services().plans.refuse_unknown
    refuse((place for place in choice.decks if place not in decks), "decks")
    weighed = (place for place in choice.weights if place != OF_SEARCH and not place.startswith("tag:"))
    refuse((place for place in weighed if place not in weights and place not in decks), "weights")
    return choice


@operation("GET", "/plans", "Your plans, the newest first", {200: page_of(PLAN)})
def get_plans() -> Reply:
    """All of them at once: `next` is always null."""
    return 200, {"items": [plan_json(it) for it in services().plans.plans(learner())], "next": None}


@operation(
    "POST",
    "/plans",
    "Make a plan, and follow it",
    {201: PLAN},
    body=NEW_PLAN,
    errors=(400, 413, 415, 422),
    location=lambda plan: f"/plans/{plan['id']}",
)
def post_plan(body: dict[str, Any]) -> Reply:
    """While it is followed, Today and the queue are its day; no date is moved by that."""
    made = services().plans.make(learner(), _good_choice(body), follow=body.get("follow", True))
    return 201, plan_json(made)


@operation(
    "POST", "/plans/outlook", "What a plan would bring, before it starts", {200: OUTLOOK}, body=CHOICE,
    errors=(400, 413, 415, 422), scope=READ,
)  # fmt: skip
def post_outlook(body: dict[str, Any]) -> Reply:
    """Nothing is stored. It takes up to some seconds; the same again is answered at once."""
    return 200, outlook_json(services().plans.outlook(learner(), _good_choice(body)))


@operation("GET", "/plans/<int:number>", "A plan", {200: PLAN}, errors=(404,))
def get_plan(number: int) -> Reply:
    """What it asks for, and whether it is followed."""
    return 200, plan_json(services().plans.plan(learner(), number))


@operation(
    "PUT", "/plans/<int:number>", "Change what a plan asks for", {200: PLAN}, body=CHOICE,
    errors=(400, 404, 413, 415, 422),
)  # fmt: skip
def put_plan(number: int, body: dict[str, Any]) -> Reply:
    """All of it, as in a new plan; today is made anew. What is gone of the decks that it names already is left out."""
    me, plans = learner(), services().plans
    return 200, plan_json(plans.change(me, number, _good_choice(body, plans.plan(me, number))))


@operation(
    "PATCH", "/plans/<int:number>", "Follow a plan or none, or end it", {200: PLAN}, body=PLAN_CHANGES,
    errors=(400, 404, 413, 415, 422),
)  # fmt: skip
def patch_plan(number: int, body: dict[str, Any]) -> Reply:
    """Ending keeps the plan and what you say of the day; a plan whose day is past cannot be followed."""
    me, plans = learner(), services().plans
    found = plans.plan(me, number)
    if body.get("ended") or "outcome" in body:
        found = plans.end(me, number, body.get("outcome"))
    elif body.get("followed"):
        found = plans.follow(me, number)
    elif body.get("followed") is False and found.followed:
        plans.leave(me)
        found = plans.plan(me, number)
    return 200, plan_json(found)


@operation("POST", "/plans/<int:number>/follow", "Follow a plan", {200: PLAN}, errors=(404, 422))
def post_plan_follow(number: int) -> Reply:
    """This one and no other, also where it has ended; one whose day is past cannot be followed."""
    return 200, plan_json(services().plans.follow(learner(), number))


@operation("DELETE", "/plans/<int:number>", "Delete a plan", {200: PLAN}, errors=(404,))
def delete_plan(number: int) -> Reply:
    """The plan as it was, and its days, are forgotten; answers stay."""
    found = services().plans.plan(learner(), number)
    services().plans.delete(learner(), number)
    return 200, plan_json(found)


@operation("GET", "/plans/<int:number>/days", "The days of a plan so far", {200: page_of(PLAN_DAY)}, errors=(404,))
def get_plan_days(number: int) -> Reply:
    """On each, its order, and what was predicted for the day of the plan."""
    days = services().plans.days(learner(), number)
    return 200, {"items": [day_json(it) for it in days], "next": None}


@operation("GET", "/breaks", "Holidays to come", {200: page_of(BREAK)})
def get_breaks() -> Reply:
    """Those that are not over."""
    found = services().plans.breaks(learner())
    return 200, {"items": [{"first": iso_date(it.first), "last": iso_date(it.last)} for it in found], "next": None}


@operation(
    "POST", "/breaks", "Enter a holiday, and spread what falls into it", {201: BREAK_MADE},
    body=NEW_BREAK,
    errors=(400, 413, 415, 422),
    location=lambda made: f"/breaks/{made['first']}",
)  # fmt: skip
def post_break(body: dict[str, Any]) -> Reply:
    """What would be forgotten most until it ends comes before it, the rest after it. Undo takes the dates back."""
    first, last = body["first"], body["last"]
    moved = services().plans.add_break(learner(), first, last)
    return 201, {"first": iso_date(first), "last": iso_date(last), "moved": moved}


@operation("DELETE", "/breaks/<first>", "Take a holiday out", {200: BREAK}, errors=(404, 422))
def delete_break(first: str) -> Reply:
    """By its first day. The dates that it set stay."""
    try:
        day = parse_date(first)
    except ValueError as error:
        raise Invalid("Give the first day, such as 2026-12-24.", field="first") from error
    found = [it for it in services().plans.breaks(learner()) if it.first == day]
    services().plans.delete_break(learner(), day)
    return 200, {"first": first, "last": iso_date(found[0].last if found else day)}


def plan_json(plan: PlanRow) -> dict[str, Any]:
    """A plan."""
    return {
        "id": plan.id,
        "date": iso_date(plan.day),
        "minutes": plan.minutes,
        "time": time_json(plan.minute),
        "decks": plan.scope.get("decks", []),
        "tags": plan.scope.get("tags", []),
        "q": plan.scope.get("q", ""),
        "weights": plan.weights,
        "weekdays_off": plan.days_off.get("weekdays", []),
        "days_off": [iso_date(day) for day in plan.days_off.get("days", [])],
        "style": plan.style,
        "title": plan.title,
        "followed": plan.followed,
        "ended": plan.ended_at is not None,
        "outcome": plan.outcome,
        "created_at": instant(plan.created_at),
    }


def time_json(minute: int | None) -> str | None:
    """A minute of a day as `09:30`."""
    return None if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"


def outlook_json(it: Outlook) -> dict[str, Any]:
    """What a plan would bring."""
    return {
        "reckoned_on": iso_date(it.reckoned_on),
        "cards": it.cards,
        "seen": it.seen,
        "known": known_json(it.known),
        "without": round(it.without, 1),
        "more": round(it.more, 1),
        "answers": it.answers,
        "path": [
            {"day": iso_date(point.day), "plan": round(point.plan, 1), "without": round(point.without, 1)}
            for point in it.path
        ],
        "folders": [
            {
                "path": group.address,
                "title": group.title,
                "weight": group.weight,
                "cards": group.cards,
                "known": known_json(group.known),
                "left_out": group.left_out,
            }
            for group in it.groups
        ],
        "days": [
            {"day": iso_date(day.day), "new": day.new, "again": day.again, "minutes": day.minutes} for day in it.days
        ],
        "by_minutes": [
            {"minutes": minutes, "known": known_json(known)} for minutes, known in sorted(it.by_minutes.items())
        ],
    }


def known_json(known: Known) -> dict[str, float]:
    """A range."""
    return {"low": round(known.low, 1), "median": round(known.median, 1), "high": round(known.high, 1)}


def day_json(day: PlanDayRow) -> dict[str, Any]:
    """A day of a plan."""
    return {
        "day": iso_date(day.study_day),
        "minutes": round(day.seconds / 60),
        "new": day.new,
        "cards": [str(it.card) for it in day.cards],
        "predicted": None if day.predicted is None else known_json(Known(*day.predicted)),
        "recalled_expected": day.recalled_expected,
    }

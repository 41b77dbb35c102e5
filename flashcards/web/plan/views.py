"""The pages of plans. Nothing is stored until *Follow*: an address holds all that was tuned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import FlashcardsError, Invalid
from flashcards.services.plan.contract import MOST_MINUTES, USUAL_WEIGHT, Choice, Group, PlanRow
from flashcards.services.plan.scope import in_any
from flashcards.web.auth.login import learner, services
from flashcards.web.plan import charts
from flashcards.web.plan.asked import given, read_choice, read_day, time_text, written
from flashcards.web.shared.bar_charts import NARROW, WIDE
from flashcards.web.shared.dates import iso_date
from flashcards.web.shared.errors import trouble_of
from flashcards.web.shared.line_charts import span

plan = Blueprint("plan", __name__)

PATIENCE = 2.0
"""Seconds that a page waits for its numbers; later it comes without, and asks again."""
MINUTES = (15, 30, 45, 60, 90)
USUAL_MINUTES = 45
SECONDS_OF_NEW = 90
"""What a new card costs, its reviews of the weeks after it counted in: so many a day without a plan."""
SPREADS = (1, 2, 4)
"""Weeks over which the cards that are due can be spread after the day."""


# --- the first minute


@plan.get("/welcome")
def welcome() -> BaseResponse | Response:
    """Three questions, each of which can stay empty."""
    if not services().plans.groups(learner()):
        return redirect("/", 303)
    return _welcome()


@plan.post("/welcome")
def welcomed() -> BaseResponse | Response:
    """With a date: the plan. Without: so many new cards a day as the minutes hold, from the rounds that were chosen."""
    me, form = learner(), request.form
    rounds = form.getlist("round")
    try:
        if form.get("date", "").strip():
            choice = read_choice(form)
            every = {group.address for group in services().plans.groups(me)}
            choice = replace(choice, decks=() if not rounds or set(rounds) >= every else choice.decks)
            services().plans.check(me, choice)
            return redirect(f"/plan?{urlencode(written(choice))}", 303)
        minutes = form.get("minutes", "")
        if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 5 and 1 <= int(minutes) <= MOST_MINUTES):
            raise Invalid(f"Give 1 to {MOST_MINUTES} minutes a day.", field="minutes")
    except Invalid as error:
        return _welcome(error)
    services().accounts.save_settings(me, new_per_day=max(1, round(int(minutes) * 60 / SECONDS_OF_NEW)))
    if rounds:
        for group in services().plans.groups(me):
            if group.address not in rounds:
                services().review.set_deck_active(me, group.address, active=False)
    return redirect("/", 303)


def _welcome(error: FlashcardsError | None = None) -> Response:
    me = learner()
    today = services().review.study_day(me)
    form = request.form
    page = render_template(
        "plan/welcome.html",
        groups=services().plans.groups(me),
        chosen=set(form.getlist("round")) if form else None,
        date=form.get("date", ""),
        time=form.get("time", ""),
        minutes=form.get("minutes", str(USUAL_MINUTES)),
        choices=MINUTES,
        tomorrow=iso_date(today + 1),
        trouble=trouble_of(error) if error else None,
    )
    return _fresh(page, 422 if error else 200)


# --- what a plan would bring


@plan.get("/plan")
def page() -> BaseResponse | Response:
    """The plan of the address, else the one that is followed, or was made last; without any, the questions."""
    me, plans = learner(), services().plans
    stored = _stored(request.args.get("plan"))
    if "date" in request.args:
        return _outlook(stored)
    today = services().review.study_day(me)
    stored = stored or next((it for it in plans.plans(me) if it.day > today and it.ended_at is None), None)
    if stored is None:
        past = plans.followed(me)
        return redirect("/plan/after" if past else "/welcome", 303)
    return _outlook(stored, plans.choice(stored))


def _stored(number: str | None) -> PlanRow | None:
    plans, me = services().plans, learner()
    if number and number.isascii() and number.isdigit() and len(number) < 10:
        return plans.plan(me, int(number))
    return plans.followed(me) if "date" not in request.args else None


def _outlook(stored: PlanRow | None, choice: Choice | None = None, error: FlashcardsError | None = None) -> Response:
    me, plans = learner(), services().plans
    today = services().review.study_day(me)
    outlook = None
    try:
        choice = choice or read_choice(given(request))
        if error is None:
            outlook = plans.outlook_within(me, choice, PATIENCE)
    except Invalid as found:
        error = found
    if outlook is not None:
        choice = outlook.choice
    groups = plans.groups(me)
    context: dict[str, Any] = {
        "stored": stored,
        "choice": choice,
        "outlook": outlook,
        "trouble": trouble_of(error) if error else None,
        "fields": written(choice) if choice else [],
        "given": given(request),
        "study_day": today,
        "tomorrow": iso_date(today + 1),
        "changed": stored is None or choice is None or plans.choice(stored) != choice,
        "weights": [(group, _weight_of(group, choice)) for group in groups],
        "minute_choices": [(it, str(it)) for it in _around(choice.minutes if choice else USUAL_MINUTES)],
        "here": f"?{urlencode(_again(stored, choice))}" if choice else "",
        "with_minutes": lambda value: urlencode(_again(stored, replace(choice, minutes=value))) if choice else "",
        "others": [it for it in plans.plans(me) if stored is None or it.id != stored.id],
        "breaks": plans.breaks(me),
        "time": time_text(choice.minute) if choice and choice.minute is not None else "",
        "waiting": error is None and outlook is None,
    }
    if outlook is not None:
        wide, narrow = charts.days_charts(outlook.days)
        context |= {
            "wide": charts.path_chart(outlook, WIDE, 260),
            "narrow": charts.path_chart(outlook, NARROW, 220),
            "path": charts.path_rows(outlook.path, outlook.known),
            "days_wide": wide,
            "days_narrow": narrow,
            "busiest": max(outlook.days, key=lambda day: day.new + day.again),
            "spans": [span(it.cards, it.known.low, it.known.median, it.known.high) for it in outlook.groups],
            "table": sorted({**outlook.by_minutes, outlook.choice.minutes: outlook.known}.items()),
        }
    return _fresh(render_template("plan/page.html", **context), 422 if error else 200)


def _weight_of(group: Group, choice: Choice | None) -> int:
    """The weight of a folder as it was chosen; 0 where it is left out."""
    if choice is None:
        return USUAL_WEIGHT
    if (
        choice.decks
        and not in_any(group.address, choice.decks)
        and not any(in_any(place, [group.address]) for place in choice.decks)
    ):
        return 0
    return choice.weights.get(group.address, USUAL_WEIGHT)


def _again(stored: PlanRow | None, choice: Choice) -> list[tuple[str, str]]:
    """The fields of an address of this page."""
    return [*written(choice), *([("plan", str(stored.id))] if stored else [])]


def _around(minutes: int) -> list[int]:
    """The minutes to choose from: those asked for in the middle."""
    return [it for it in (minutes - 15, minutes, minutes + 15, minutes + 30) if 5 <= it <= MOST_MINUTES] or [minutes]


# --- what one does with it


@plan.post("/plan")
def follow() -> BaseResponse | Response:
    """Stores what the form asks for, as a new plan or in place of the one it names, and follows it."""
    me, plans = learner(), services().plans
    stored = _stored(request.form.get("plan")) if request.form.get("plan") else None
    try:
        choice = read_choice(request.form)
        if stored is None:
            plans.make(me, choice)
        else:
            plans.change(me, stored.id, choice)
            plans.follow(me, stored.id)
    except Invalid as error:
        return _outlook(stored, error=error)
    return redirect("/", 303)


@plan.post("/plan/<int:number>/follow")
def follow_again(number: int) -> BaseResponse:
    """Follows another one."""
    services().plans.follow(learner(), number)
    return redirect("/", 303)


@plan.post("/plan/<int:number>/minutes")
def minutes(number: int) -> BaseResponse:
    """Gives a plan other minutes a day."""
    me, plans = learner(), services().plans
    stored = plans.plan(me, number)
    text = request.form.get("minutes", "")
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    plans.change(me, number, replace(plans.choice(stored), minutes=value))
    return redirect("/", 303)


@plan.post("/plan/leave")
def leave() -> BaseResponse:
    """Follows none."""
    services().plans.leave(learner())
    return redirect("/plan", 303)


@plan.post("/plan/<int:number>/delete")
def delete(number: int) -> BaseResponse:
    """Forgets one."""
    services().plans.delete(learner(), number)
    return redirect("/plan", 303)


# --- after the day


@plan.get("/plan/after")
def after() -> BaseResponse | Response:
    """How did it go?"""
    found = _past()
    return _after(found) if found else redirect("/", 303)


@plan.post("/plan/after")
def told() -> BaseResponse | Response:
    """Ends the plan, keeps what was told, and spreads what is due if that was wished."""
    me, plans, found = learner(), services().plans, _past()
    if found is None:
        return redirect("/", 303)
    weeks = request.form.get("weeks", "0")
    try:
        plans.end(me, found.id, request.form.get("outcome", "").strip() or None)
    except Invalid as error:
        return _after(found, error)
    if weeks in map(str, SPREADS):
        plans.spread_due(me, int(weeks) * 7)
    return redirect("/", 303)


def _past() -> PlanRow | None:
    """The plan that was followed until its day, which is past."""
    me = learner()
    found = services().plans.followed(me)
    return found if found is not None and found.day < services().review.study_day(me) else None


def _after(found: PlanRow, error: FlashcardsError | None = None) -> Response:
    me = learner()
    page = render_template(
        "plan/after.html",
        plan=found,
        due=services().review.today(me).due,
        spreads=SPREADS,
        outcome=request.form.get("outcome", ""),
        trouble=trouble_of(error) if error else None,
    )
    return _fresh(page, 422 if error else 200)


# --- holidays


@plan.post("/breaks")
def add_break() -> BaseResponse:
    """Enters a holiday and spreads what falls into it."""
    form = request.form
    first, last = read_day(form.get("first", ""), "first"), read_day(form.get("last", ""), "last")
    services().plans.add_break(learner(), first, last)
    return redirect(_back(form.get("back", "")), 303)


@plan.post("/breaks/delete")
def delete_break() -> BaseResponse:
    """Takes a holiday back; the dates that it set stay."""
    services().plans.delete_break(learner(), read_day(request.form.get("first", ""), "first"))
    return redirect(_back(request.form.get("back", "")), 303)


def _back(page: str) -> str:
    return {"plan": "/plan", "today": "/"}.get(page, "/settings#breaks")


def _fresh(page: str, status: int) -> Response:
    response = Response(page, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response

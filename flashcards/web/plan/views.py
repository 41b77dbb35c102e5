"""The pages of plans. Nothing is stored until *Follow*: an address holds all that was tuned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import FlashcardsError, Invalid
from flashcards.services.plan.contract import Choice, PlanRow
from flashcards.web.auth.login import learner, services
from flashcards.web.plan import charts
from flashcards.web.plan.asked import (
    fresh,
    given,
    read_choice,
    read_day,
    read_minutes,
    time_text,
    unseen,
    weight_of,
    written,
)
from flashcards.web.plan.words import about, date_and_time
from flashcards.web.shared.bar_charts import NARROW, WIDE
from flashcards.web.shared.dates import iso_date
from flashcards.web.shared.errors import trouble_of
from flashcards.web.shared.line_charts import span


class _Listed(NamedTuple):
    """A plan in the list of all: `when` is its day, `about` tells it from others to the same day."""

    plan: PlanRow
    when: str
    about: list[str]


PATIENCE = 2.0
"""Seconds that a page waits for its numbers; later it comes without, and asks again."""
SPREADS = (1, 2, 4)
"""Weeks over which the cards that are due can be spread after the day."""


# --- what a plan would bring


def page() -> BaseResponse | Response:
    """The plan of the address, else the one that is followed, or was made last; without any, the questions."""
    me, plans = learner(), services().plans
    stored = _stored(request.args.get("plan"))
    if "date" in request.args:
        return _outlook(stored)
    today = services().review.study_day(me)
    if stored is not None and stored.followed and stored.day < today:
        return redirect("/plan/after", 303)
    stored = stored or next((it for it in plans.plans(me) if it.day > today and it.ended_at is None), None)
    return _outlook(stored, plans.choice(stored)) if stored else redirect("/welcome", 303)


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
    the_day = stored is not None and stored.followed and choice is not None and choice.day == stored.day == today
    if the_day:
        error = None  # nothing is wrong: the day has come, and can be put off
    context: dict[str, Any] = {
        "stored": stored,
        "choice": choice,
        "outlook": outlook,
        "trouble": trouble_of(error) if error else None,
        "fields": written(choice) if choice else [],
        "unseen": unseen(choice, groups) if choice else [],
        "given": given(request),
        "study_day": today,
        "tomorrow": iso_date(today + 1),
        "changed": stored is None
        or choice is None
        or plans.choice(stored) != replace(choice, id=plans.choice(stored).id),
        "weights": [(group, weight_of(group, choice)) for group in groups],
        "here": f"?{urlencode(_again(stored, choice))}" if choice else "",
        "with_minutes": lambda value: urlencode(_again(stored, replace(choice, minutes=value))) if choice else "",
        "listed": [_Listed(it, date_and_time(its), about(its, groups)) for it, its in _plans(stored)],
        "breaks": plans.breaks(me),
        "time": time_text(choice.minute) if choice and choice.minute is not None else "",
        "the_day": the_day,
        "waiting": error is None and outlook is None and not the_day,
        "begun": services().review.queue(me, limit=0).done > 0,
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
    return fresh(render_template("plan/page.html", **context), 422 if error else 200)


def _plans(shown: PlanRow | None) -> list[tuple[PlanRow, Choice]]:
    """All plans, the one that is shown first."""
    plans = services().plans
    rows = sorted(plans.plans(learner()), key=lambda it: shown is None or it.id != shown.id)
    return [(it, plans.choice(it)) for it in rows]


def _again(stored: PlanRow | None, choice: Choice) -> list[tuple[str, str]]:
    """The fields of an address of this page."""
    return [*written(choice), *([("plan", str(stored.id))] if stored else [])]


# --- what one does with it


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


def follow_again(number: int) -> BaseResponse:
    """Follows another one."""
    services().plans.follow(learner(), number)
    return redirect("/", 303)


def minutes(number: int) -> BaseResponse:
    """Gives a plan other minutes a day."""
    me, plans = learner(), services().plans
    stored = plans.plan(me, number)
    plans.change(me, number, replace(plans.choice(stored), minutes=read_minutes(request.form.get("minutes", ""))))
    return redirect("/", 303)


def leave() -> BaseResponse:
    """Follows none."""
    services().plans.leave(learner())
    return redirect("/plan", 303)


def delete(number: int) -> BaseResponse:
    """Forgets one."""
    services().plans.delete(learner(), number)
    return redirect("/plan", 303)


# --- after the day


def after() -> BaseResponse | Response:
    """How did it go?"""
    found = _past()
    return _after(found) if found else redirect("/", 303)


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
    return fresh(page, 422 if error else 200)


# --- holidays


def add_break() -> BaseResponse | Response:
    """Enters a holiday and spreads what falls into it; one that cannot be is asked for again, with what was given."""
    form, me, plans = request.form, learner(), services().plans
    try:
        plans.add_break(me, read_day(form.get("first", ""), "first"), read_day(form.get("last", ""), "last"))
    except Invalid as error:
        back = form.get("back", "")
        page = render_template(
            "plan/break.html",
            back=back,
            place=_back(back),
            breaks=plans.breaks(me),
            study_day=services().review.study_day(me),
            trouble=trouble_of(error),
        )
        return fresh(page, 422)
    return redirect(_back(form.get("back", "")), 303)


def delete_break() -> BaseResponse:
    """Takes a holiday back; the dates that it set stay."""
    services().plans.delete_break(learner(), read_day(request.form.get("first", ""), "first"))
    return redirect(_back(request.form.get("back", "")), 303)


def _back(page: str) -> str:
    return {"plan": "/plan", "today": "/"}.get(page, "/settings#breaks")

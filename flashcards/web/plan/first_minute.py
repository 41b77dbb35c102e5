"""The first minute: is there an interview ahead? Three answers, of which only the minutes are needed.

With a date the plan is made and followed at once: nobody has to confirm what was just said, and leaving the plan's
page loses nothing. A plan moves no date, so it can be left as easily.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import FlashcardsError, Invalid
from flashcards.services.plan.contract import Choice, PlanRow
from flashcards.web.auth.login import learner, services
from flashcards.web.plan.asked import USUAL_MINUTES, fresh, read_choice, read_minutes, weight_of
from flashcards.web.shared.dates import iso_date
from flashcards.web.shared.errors import trouble_of

SECONDS_OF_NEW = 90
"""What a new card costs, its reviews of the weeks after it counted in: so many a day without a plan."""


def welcome() -> BaseResponse | Response:
    """The three questions, with the answers of the plan that is followed; `another` asks for a new one."""
    if not services().plans.groups(learner()):
        return redirect("/", 303)
    return _page()


def welcomed() -> BaseResponse | Response:
    """With a date: its plan, followed. Without: so many new cards a day as the minutes hold, from the rounds chosen."""
    try:
        if request.form.get("date", "").strip():
            _follow()
            return redirect("/plan", 303)
        minutes = read_minutes(request.form.get("minutes", ""))
    except Invalid as error:
        return _page(error)
    _without_a_date(minutes, request.form.getlist("round"))
    return redirect("/", 303)


def _follow() -> None:
    """Makes the plan that the form asks for and follows it; one that is followed already becomes it. Raises Invalid."""
    me, plans, stored = learner(), services().plans, _followed()
    if stored is None:
        plans.make(me, _asked(None))
    else:
        plans.change(me, stored.id, _asked(plans.choice(stored)))


def _asked(before: Choice | None) -> Choice:
    """What the form asks for; what it has no field for stays as it was."""
    groups = services().plans.groups(learner())
    asked, rounds = read_choice(request.form), set(request.form.getlist("round"))
    decks = () if not rounds or rounds >= {it.address for it in groups} else asked.decks
    if before is None:
        return replace(asked, decks=decks)
    if rounds == {it.address for it in groups if weight_of(it, before)}:
        decks = before.decks
    weights = {place: weight for place, weight in before.weights.items() if weight or place not in rounds}
    return replace(before, day=asked.day, minutes=asked.minutes, decks=decks, weights=weights)


def _without_a_date(minutes: int, rounds: list[str]) -> None:
    me = learner()
    if _followed() is not None:
        services().plans.leave(me)
    services().accounts.save_settings(me, new_per_day=max(1, round(minutes * 60 / SECONDS_OF_NEW)))
    if rounds:
        for group in services().plans.groups(me):
            if group.address not in rounds:
                services().review.set_deck_active(me, group.address, active=False)


def _followed() -> PlanRow | None:
    """The plan that the answers change: the one that is followed to a day ahead, unless another one was asked for."""
    return None if "another" in request.values else services().plans.in_force(learner())


def _page(error: FlashcardsError | None = None) -> Response:
    me, form, stored = learner(), request.form, _followed()
    groups = services().plans.groups(me)
    choice = services().plans.choice(stored) if stored else None
    page = render_template(
        "plan/welcome.html",
        groups=groups,
        chosen=set(form.getlist("round")) if form else {it.address for it in groups if weight_of(it, choice)},
        date=form.get("date", iso_date(choice.day) if choice else ""),
        minutes=form.get("minutes", str(choice.minutes if choice else USUAL_MINUTES)),
        tomorrow=iso_date(services().review.study_day(me) + 1),
        stored=stored,
        another="another" in request.values,
        trouble=trouble_of(error) if error else None,
    )
    return fresh(page, 422 if error else 200)

"""One card: its text, its schedule, its history, and what can be done to it by hand."""

from __future__ import annotations

from typing import cast
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from flashcards.domain.schedule import VERBS, Verb
from flashcards.errors import Invalid
from flashcards.web.auth.login import learner, services
from flashcards.web.cards.flags import read_flag
from flashcards.web.shared.dates import parse_date

cards = Blueprint("cards", __name__)
DONE = {
    "suspend": "Suspended: it is asked no more.",
    "unsuspend": "It is asked again.",
    "bury": "Buried: hidden until tomorrow.",
    "unbury": "It is shown again.",
    "reset": "Reset: the card is new. Its history stays below.",
    "due": "The due date is set.",
    "flag": "The flag is set.",
    "undo": "Undone.",
    "fault": "Reported: its authors see it.",
}


@cards.get("/cards/<card_id>")
def page(card_id: str) -> str:
    """The card."""
    me, review = learner(), services().review
    card = review.card(me, card_id)
    history = review.card_history(me, card_id)
    last = review.last_action(me)
    return render_template(
        "cards/page.html",
        card=card,
        history=history[::-1],
        news=review.news(me, card_id),
        study_day=review.study_day(me),
        last=last if last and any(row.id == last.review_id for row in history) else None,
        said=DONE.get(request.args.get("done", "")),
        action_id=uuid4(),
        flag_id=uuid4(),
        can_practise=card.state != "removed" and services().practice.can_practise(me, card_id),
        points=services().practice.points_over_time(me, card_id),
        faults=services().faults.of_card(me, card_id),
        fault_id=uuid4(),
    )


@cards.post("/cards/<card_id>")
def act(card_id: str) -> Response:
    """Does what the pressed button says; the hidden id makes a second click harmless."""
    form, verb = request.form, request.form.get("verb", "")
    if "flag" in form:
        services().review.flag(learner(), card_id, read_flag(form["flag"]), id=form.get("id") or None)
        return redirect(f"/cards/{card_id}?done=flag", 303)
    if verb not in VERBS:
        raise Invalid(f"There is no action {verb!r}.", field="verb")
    services().review.act(
        learner(),
        card_id,
        cast(Verb, verb),
        whole_note=form.get("whole_note") == "on",
        due_on=_day(form.get("due_on", "")) if verb == "due" else None,
        id=form.get("id") or None,
    )
    return redirect(f"/cards/{card_id}?done={verb}", 303)


@cards.post("/cards/<card_id>/fault")
def fault(card_id: str) -> Response:
    """Tells the authors what is wrong with the card."""
    services().faults.report(learner(), card_id, request.form.get("remark", ""), request.form.get("id", ""))
    return redirect(f"/cards/{card_id}?done=fault#fault", 303)


@cards.post("/cards/<card_id>/undo")
def undo(card_id: str) -> Response:
    """Takes back the last action, which was one on this card."""
    services().review.undo(learner(), request.form.get("id") or None)
    return redirect(f"/cards/{card_id}?done=undo", 303)


def _day(text: str) -> int:
    try:
        return parse_date(text)
    except ValueError:
        raise Invalid("Give a date such as 2026-11-22.", field="due_on") from None

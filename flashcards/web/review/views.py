"""Reviewing. The page carries the next cards for its script; without script the same page works by forms."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from flashcards.domain.day_in_words import day_so_far
from flashcards.domain.grade import grades
from flashcards.domain.study_set import why_again
from flashcards.domain.typed_answer import compare
from flashcards.errors import Invalid, NotFound
from flashcards.services.plan.days import SECONDS_OF_DRILL
from flashcards.services.review.contract import QueueMode
from flashcards.services.review.facade import Answer, Queue, QueueCard
from flashcards.web.api.queue import AHEAD
from flashcards.web.api.shapes import cloze_in_place, queue_json
from flashcards.web.auth.login import learner, services
from flashcards.web.cards.flags import read_flag
from flashcards.web.review import buttons
from flashcards.web.review.filters import Filters, queue_of, read_filters
from flashcards.web.review.undone import FIELD, told, undone_in

review = Blueprint("review", __name__)

ACTIONS = {
    "bury": ("bury", False),
    "bury-note": ("bury", True),
    "suspend": ("suspend", False),
    "suspend-note": ("suspend", True),
}


@review.get("/review")
def page() -> Response | str:
    """The next card; `show` shows the answer of `card`, if that is still among the next ones."""
    me, filters = learner(), read_filters(request.args)
    queue = queue_of(filters, AHEAD)
    if not queue.cards:
        return redirect(filters.url("/done", **undone_in(request.args)), 303)
    card = _wanted(queue, request.args.get("card"))
    shown = "show" in request.args and card.id == request.args.get("card")
    typed = request.args.get("typed", "")
    return render_template(
        "review/page.html",
        card=card,
        gaps=cloze_in_place(card),
        shown=shown,
        typed=typed,
        diff=compare(typed, card.typed_answer) if shown and card.typed else None,
        offer=buttons.offer(
            me.buttons, card.intervals, card.kind, drill=me.drill, suspends=card.suspends, by_plan=card.by_plan
        ),
        left=queue.left.total,
        done=queue.done,
        day_so_far="" if queue.plan is None else day_so_far(queue.done, queue.plan_seconds, queue.left.drill),
        total=queue.total_today,
        filters=filters,
        study_set=services().review.study_set(me, filters.set) if filters.set else None,
        early=queue.left.cram,
        why_again=why_again,
        answer_id=uuid4(),
        action_id=uuid4(),
        flag_id=uuid4(),
        undone=told(request.args),
        asked_at=request.args.get("asked_at") or services().clock(),
        session=None if shown else _embedded(_session(queue, card, filters)),
    )


def _wanted(queue: Queue, card: str | None) -> QueueCard:
    return next((found for found in queue.cards if found.id == card), queue.cards[0])


def _session(queue: Queue, first: QueueCard, filters: Filters) -> dict[str, Any]:
    """What the page's script starts from."""
    me = learner()
    body = queue_json(queue, "cram" if filters.set else filters.mode)
    body["cards"].sort(key=lambda card: card["id"] != first.id)
    return {
        "learner": me.id,
        "grades": [[grade.quality, grade.name, grade.key] for grade in grades(me.buttons)],
        "drill": me.drill and filters.mode == "review",
        "seconds_of_drill": SECONDS_OF_DRILL,
        "mode": _mode(filters),
        "filters": filters.given,
        "at": services().clock(),
        "queue": body,
    }


def _mode(filters: Filters) -> str:
    """The mode of answers: that of a plan while one is followed."""
    return "plan" if filters.mode == "review" and services().review.follows_plan(learner()) else filters.mode


def _embedded(value: Any) -> str:
    """JSON for a script element: no `<` that could end it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


@review.post("/review/answer")
def answer() -> Response:
    """Stores the answer; the hidden id makes a second click harmless."""
    form, filters = request.form, read_filters(request.form)
    services().review.answer(
        learner(),
        Answer(
            id=form.get("id", ""),
            card=form.get("card", ""),
            grade=_whole(form.get("grade", ""), "grade"),
            mode="cram" if form.get("kind") == "cram" else _mode(filters),
            took_ms=max(0, services().clock() - _whole(form.get("asked_at", ""), "asked_at")),
            revision=_whole(form.get("revision", "0"), "revision"),
        ),
    )
    return redirect(filters.url("/review"), 303)


@review.post("/review/act")
def act() -> Response:
    """Buries or suspends the card, or its whole note, or flags the card."""
    form, filters = request.form, read_filters(request.form)
    if "flag" in form:
        card = form.get("card", "")
        services().review.flag(learner(), card, read_flag(form["flag"]), id=form.get("id") or None)
        return redirect(filters.url("/review", card=card), 303)
    verb = form.get("verb", "")
    if verb not in ACTIONS:
        raise Invalid(f"There is no action {verb!r}.", field="verb")
    name, whole_note = ACTIONS[verb]
    services().review.act(learner(), form.get("card", ""), name, whole_note=whole_note, id=form.get("id") or None)
    return redirect(filters.url("/review"), 303)


@review.post("/review/undo")
def undo() -> Response:
    """Takes back the action of the hidden id, or else the last one, and shows its card again."""
    form, filters = request.form, read_filters(request.form)
    try:
        undone = services().review.undo(learner(), form.get("id") or None)
    except NotFound:
        return redirect(filters.url("/review"), 303)  # nothing to take back
    mode: QueueMode = "ahead" if undone.mode == "ahead" else "review"
    if filters.set and undone.mode == "ahead":
        filters = replace(filters, set=None)
    return redirect(replace(filters, mode=mode).url("/review", card=undone.card.id, **{FIELD: undone.review_id}), 303)


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Invalid(f"{field} must be a whole number.", field=field)
    return int(text)

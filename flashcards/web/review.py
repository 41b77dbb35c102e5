"""Reviewing. The page carries the next cards for its script; without script the same page works by forms."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from flashcards.errors import Invalid, NotFound
from flashcards.services.review import Answer, Queue, QueueCard
from flashcards.web import buttons
from flashcards.web.api.queue import AHEAD, address
from flashcards.web.api.shapes import queue_json
from flashcards.web.diff import compare
from flashcards.web.login import learner, services

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
    me, (deck, tag) = learner(), _filters(request.args)
    queue = services().review.queue(me, deck=deck, tag=tag, limit=AHEAD)
    if not queue.cards:
        return redirect(_url("/done", deck, tag), 303)
    card = _wanted(queue, request.args.get("card"))
    shown = "show" in request.args and card.id == request.args.get("card")
    typed = request.args.get("typed", "")
    return render_template(
        "review/page.html",
        card=card,
        shown=shown,
        typed=typed,
        diff=compare(typed, card.typed_answer) if shown and card.typed else None,
        offer=buttons.offer(me.buttons, card.intervals, in_drill=card.kind == "drill", drill=me.drill),
        left=queue.left.total,
        done=queue.total_today - queue.left.total,
        total=queue.total_today,
        deck=deck,
        tag=tag,
        answer_id=uuid4(),
        action_id=uuid4(),
        asked_at=request.args.get("asked_at") or services().clock(),
        session=None if shown else _embedded(_session(queue, card, deck, tag)),
    )


def _wanted(queue: Queue, card: str | None) -> QueueCard:
    return next((found for found in queue.cards if found.id == card), queue.cards[0])


def _session(queue: Queue, first: QueueCard, deck: str | None, tag: str | None) -> dict[str, Any]:
    """What the page's script starts from."""
    me = learner()
    body = queue_json(queue)
    body["cards"].sort(key=lambda card: card["id"] != first.id)
    return {
        "learner": me.id,
        "grades": [[grade.quality, grade.name, grade.key] for grade in buttons.grades(me.buttons)],
        "drill": me.drill,
        "deck": deck,
        "tag": tag,
        "at": services().clock(),
        "queue": body,
    }


def _embedded(value: Any) -> str:
    """JSON for a script element: no `<` that could end it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


@review.post("/review/answer")
def answer() -> Response:
    """Stores the answer; the hidden id makes a second click harmless."""
    form, (deck, tag) = request.form, _filters(request.form)
    services().review.answer(
        learner(),
        Answer(
            id=form.get("id", ""),
            card=form.get("card", ""),
            grade=_whole(form.get("grade", ""), "grade"),
            took_ms=max(0, services().clock() - _whole(form.get("asked_at", ""), "asked_at")),
        ),
    )
    return redirect(_url("/review", deck, tag), 303)


@review.post("/review/act")
def act() -> Response:
    """Buries or suspends the card, or its whole note."""
    form, (deck, tag) = request.form, _filters(request.form)
    verb = form.get("verb", "")
    if verb not in ACTIONS:
        raise Invalid(f"There is no action {verb!r}.", field="verb")
    name, whole_note = ACTIONS[verb]
    services().review.act(learner(), form.get("card", ""), name, whole_note=whole_note, id=form.get("id") or None)
    return redirect(_url("/review", deck, tag), 303)


@review.post("/review/undo")
def undo() -> Response:
    """Takes back the action of the hidden id, or else the last one, and shows its card again."""
    form, (deck, tag) = request.form, _filters(request.form)
    try:
        undone = services().review.undo(learner(), form.get("id") or None)
    except NotFound:
        return redirect(_url("/review", deck, tag), 303)  # nothing to take back
    return redirect(_url("/review", deck, tag, card=undone.card.id), 303)


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Invalid(f"{field} must be a whole number.", field=field)
    return int(text)


def _filters(values: Any) -> tuple[str | None, str | None]:
    return address(values.get("deck")), values.get("tag") or None


def _url(path: str, deck: str | None, tag: str | None, **more: str) -> str:
    given = {"deck": deck, "tag": tag, **more}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{path}?{query}" if query else path

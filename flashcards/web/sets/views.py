"""Begins a review of exactly the cards that a search finds."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from flashcards.errors import NotFound
from flashcards.web.auth.login import learner, services

sets = Blueprint("sets", __name__)

SET_NAMES = {
    "is:failed": "What you failed",
    "is:leech": "Leeches",
    "is:changed": "Changed cards",
    "is:missed": "Missed in practice",
}
"""How a set of such a search is called."""


@sets.post("/study")
def begin() -> Response:
    """Freezes the set and goes to its first card; the hidden id makes a second click harmless."""
    form = request.form
    made, _ = services().review.make_set(
        learner(), id=form.get("id", ""), q=form.get("q", ""), mode="cram" if form.get("cram") else "review"
    )
    return redirect(f"/review?set={made.id}", 303)


@sets.post("/study/<set_id>/end")
def end(set_id: str) -> Response:
    """Takes a set off Today; the second click finds it ended, which is what was wished."""
    with suppress(NotFound):
        services().review.end_set(learner(), set_id)
    return redirect("/", 303)
